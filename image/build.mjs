import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { finishImage } from './finish.mjs';
import { aptTransport, debianMirror } from './mirror.mjs';

const SOURCE = import.meta.dirname;
/**
 * Debian 13 whatever the host runs: Debian 12 has kubectl 1.20, ten versions behind any cluster of today. It serves
 * where the mirror, or the machine's keys, do not know Debian 13.
 */
const SUITES = ['trixie', 'bookworm'];
/** What apt says of a suite that the mirror lacks, or whose key this machine lacks; not of a network that fails. */
const NO_SUITE = /NO_PUBKEY|is not signed|does not have a Release file|404 +Not Found/i;
/** Left out while unpacking; translations of manual pages other than the French ones included. */
const EXCLUDE = ['/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/man/*'];
const INCLUDE = ['/usr/share/man/man[1-8]/*', '/usr/share/man/fr/*'];

function inputFiles(folder = SOURCE) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? inputFiles(file) : [file];
    });
}

/** Names the image by what it is made from, so that a changed input gives a new image beside the one in use. */
export function imageStamp() {
  const hash = createHash('sha256').update(`${SUITES.join(' ')} ${process.arch}\n`);
  for (const file of inputFiles()) hash.update(`${path.relative(SOURCE, file)}\n`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** Runs a program and hands its output on line by line; the error carries the last lines. */
function runLogged(program, args, log) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const last = [];
    let rest = '';
    const take = (text) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        last.push(line);
        if (last.length > 20) last.shift();
        if (/^[IWE]:/.test(line)) log(line);
      }
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) =>
      reject(new Error(`${program}: ${error.message}; install the Debian package ${program}`)),
    );
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with status ${code}\n${last.join('\n')}`)),
    );
  });
}

async function unpackSuite(suite, root, log) {
  const packages = Object.values(JSON.parse(readFileSync(path.join(SOURCE, 'packages.json'), 'utf8'))).flat();
  const mirror = debianMirror();
  log(`${packages.length} packages and what they need, Debian ${suite} from ${mirror}`);
  const options = [
    '--variant=extract',
    '--mode=root',
    '--format=directory',
    `--include=${packages.join(',')}`,
  ];
  // The state folder is not open to apt's own account.
  options.push('--aptopt=APT::Sandbox::User "root"', ...aptTransport().map((line) => `--aptopt=${line}`));
  options.push(...EXCLUDE.map((glob) => `--dpkgopt=path-exclude=${glob}`));
  options.push(...INCLUDE.map((glob) => `--dpkgopt=path-include=${glob}`));
  // Debian 12 still has packages with files in /bin, which have to land in /usr/bin.
  if (suite === 'bookworm') options.push('--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr');
  await runLogged('mmdebstrap', [...options, suite, root, `deb ${mirror} ${suite} main`], log);
}

/** Unpacks the first suite that can be had. */
export async function unpackPackages(root, log, suites = SUITES) {
  for (const [index, suite] of suites.entries()) {
    try {
      return await unpackSuite(suite, root, log);
    } catch (error) {
      if (index === suites.length - 1 || !NO_SUITE.test(error.message)) throw error;
      log(`no Debian ${suite} here (${error.message.split('\n').at(-1)}); taking ${suites[index + 1]}`);
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
    }
  }
}

/** Points `current` at the image, in one step for whoever reads it meanwhile. */
function publish(images, stamp) {
  const link = path.join(images, 'current');
  try {
    if (readlinkSync(link) === stamp) return;
  } catch {
    // No link yet.
  }
  symlinkSync(stamp, `${link}.${process.pid}`);
  renameSync(`${link}.${process.pid}`, link);
}

/** Whether a view of the image is mounted anywhere, by its path within the file system. */
function isMounted(name) {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.some((line) => line.split(' ')[3]?.endsWith(`/image/${name}`));
}

/** Older images that no running lab host shows any more, and builds that were interrupted. */
function removeOld(images, stamp, log) {
  for (const name of readdirSync(images)) {
    if (name === stamp || name.startsWith('current') || isMounted(name)) continue;
    const pid = /^\.[0-9a-f]+\.(\d+)$/.exec(name)?.[1];
    if (pid && existsSync(`/proc/${pid}`)) continue;
    log(`removing the old image ${name}`);
    rmSync(path.join(images, name), { recursive: true, force: true });
  }
}

/**
 * Makes `<stateDir>/image/<stamp>/` (files of the lab hosts) and the link `<stateDir>/image/current` to it; returns
 * both names. Does nothing when the image of these inputs is there. Needs root, mmdebstrap, a C compiler and the
 * Debian mirror. An interrupted build leaves nothing that counts as an image.
 */
export async function buildImage({ stateDir, log = () => undefined }) {
  const images = path.join(stateDir, 'image');
  const stamp = imageStamp();
  const dir = path.join(images, stamp);
  if (!existsSync(dir)) {
    if (process.getuid?.() !== 0) throw new Error('the image of the lab hosts can only be built by root');
    const started = Date.now();
    const partial = path.join(images, `.${stamp}.${process.pid}`);
    mkdirSync(images, { recursive: true, mode: 0o755 });
    mkdirSync(partial);
    try {
      await unpackPackages(partial, log);
      log('compiling init, links, permissions');
      finishImage(partial);
      writeFileSync(path.join(partial, 'etc/wheelhouse-image'), `${stamp}\n`, { mode: 0o644 });
      if (!existsSync(dir)) renameSync(partial, dir);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
    log(`image ${stamp} ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
  publish(images, stamp);
  removeOld(images, stamp, log);
  return { dir, stamp };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stateDir = path.resolve(process.argv[2] ?? '/var/lib/wheelhouse');
  await buildImage({ stateDir, log: (line) => console.error(`image: ${line}`) });
}
