import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { stateDir } from './setup.mjs';
import { ROOT } from './steps.mjs';

/** `npm run uninstall`: installs and builds nothing; what it removes was made by the compiled service. */
const cli = path.join(ROOT, 'dist/src/cli.js');
if (!existsSync(cli)) {
  process.stderr.write(
    'wheelhouse was never built here. If it ran from another checkout, run its uninstall there.\n',
  );
  process.exit(1);
}
const done = spawnSync(process.execPath, [cli, 'uninstall', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, WHEELHOUSE_STATE_DIR: stateDir(), NODE_NO_WARNINGS: '1' },
});
process.exit(done.status ?? 1);
