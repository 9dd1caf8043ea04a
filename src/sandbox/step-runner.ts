import type { Clock } from '../common/clock.js';
import { Deadline } from '../common/deadline.js';
import type { Logger } from '../common/logger.js';
import { DriverError } from '../drivers/driver-error.js';
import type { Facts, Step, StepContext } from '../drivers/step.js';
import type { Faults } from './fault.js';
import type { StepRecord } from './sandbox-row.js';

const FIRST_RETRY_MS = 50;
/** A step that runs longer than this is shown while it runs. */
const SLOW_MS = 250;

export interface RunOptions {
  id: string;
  attempt: number;
  steps: Step[];
  /** Number of the first step in the history of the attempt; 0 by default. */
  firstOrdinal?: number;
  /** Facts of steps that ran before these. */
  facts?: Facts;
  signal: AbortSignal;
  clock: Clock;
  logger: Logger;
  faults: Faults;
  onSlow: (step: StepRecord) => void;
  note: (text: string) => void;
}

export type RunResult =
  { ok: true; records: StepRecord[]; facts: Facts } | { ok: false; records: StepRecord[]; error: unknown };

/** Runs the steps in order; the first that fails for good ends the run. Nothing is undone here. */
export async function runSteps(o: RunOptions): Promise<RunResult> {
  const records: StepRecord[] = [];
  let facts: Facts = o.facts ?? {};
  for (const [index, step] of o.steps.entries()) {
    const record: StepRecord = {
      attempt: o.attempt,
      ordinal: (o.firstOrdinal ?? 0) + index,
      name: step.name,
      state: 'running',
      startedAt: new Date(o.clock.now()),
      endedAt: null,
      error: null,
    };
    records.push(record);
    const cancelSlow = o.clock.after(SLOW_MS, () => o.onSlow({ ...record }));
    try {
      o.faults.at(`before:${step.name}`);
      facts = { ...facts, ...(await runWithRetry(step, { ...o, facts })) };
      o.faults.at(`after:${step.name}`);
      record.state = 'done';
    } catch (error) {
      record.state = 'failed';
      record.error = String(error instanceof Error ? error.message : error).slice(0, 2000);
      return { ok: false, records, error };
    } finally {
      record.endedAt = new Date(o.clock.now());
      cancelSlow();
    }
  }
  return { ok: true, records, facts };
}

/** Undoes in reverse, whatever was reached; errors are logged, `destroy` follows anyway. */
export async function undoSteps(o: RunOptions): Promise<void> {
  for (const step of o.steps.toReversed()) {
    const time = new Deadline(step.timeoutMs);
    await step.undo(contextOf(step, { ...o, facts: {} }, time)).catch((error: unknown) => {
      o.logger.warn({ err: error, sandbox: o.id, step: step.name }, 'undo failed');
    });
    time.release();
  }
}

function contextOf(step: Step, o: RunOptions & { facts: Facts }, time: Deadline): StepContext {
  return {
    id: o.id,
    attempt: o.attempt,
    logger: o.logger,
    facts: o.facts,
    note: o.note,
    deadline: o.clock.now() + step.timeoutMs,
    signal: time.signal,
  };
}

async function runWithRetry(step: Step, o: RunOptions & { facts: Facts }): Promise<Facts> {
  const time = new Deadline(step.timeoutMs, [o.signal]);
  const context = contextOf(step, o, time);
  try {
    for (let wait = FIRST_RETRY_MS; ; wait *= 2) {
      try {
        return (await step.run(context)) ?? {};
      } catch (error) {
        const retry =
          error instanceof DriverError && error.retryable && o.clock.now() + wait < context.deadline;
        if (!retry || context.signal.aborted) throw error;
        o.logger.warn({ err: error, sandbox: o.id, step: step.name, wait }, 'step failed, trying again');
        await new Promise<void>((resolve) => void o.clock.after(wait, resolve));
      }
    }
  } finally {
    time.release();
  }
}
