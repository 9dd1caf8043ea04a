import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { activeLauncher } from './active-launcher.js';
import { CHILD_PATH } from './command-defaults.js';

/**
 * Closes every descriptor above the named ones, then becomes the program. Node closes what Node opened, but a PTY
 * master made by native code is not close-on-exec, and a child that lives on would keep its terminal from hanging up.
 * Perl, because perl-base is in every Debian and a POSIX shell cannot close descriptors above 9.
 */
const CLOSE_OTHERS = `
my $last = shift @ARGV;
opendir(my $dir, "/proc/self/fd") or die "/proc/self/fd: $!";
my @open = grep { /^\\d+$/ && $_ > $last } readdir $dir;
closedir $dir;
for (@open) { open(my $h, "<&=", $_) and close $h }
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
`;

export interface ResidentOptions {
  argv: string[];
  env?: Record<string, string>;
  /** Descriptors of ours that the child gets as 3, 4, … No other one reaches it. */
  extraFds?: number[];
}

/** A child that lives as long as its owner wants: a helper that is asked again and again. */
export interface Resident {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, with the exit status or null for a signal. */
  readonly exited: Promise<number | null>;
  /** Ends the child and its process group. */
  kill(): void;
}

/**
 * Starts a resident child. Its standard input closes when the service dies; one that does not read it, as `ip monitor`,
 * is ended by the launcher then.
 */
export async function startResident(options: ResidentOptions): Promise<Resident> {
  const extra = options.extraFds ?? [];
  const child = spawn(
    '/usr/bin/perl',
    ['-e', CLOSE_OTHERS, '--', String(2 + extra.length), ...options.argv],
    {
      cwd: '/',
      env: { PATH: CHILD_PATH, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe', ...extra],
      detached: true,
    },
  );
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || !stdin || !stdout || !stderr) throw new Error(`no pipes to ${options.argv[0]}`);
  const launcher = activeLauncher();
  launcher?.guard(pid);
  void exited.then(() => launcher?.release(pid));
  // A child that died makes the next write fail; `exited` tells it.
  stdin.on('error', () => undefined);
  const kill = (): void => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  return { pid, stdin, stdout, stderr, exited, kill };
}
