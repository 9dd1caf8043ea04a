import { systemClock } from '../../src/common/clock.js';
import { silentLogger } from '../../src/common/logger.js';
import { Semaphore } from '../../src/common/semaphore.js';
import type { EvidenceBody } from '../../src/grading/evidence.js';
import type { Observation, Observations } from '../../src/grading/observation.js';
import type { Prober } from '../../src/grading/probes/prober.js';
import { traitsOf } from '../../src/grading/probes/traits.js';
import { progressView } from '../../src/grading/progress-view.js';
import type { ObjectiveProgress } from '../../src/grading/progress.js';
import { RunActor } from '../../src/grading/run-actor.js';
import { Run } from '../../src/grading/run.js';
import { labSpecSchema } from '../../src/labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../../src/labs/prepared-lab.js';

const text = { fr: 'x', en: 'x' };

export interface RigLab {
  observe: Record<string, unknown>;
  objectives: object[];
  tripwires?: object[];
}

/** A lab made of what a test is about; the rest is filled in. */
export function rigLab(o: RigLab): PreparedLab {
  return prepareLab(
    labSpecSchema.parse({
      apiVersion: 'wheelhouse/v1',
      kind: 'Lab',
      id: 'lab',
      version: '1.0.0',
      title: text,
      locales: ['fr', 'en'],
      duration: '60m',
      sandbox: { cluster: {} },
      observe: o.observe,
      tripwires: (o.tripwires ?? []).map((t) => ({ text, ...t })),
      objectives: o.objectives.map((objective) => ({ title: text, weight: 1, ...objective })),
    }),
  );
}

/** What grading does with one sandbox, without service and database. */
export class GradingRig {
  readonly run: Run;
  readonly actor: RunActor;
  /** Everything that would be stored, in order. */
  readonly evidence: EvidenceBody[] = [];
  readonly flags: { flag: string; subject: string }[] = [];
  /** Changes of state, as `objective from to`. */
  readonly moves: string[] = [];
  private wake: () => void = () => undefined;

  constructor(
    lab: PreparedLab,
    readonly prober: Prober,
  ) {
    this.run = new Run(lab, systemClock.monotonic());
    let ids = 0;
    this.actor = new RunActor(this.run, { tenantId: 't', sandboxId: 's', userId: 'u' }, {}, null, {
      clock: systemClock,
      logger: silentLogger,
      prober,
      helpers: new Semaphore(4),
      save: (change) => {
        this.evidence.push(...change.evidence.map(({ body }) => body));
        for (const { type, payload } of change.events)
          if (type === 'run.flagged') this.flags.push(payload as { flag: string; subject: string });
        return Promise.resolve();
      },
      newEvidenceId: () => `evd_${ids++}`,
      onChange: (transitions) => {
        for (const { objective, from, to } of transitions)
          this.moves.push(`${objective.spec.id} ${from} ${to}`);
        this.wake();
      },
    });
    this.actor.attached(1);
    this.actor.start();
  }

  state(id: string): string {
    return this.run.of(id).memory.state;
  }

  states(): Record<string, string> {
    return Object.fromEntries([...this.run.objectives].map(([id, { memory }]) => [id, memory.state]));
  }

  /** As the learner would be shown it. */
  shown(id: string, locale = 'en'): ObjectiveProgress {
    const now = this.actor.now();
    const view = { run: this.run, sandboxId: 's', now, wall: Date.now(), frozen: null };
    return progressView(view, locale).objectives.find((objective) => objective.id === id)!;
  }

  /** One observation of now. */
  async observe(name: string): Promise<Observation> {
    const probe = this.run.lab.calls[name]!;
    if (traitsOf(probe).active !== null) return this.prober.act(probe);
    return (await this.prober.look({ [name]: probe }))[name]!;
  }

  /** All observations of now. */
  async observeAll(): Promise<Observations> {
    const names = Object.keys(this.run.lab.calls);
    const seen = await Promise.all(names.map((name) => this.observe(name)));
    return Object.fromEntries(names.map((name, i) => [name, seen[i]!]));
  }

  /** Once the condition holds, told by changes of the run; with a pulse for what changes no verdict. */
  async until(what: string, holds: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
    for (const end = Date.now() + ms; !(await holds());) {
      if (Date.now() > end)
        throw new Error(`waited ${ms} ms for: ${what}; states: ${JSON.stringify(this.states())}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  becomes(id: string, state: string, ms?: number): Promise<void> {
    return this.until(`${id} ${state}`, () => this.state(id) === state, ms);
  }

  close(): void {
    void this.actor.close();
  }
}
