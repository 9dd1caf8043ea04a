import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface Gate {
  what: string;
  value: number;
  /** As text, with its relation: `<= 5`. */
  limit: string;
  ok: boolean;
}

export interface BenchResult {
  figures: Record<string, number>;
  baseline?: Record<string, number>;
  ratios?: Record<string, number>;
  gates: Gate[];
}

export interface BenchContext {
  /** Under a minute, with fewer repetitions; the gates stay the same. */
  quick: boolean;
  /** Rounds asked for, or the bench's own default. */
  rounds(full: number, quick: number): number;
  /** Progress, on standard error. */
  say(text: string): void;
  /** Runs when the bench ends, in reverse order, however it ends. */
  defer(undo: () => Promise<unknown> | void): void;
}

/**
 * Runs one bench as a program: progress on standard error, one JSON object as the last line of standard output, exit
 * status 0 only if every gate holds.
 */
export async function bench(
  name: string,
  body: (context: BenchContext) => Promise<BenchResult>,
): Promise<void> {
  const args = process.argv.slice(2);
  const quick = args.includes('--quick');
  const given = roundsOf(args);
  const undos: (() => Promise<unknown> | void)[] = [];
  const say = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  const cleanUp = async (): Promise<void> => {
    for (const undo of undos.splice(0).toReversed()) {
      try {
        await undo();
      } catch (error) {
        say(`clean-up: ${String(error)}`);
      }
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  let result: BenchResult | undefined;
  try {
    result = await body({
      quick,
      rounds: (full, few) => given ?? (quick ? few : full),
      say,
      defer: (undo) => undos.push(undo),
    });
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await cleanUp();
  if (result) {
    for (const gate of result.gates) {
      say(`${gate.ok ? 'holds' : 'FAILS'}: ${gate.what}: ${gate.value} (limit ${gate.limit})`);
    }
    const { figures, baseline = {}, ratios = {}, gates } = result;
    process.stdout.write(
      `${JSON.stringify({ name, machine: machine(), figures: tidy(figures), baseline: tidy(baseline), ratios: tidy(ratios), gates })}\n`,
    );
  }
  process.exit(result?.gates.every((gate) => gate.ok) ? 0 : 1);
}

function roundsOf(args: string[]): number | undefined {
  const at = args.findIndex((arg) => arg === '--rounds' || arg.startsWith('--rounds='));
  if (at < 0) return undefined;
  const text = args[at]?.split('=')[1] ?? args[at + 1];
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  process.stderr.write(`--rounds wants a whole number above 0, not ${text}\n`);
  return process.exit(2);
}

function machine() {
  return {
    cores: os.availableParallelism(),
    memMiB: Math.round(os.totalmem() / 1024 ** 2),
    kernel: os.release(),
    runtime: `node ${process.versions.node}`,
  };
}

function tidy(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, round(value)]));
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function atMost(what: string, value: number, limit: number): Gate {
  return { what, value: round(value), limit: `<= ${limit}`, ok: value <= limit };
}

export function atLeast(what: string, value: number, limit: number): Gate {
  return { what, value: round(value), limit: `>= ${limit}`, ok: value >= limit };
}

/** The value below which the share `q` of the samples lies. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Resident memory of a process of ours, bytes. */
export function rssOf(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) * 1024;
}
