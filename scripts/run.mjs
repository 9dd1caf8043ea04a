import { spawn } from 'node:child_process';
import path from 'node:path';
import { setup } from './setup.mjs';
import { ROOT } from './steps.mjs';

/** `npm run bench -- <name> [options]` and `npm run wheelhouse -- <command>`. Progress goes to standard error. */
const [kind, ...rest] = process.argv.slice(2);
process.stdout.write = process.stderr.write.bind(process.stderr);

/** The benches; the other files of bench/ are their parts. */
const BENCHES = [
  'board',
  'burst',
  'claim',
  'echo',
  'flood',
  'fold',
  'grade',
  'hostile',
  'many',
  'stall',
  'tails',
];

const FAULTS = ['kind'];

function faultsFile(name) {
  if (FAULTS.includes(name)) return path.join(ROOT, 'dist/bench/faults', `${name}.js`);
  process.stderr.write(`no such faults: ${name ?? '(none)'}. There are: ${FAULTS.join(', ')}\n`);
  process.exit(2);
}

function benchFile(name) {
  if (BENCHES.includes(name)) return path.join(ROOT, 'dist/bench', `${name}.js`);
  process.stderr.write(`no such bench: ${name ?? '(none)'}. There are: ${BENCHES.join(', ')}\n`);
  process.exit(2);
}

await setup();
const file =
  kind === 'bench'
    ? benchFile(rest.shift())
    : kind === 'faults'
      ? faultsFile(rest.shift())
      : path.join(ROOT, 'dist/src/cli.js');
const child = spawn(process.execPath, [file, ...rest], { cwd: ROOT, stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
