import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { processStart } from '../../linux/process-start.js';

/** Both runtimes write pid and start time before the long copy of the configuration (30 KiB for runc). */
const HEAD_BYTES = 1024;
const RUNC = /^\{"id":"[^"]*","init_process_pid":(\d+),"init_process_start":(\d+),/;

const crunState = z.object({ pid: z.number(), 'process-start-time': z.number() });

export interface InitProcess {
  pid: number;
  /** Clock ticks since boot. */
  start: number;
}

/** First bytes of a file; undefined where there is none. */
function readHead(file: string, bytes: number): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const head = Buffer.allocUnsafe(bytes);
    return head.toString('utf8', 0, readSync(fd, head, 0, bytes, 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Process 1 of a container as its runtime recorded it; undefined where there is no record yet. Throws when the record
 * cannot be understood. Reads runc's `state.json` or crun's `status` rather than asking the runtime, which costs a
 * process of 20 ms for each.
 */
export function recordedInit(runtimeRoot: string, name: string): InitProcess | undefined {
  const runc = readHead(path.join(runtimeRoot, name, 'state.json'), HEAD_BYTES);
  if (runc !== undefined) {
    const found = RUNC.exec(runc);
    if (!found) throw new Error(`${name}: the record of runc begins with ${runc.slice(0, 80)}`);
    return { pid: Number(found[1]), start: Number(found[2]) };
  }
  const crun = readHead(path.join(runtimeRoot, name, 'status'), 64 * HEAD_BYTES);
  if (crun === undefined) return undefined;
  const state = crunState.parse(JSON.parse(crun));
  return { pid: state.pid, start: state['process-start-time'] };
}

/** Whether the recorded process still is that process, not a later one with its pid. */
export function isAlive(init: InitProcess): boolean {
  return processStart(init.pid) === init.start;
}

/** Entries of a folder; none where it does not exist. */
export function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
