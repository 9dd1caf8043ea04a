import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { ReadStream } from 'node:tty';
import { openPair } from '../src/terminal/pty/native-pty.js';

/** Counts what comes out of the master with nothing in between; the ceiling that the kernel sets. */
const READ_LOOP = `
fcntl(STDIN, 4, 0) or die;
my $n = 0;
while (my $got = sysread(STDIN, my $bytes, 65536)) { $n += $got }
print $n;
`;

/** Bytes that a command wrote to a bare PTY, and the seconds it took, counted from its start. */
export async function readBare(argv: string[]): Promise<{ bytes: number; seconds: number }> {
  const pair = openPair(80, 24);
  const began = performance.now();
  const reader = spawn('/usr/bin/perl', ['-e', READ_LOOP], { stdio: [pair.master, 'pipe', 'inherit'] });
  const command = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', pair.slave, pair.slave] });
  const counted = text(reader.stdout!);
  await once(command, 'exit');
  // The reader sees the end once nobody holds the slave any more.
  closeSync(pair.slave);
  const bytes = Number(await counted);
  const seconds = (performance.now() - began) / 1000;
  closeSync(pair.master);
  return { bytes, seconds };
}

export interface BarePty {
  write(text: string): void;
  onData(listener: (bytes: Buffer) => void): void;
  close(): Promise<void>;
}

/** A command on a PTY of this process, without a server in between: the echo that the kernel and the shell make. */
export function openBare(argv: string[], env: Record<string, string>): BarePty {
  const pair = openPair(80, 24);
  const command = spawn('/usr/bin/setsid', ['-c', ...argv], {
    stdio: [pair.slave, pair.slave, pair.slave],
    env,
  });
  closeSync(pair.slave);
  const exited = once(command, 'exit');
  const stream = new ReadStream(pair.master);
  stream.on('error', () => undefined);
  return {
    write: (keys) => void writeSync(pair.master, keys),
    onData: (listener) => void stream.on('data', listener),
    close: async () => {
      command.kill('SIGKILL');
      await exited;
      stream.destroy();
    },
  };
}
