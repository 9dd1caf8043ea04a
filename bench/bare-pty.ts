import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
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
