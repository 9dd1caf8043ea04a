import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setup } from './setup.mjs';
import { ROOT } from './steps.mjs';

/** `npm run bench -- <name> [options]` and `npm run wheelhouse -- <command>`. Progress goes to standard error. */
const [kind, ...rest] = process.argv.slice(2);
process.stdout.write = process.stderr.write.bind(process.stderr);

function benchFile(name) {
  const folder = path.join(ROOT, 'dist/bench');
  const file = path.join(folder, `${name}.js`);
  if (name && existsSync(file) && existsSync(path.join(ROOT, 'bench', `${name}.ts`))) return file;
  const names = readdirSync(path.join(ROOT, 'bench'))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3));
  process.stderr.write(`no such bench: ${name ?? '(none)'}. There are: ${names.join(', ')}\n`);
  process.exit(2);
}

await setup();
const file = kind === 'bench' ? benchFile(rest.shift()) : path.join(ROOT, 'dist/src/cli.js');
const child = spawn(process.execPath, [file, ...rest], { cwd: ROOT, stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
