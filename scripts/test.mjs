import { spawn } from 'node:child_process';
import path from 'node:path';
import { setup } from './setup.mjs';
import { ROOT, say } from './steps.mjs';

/** `npm test`: set-up, static checks, then every test. `npm test -- <jest arguments>` runs a part. */
const rest = process.argv.slice(2);

function step(name, argv, env = {}) {
  say(name);
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

await setup({ groups: ['build', 'labhost', 'test'] });
let failed = 0;
if (rest.length === 0) {
  failed += await step('types', ['npx', 'tsc']);
  failed += await step('lint', ['npx', 'oxlint', '--type-aware', 'src', 'test', 'bench']);
  failed += await step('format', ['npx', 'prettier', '--check', 'src', 'test', 'bench', 'web', 'scripts']);
  failed += await step('layout', [process.execPath, 'scripts/layout.mjs']);
  failed += await step('figures', [process.execPath, 'scripts/figures.mjs', '--check']);
}
const jest = [
  process.execPath,
  '--experimental-vm-modules',
  path.join(ROOT, 'node_modules/jest/bin/jest.js'),
];
const env = { NODE_ENV: 'test', NODE_NO_WARNINGS: '1' };
if (rest.length > 0) failed += await step('tests', [...jest, '--runInBand', ...rest], env);
else {
  failed += await step('unit tests', [...jest, '--selectProjects', 'unit', '--maxWorkers=2'], env);
  // These break the machine's own state: one after the other. A failed one may leave a child running, which must not
  // keep the whole run from ending; that nothing is left is what snapshots check.
  failed += await step(
    'system tests',
    [...jest, '--selectProjects', 'system', '--runInBand', '--forceExit'],
    env,
  );
}
process.exit(failed === 0 ? 0 : 1);
