import type { HostDriver } from '../../drivers/host-driver.js';
import { systemClock, type Clock } from '../../common/clock.js';
import { sha256 } from '../fingerprint.js';
import { canonical, printable, type Json } from '../json.js';
import { faulted, seen, type Observation } from '../observation.js';

/** Of the JSON that a script is given. */
const MAX_INPUT = 1024 * 1024;
/** A script has two seconds; the box around it takes longer on a busy machine. */
const DEADLINE_MS = 15_000;
/** Results kept; one is some hundred bytes. */
const MAX_KEPT = 1000;
/** Of the line that is shown. */
const MAX_TEXT = 300;

export interface ScriptDeskOptions {
  driver: Pick<HostDriver, 'runCheck'> | undefined;
  clock?: Clock;
}

/** Runs the scripts of labs, each in a box of its own. The same script with the same input is run once. */
export class ScriptDesk {
  private readonly kept = new Map<string, Promise<Observation>>();

  constructor(private readonly o: ScriptDeskOptions) {}

  /** `{ok, text}`, or a fault of ours: a script that fails otherwise says nothing about the learner. Never rejects. */
  run(script: string, input: Json): Promise<Observation> {
    const text = canonical(input);
    const digest = sha256(`${sha256(script)} ${text}`);
    const known = this.kept.get(digest);
    if (known) return known;
    const running = this.ask(script, text);
    if (this.kept.size >= MAX_KEPT) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(digest, running);
    // What went wrong may go right the next time.
    void running.then(({ fault }) => fault && this.kept.delete(digest));
    return running;
  }

  private async ask(script: string, input: string): Promise<Observation> {
    const { driver, clock = systemClock } = this.o;
    if (!driver?.runCheck) return faulted('platform', 'unavailable', 'scripts cannot run without lab hosts');
    if (Buffer.byteLength(input) > MAX_INPUT)
      return faulted('platform', 'too-large', `the script would be given more than ${MAX_INPUT} bytes`);
    try {
      const deadline = clock.now() + DEADLINE_MS;
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const result = await driver.runCheck({ script, input }, { deadline, signal });
      if (result.exit === null) return faulted('platform', 'script', result.why);
      return seen({ ok: result.exit === 0, text: firstLine(result.stdout) });
    } catch (error) {
      return faulted('platform', 'script', (error as Error).message.slice(0, 300));
    }
  }
}

function firstLine(stdout: string): string | null {
  const line = stdout.split('\n', 1)[0]!.trim();
  return line === '' ? null : printable(line, MAX_TEXT);
}
