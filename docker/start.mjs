import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * What the container runs: puts the image of the lab hosts into the state folder, then becomes the service. Lab hosts
 * outlive the container, so their files must lie on the machine, not in the container.
 */
const PACKED = '/usr/share/wheelhouse/labhost';
const RUNTIME = '/run/wheelhouse';

const say = (text) => process.stdout.write(`wheelhouse: ${text}\n`);

function unpack(archive, folder) {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', ['-C', folder, '--zstd', '--numeric-owner', '-xpf', archive], {
      stdio: 'inherit',
    });
    tar.once('error', reject);
    tar.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${archive}: tar ended with ${code}`)),
    );
  });
}

/**
 * The state folder shares its mounts with the machine, so that the engine sees them, and every other volume would then
 * do so, too. The views of the lab hosts are for this container alone: it makes them again at each start.
 */
function keepViewsPrivate() {
  if (existsSync(RUNTIME)) execFileSync('mount', ['--make-rprivate', RUNTIME], { stdio: 'inherit' });
}

/** Points `current` at the image, in one step for whoever reads it meanwhile. */
function publish(images, stamp) {
  const link = path.join(images, `current.${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(stamp, link);
  renameSync(link, path.join(images, 'current'));
}

async function installImage(stateDir) {
  const archive = readdirSync(PACKED).find((name) => name.endsWith('.tar.zst'));
  if (!archive) throw new Error(`${PACKED} holds no image of the lab hosts`);
  const stamp = archive.slice(0, -'.tar.zst'.length);
  const images = path.join(stateDir, 'image');
  if (!existsSync(path.join(images, stamp))) {
    say('unpacking the image of the lab hosts');
    const half = path.join(images, `.${stamp}.unpacking`);
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half, { recursive: true, mode: 0o755 });
    await unpack(path.join(PACKED, archive), half);
    renameSync(path.join(half, stamp), path.join(images, stamp));
    rmSync(half, { recursive: true, force: true });
  }
  publish(images, stamp);
}

try {
  if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL is not set: the container brings no database');
  keepViewsPrivate();
  await installImage(process.env.WHEELHOUSE_STATE_DIR ?? '/var/lib/wheelhouse');
  await import('../dist/src/main.js');
} catch (error) {
  process.stderr.write(`wheelhouse: cannot start\n${error.message}\n`);
  process.exit(1);
}
