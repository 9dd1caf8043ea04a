import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { digest, isRoot, long, once, ROOT, run, say } from './steps.mjs';

const MIN_NODE = [20, 20];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  throw new Error(`Node ${process.versions.node} is too old: install Node ${MIN_NODE.join('.')} or newer`);
}

/** Node's own headers, so that node-pty builds without a download. */
function nodeDir() {
  const folder = path.resolve(path.dirname(process.execPath), '..');
  return existsSync(path.join(folder, 'include/node/node.h')) ? { npm_config_nodedir: folder } : {};
}

async function npmInstall() {
  const inputs = digest(['package.json', 'package-lock.json'], process.versions.modules);
  await once('npm', inputs, () =>
    long('installing npm packages and building node-pty', () =>
      // Without a terminal npm would print nothing for a minute; `long` says that it lives.
      run(['npm', 'install', '--no-audit', '--no-fund', '--include=dev'], { env: nodeDir() }),
    ),
  );
}

async function generate() {
  await once('prisma', digest(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']), () =>
    long('generating the database client', () => run(['npm', 'run', '-s', 'generate'])),
  );
}

async function build() {
  await once('build', digest(['src', 'bench', 'web/terminal-client.ts', '.swcrc', 'package-lock.json']), () =>
    long('compiling', () => run(['npm', 'run', '-s', 'build'])),
  );
}

/** The state folder that the service will use: the same rule as src/config. */
export function stateDir() {
  const set = process.env.WHEELHOUSE_STATE_DIR ?? process.env.STATE_DIR;
  if (set) return path.resolve(set);
  return isRoot ? '/var/lib/wheelhouse' : path.join(ROOT, '.wheelhouse');
}

/** Everything that a fresh machine with Node and npm lacks. Returns the packages that stay missing. */
export async function setup({ groups = ['build', 'labhost'], image = true } = {}) {
  checkNode();
  const missing = await ensurePackages(groups);
  const cannotBuild = missing.filter((name) => ['g++', 'make', 'python3'].includes(name));
  if (
    cannotBuild.length > 0 &&
    !existsSync(path.join(ROOT, 'node_modules/node-pty/build/Release/pty.node'))
  ) {
    throw new Error(`node-pty cannot be built without ${cannotBuild.join(', ')}`);
  }
  await npmInstall();
  await generate();
  await build();
  if (image && isRoot && missing.length === 0) {
    const { buildImage } = await import('../image/build.mjs');
    await buildImage({ stateDir: stateDir(), log: say });
  }
  if (!isRoot)
    say('not root: lab hosts need root; the API, the labs, the database and the console work without');
  return missing;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setup();
