import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnPty } from '../src/terminal/pty/node-pty.js';
import type { Pty } from '../src/terminal/pty/pty.js';
import { LOCAL_ENV } from './tty-server.js';

const BOUND = ['/usr', '/bin', '/lib', '/lib64', '/sbin'];

export interface RuntimeShells {
  /** A command on a terminal of the container's own, through `<runtime> exec -t`. */
  open(argv: string[]): Pty;
  close(): void;
}

export function runtimePath(name: 'runc' | 'crun'): string | undefined {
  return ['/usr/sbin', '/usr/bin', '/usr/local/bin']
    .map((dir) => path.join(dir, name))
    .find((file) => existsSync(file));
}

/**
 * The smallest container that can run a shell: this machine's programs, read-only, in namespaces of its own. What is
 * looked at here is the second terminal that a runtime puts in the way, not the isolation of lab hosts.
 */
export function startRuntime(runtime: string): RuntimeShells {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'wheelhouse-runtime-'));
  const root = path.join(dir, 'state');
  const name = path.basename(dir);
  for (const folder of ['rootfs', ...BOUND.map((b) => `rootfs${b}`)])
    mkdirSync(path.join(dir, folder), { recursive: true });
  writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config()));
  // A detached container keeps what it inherits open: a pipe here would be waited for until it ends.
  const log = openSync(path.join(dir, 'log'), 'w+');
  const run = (...args: string[]): void => {
    try {
      execFileSync(runtime, ['--root', root, ...args], {
        cwd: dir,
        stdio: ['ignore', log, log],
        timeout: 20_000,
      });
    } catch (error) {
      throw new Error(readFileSync(path.join(dir, 'log'), 'utf8').trim(), { cause: error });
    }
  };
  const close = (): void => {
    try {
      run('delete', '--force', name);
    } finally {
      closeSync(log);
      rmSync(dir, { recursive: true, force: true });
    }
  };
  try {
    run('run', '--detach', '--bundle', dir, name);
  } catch (error) {
    close();
    throw error;
  }
  let opened = 0;
  return {
    open: (argv) => {
      const pidFile = path.join(dir, `pid-${++opened}`);
      const env = Object.entries(LOCAL_ENV).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      return spawnPty({
        argv: [runtime, '--root', root, 'exec', '-t', '--pid-file', pidFile, ...env, name, ...argv],
        env: LOCAL_ENV,
        cols: 80,
        rows: 24,
        rawInput: true,
      });
    },
    close,
  };
}

function config(): object {
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ['/bin/sleep', '3600'],
      env: [`PATH=${LOCAL_ENV.PATH}`],
      cwd: '/',
      noNewPrivileges: true,
    },
    root: { path: 'rootfs' },
    hostname: 'bench',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      ...BOUND.map((source) => ({ destination: source, source, type: 'bind', options: ['rbind', 'ro'] })),
    ],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
}
