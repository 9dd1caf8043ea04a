import type { HostDriver } from '../../drivers/host-driver.js';
import { systemClock, type Clock } from '../../common/clock.js';
import { sha256 } from '../fingerprint.js';
import { canonical, printable, type Json } from '../json.js';
import type { ScriptResult } from './script-node.js';
import { faulted, seen, type Observation } from '../observation.js';

/** Of the JSON that a script is given. */
const MAX_INPUT = 1024 * 1024;
/** A script has two seconds; the box around it takes longer on a busy machine. */
const DEADLINE_MS = 15_000;
/** Results kept; one is some hundred bytes. */
const MAX_KEPT = 1000;
/** A script that ended badly would so again; it is given another chance, as the machine may have been busy. */
const FAULT_KEPT_MS = 30_000;
/** Of the line that is shown. */
const MAX_TEXT = 300;

export interface ScriptDeskOptions {
  driver: Pick<HostDriver, 'runCheck'> | undefined;
  clock?: Clock;
}

/** Runs the scripts of labs, each in a box of its own. The same script with the same input is run once. */
export class ScriptDesk {
  private readonly kept = new Map<string, Promise<Observation>>();

  private readonly clock: Clock;

  constructor(private readonly o: ScriptDeskOptions) {
    this.clock = o.clock ?? systemClock;
  }

  /** `{ok, text}`, or a fault of ours: a script that fails otherwise says nothing about the learner. Never rejects. */
  run(script: string, input: Json): Promise<Observation> {
    const text = canonical(input);
    const digest = sha256(`${sha256(script)} ${text}`);
    const known = this.kept.get(digest);
    if (known) return known;
    const running = this.ask(script, text);
    if (this.kept.size >= MAX_KEPT) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(digest, running);
    void running.then(({ fault }) => {
      const forget = (): void => void (this.kept.get(digest) === running && this.kept.delete(digest));
      if (fault?.code === 'script') this.clock.after(FAULT_KEPT_MS, forget);
      else if (fault) forget();
    });
    return running;
  }

  private async ask(script: string, input: string): Promise<Observation> {
    const { driver } = this.o;
    if (!driver?.runCheck) return faulted('platform', 'unavailable', 'scripts cannot run without lab hosts');
    if (Buffer.byteLength(input) > MAX_INPUT)
      return faulted('platform', 'too-large', `the script would be given more than ${MAX_INPUT} bytes`);
    try {
      const deadline = this.clock.now() + DEADLINE_MS;
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const result = await driver.runCheck({ script, input }, { deadline, signal });
      if (result.exit === null) return faulted('platform', 'script', result.why);
      return seen({ ok: result.exit === 0, text: textOf(result.stdout) });
    } catch (error) {
      return faulted('platform', 'box', (error as Error).message.slice(0, 300));
    }
  }
}

/** The first line; the first two by language, where they say so. */
export function textOf(stdout: string): ScriptResult['text'] {
  const lines = stdout.split('\n', 2).map((line) => printable(line.trim(), MAX_TEXT));
  const byLanguage = lines.flatMap((line) => {
    const found = /^(fr|en): *(.+)$/.exec(line);
    return found ? [[found[1]!, found[2]!] as const] : [];
  });
  if (byLanguage.length > 0 && /^(fr|en):/.test(lines[0]!)) return Object.fromEntries(byLanguage);
  return lines[0] === '' ? null : lines[0]!;
}
