import type { SandboxFacts } from '../facts.js';
import type { Json } from '../json.js';
import { faulted, type Observation, type Observations } from '../observation.js';
import type { ProbeCall, ScriptCall } from '../probes/calls.js';
import type { News, Prober } from '../probes/prober.js';
import type { ScriptDesk } from './script-desk.js';

export interface ScriptedOptions {
  prober: Prober;
  desk: Pick<ScriptDesk, 'run'>;
  /** Parameters and constants of the run. */
  values: Record<string, Json>;
  calls: Record<string, ProbeCall>;
  /** Text of a file of the lab; undefined where there is none. */
  fileText(file: string): Promise<string | undefined>;
}

/** A prober that answers for scripts, too: they are given what was observed last. */
export class ScriptedProber implements Prober {
  private readonly last: Observations = {};
  private readonly texts = new Map<string, Promise<string | undefined>>();
  private readonly names: Map<ProbeCall, string>;

  constructor(private readonly o: ScriptedOptions) {
    this.names = new Map(Object.entries(o.calls).map(([name, call]) => [call, name]));
  }

  async look(calls: Record<string, ProbeCall>): Promise<Observations> {
    const found = await this.o.prober.look(calls);
    Object.assign(this.last, found);
    return found;
  }

  async act(call: ProbeCall): Promise<Observation> {
    if (call.probe === 'script') return this.script(call.params);
    const found = await this.o.prober.act(call);
    const name = this.names.get(call);
    if (name !== undefined) this.last[name] = found;
    return found;
  }

  glance(calls: Record<string, ProbeCall>): Observations {
    return this.o.prober.glance(calls);
  }

  facts(): SandboxFacts {
    return this.o.prober.facts();
  }

  inventions(): readonly string[] {
    return this.o.prober.inventions();
  }

  watch(onNews: (news: News) => void): Promise<void> {
    return this.o.prober.watch(onNews);
  }

  rest(): void {
    this.o.prober.rest();
  }

  close(): void {
    this.o.prober.close();
  }

  /** What it would be given and cannot be read is its result: ours before the learner's. */
  private async script({ file, reads }: ScriptCall['params']): Promise<Observation> {
    const given = reads.map((name) => [name, this.last[name]] as const);
    const lacking = given.find(([, observation]) => !observation);
    if (lacking) return faulted('platform', 'unprobed', '');
    const faults = given.flatMap(([, observation]) => (observation!.fault ? [observation!] : []));
    if (faults.length > 0) return faults.find((o) => o.fault!.cause === 'platform') ?? faults[0]!;
    const text = await this.text(file);
    if (text === undefined) return faulted('platform', 'script', `the lab has no file ${file}`);
    const observations = Object.fromEntries(given.map(([name, observation]) => [name, observation!.value]));
    return this.o.desk.run(text, { observations, lab: this.o.values, sandbox: this.facts() });
  }

  private text(file: string): Promise<string | undefined> {
    let text = this.texts.get(file);
    if (!text) {
      text = this.o.fileText(file);
      this.texts.set(file, text);
      text.catch(() => this.texts.delete(file));
    }
    return text;
  }
}
