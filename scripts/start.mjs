import { spawn } from 'node:child_process';
import path from 'node:path';
import { setup, stateDir } from './setup.mjs';
import { ROOT, say } from './steps.mjs';

try {
  await setup();
} catch (error) {
  process.stderr.write(`wheelhouse: set-up failed\n${error.message}\n`);
  process.exit(1);
}
say('starting the service');
const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/main.js')], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, WHEELHOUSE_STATE_DIR: stateDir() },
});
// Ctrl-C reaches the whole process group already; a signal sent to us alone is passed on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
