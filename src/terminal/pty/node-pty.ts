import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { systemClock } from '../../common/clock.js';
import { InputQueue } from '../input-queue.js';
import { drainMaster, writeSome } from './drain.js';
import { wrapCommand } from './exec-wrapper.js';
import { openPair, resizePair, type PtyPair } from './native-pty.js';
import type { Pty, PtyExit, PtyInputEvent } from './pty.js';
import { readStat } from './proc-stat.js';
import { isTerminalSignal, killSession, signalForeground, type SignalTarget } from './signals.js';

const READ_SIZE = 64 * 1024;

export interface PtySpawn {
  argv: string[];
  /** The whole environment of the command; nothing is inherited. */
  env: Record<string, string>;
  cwd?: string;
  cols: number;
  rows: number;
  /** Raw input side of our line discipline, for a runtime (`runc exec -t`) that has a terminal of its own inside. */
  rawInput?: boolean;
  /** Where the session is led by another process than ours, as inside a container: its pid on this machine. */
  leader?: () => number | undefined;
  /** Checked just before each signal; without it only members of the child's own session are signalled. */
  owns?: (pid: number) => boolean;
}

/** Starts a command on a new pseudo-terminal. Throws when no terminal can be had. */
export function spawnPty(spec: PtySpawn): Pty {
  return new NodePty(openPair(spec.cols, spec.rows), spec);
}

function start({ slave }: PtyPair, spec: PtySpawn): ChildProcess {
  const { file, args } = wrapCommand(spec.argv);
  return spawn(file, args, {
    // Our slave stays open until the master is drained, so the stream never sees a hang-up with data behind it.
    stdio: [slave, slave, slave],
    env: spec.env,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
}

class NodePty implements Pty {
  private data: (bytes: Buffer) => void = () => undefined;
  private exited: (exit: PtyExit) => void = () => undefined;
  private input: (event: PtyInputEvent) => void = () => undefined;
  private readonly stream: ReadStream;
  private readonly child: ChildProcess;
  private readonly queue: InputQueue;
  private readonly gone: Promise<void>;
  private paused = false;
  private alive = true;
  private open = true;

  constructor(
    private readonly pair: PtyPair,
    private readonly spec: PtySpawn,
  ) {
    this.stream = readStream(pair.master, (bytes) => this.data(bytes));
    try {
      // On Linux a master's settings are those of its line discipline. Not in the child: input may be written before it
      // runs, and would be echoed by both terminals. And before the child: the change waits for pending output, and
      // while a writer is blocked on a full terminal the kernel spins there (set_termios, tty_write_lock), for ever, as
      // it is we who should read, and beyond the reach of any signal. Output processing stays on.
      if (spec.rawInput) this.stream.setRawMode(true);
      this.child = start(pair, spec);
    } catch (error) {
      this.stream.destroy(); // closes the master
      closeSync(pair.slave);
      throw error;
    }
    const { child } = this;
    this.queue = new InputQueue(
      {
        writeSome: (bytes) => writeSome(pair.master, bytes),
        accepted: (bytes) => this.input({ kind: 'accepted', bytes }),
        stalled: (lost) => this.input({ kind: 'stalled', lost }),
      },
      systemClock,
    );
    this.gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => this.end({ code, signal: signal?.slice(3) ?? null }, resolve));
      child.once('error', () => this.end({ code: 127, signal: null }, resolve));
    });
    // Not before the next turn: the listeners must be in place.
    setImmediate(() => {
      if (!this.paused) this.resume();
    });
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.data = listener;
  }

  onExit(listener: (exit: PtyExit) => void): void {
    this.exited = listener;
  }

  onInput(listener: (event: PtyInputEvent) => void): void {
    this.input = listener;
  }

  write(bytes: Buffer): boolean {
    return this.open && this.queue.push(bytes);
  }

  resize(cols: number, rows: number): void {
    if (this.open) resizePair(this.pair.master, cols, rows);
  }

  pause(): void {
    this.paused = true;
    if (this.alive) this.stream.pause();
  }

  resume(): void {
    this.paused = false;
    if (this.alive) this.stream.resume();
  }

  signal(name: string): Promise<void> {
    if (isTerminalSignal(name)) signalForeground(this.target(), name);
    return Promise.resolve();
  }

  kill(): Promise<void> {
    return killSession(this.target(), this.gone, systemClock);
  }

  private target(): SignalTarget {
    const leader = (): number | undefined =>
      this.alive ? (this.spec.leader?.() ?? this.child.pid) : undefined;
    return {
      leader,
      owns: this.spec.owns ?? ((pid) => readStat(pid)?.session === leader()),
      abandon: () => void this.child.kill('SIGKILL'),
    };
  }

  /** A pause no longer counts: what the command wrote before its exit is delivered, then the exit. */
  private end(exit: PtyExit, gone: () => void): void {
    if (!this.alive) return;
    this.alive = false;
    this.stream.pause();
    this.queue.close();
    gone();
    drainMaster(this.pair.master, this.data, () => {
      this.open = false;
      closeSync(this.pair.slave);
      this.stream.destroy(); // closes the master
      this.exited(exit);
    });
  }
}

/** A stream of ours on the master: one buffer that every read fills again. */
function readStream(master: number, data: (bytes: Buffer) => void): ReadStream {
  const slab = Buffer.allocUnsafeSlow(READ_SIZE);
  const onread = {
    buffer: slab,
    callback: (count: number): boolean => {
      data(slab.subarray(0, count));
      return true;
    },
  };
  // The types do not know that tty.ReadStream hands its options on to net.Socket.
  const Stream = ReadStream as unknown as new (fd: number, options: object) => ReadStream;
  const stream = new Stream(master, { onread });
  stream.on('error', () => undefined);
  return stream;
}
