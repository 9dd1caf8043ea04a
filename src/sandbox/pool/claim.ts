import type { Clock } from '../../common/clock.js';
import { kernelName } from '../../common/ids.js';
import type { Logger } from '../../common/logger.js';
import type { ClusterDriver } from '../../drivers/cluster-driver.js';
import type { CallOptions } from '../../drivers/step.js';
import type { Advance } from '../advance.js';
import type { AllocateRequest } from '../allocate.js';
import type { ClusterApi } from '../cluster-api.js';
import { drawFor } from '../draw.js';
import type { Entry, Living } from '../living.js';
import type { Recipe } from '../recipe.js';

/** A unit that answered so recently is taken as it is. */
const FRESH_MS = 15_000;
/** A running one has to answer at once; one that was paused needs a moment. */
const ANSWER_MS = { running: 500, resumed: 5000 };
const RESUME_MS = 5000;
/** Broken units in a row after which the cold path is quicker. */
const MAX_BROKEN = 3;

export interface ClaimDeps {
  living: Living;
  advance: Advance;
  clusters: ClusterDriver;
  api: ClusterApi;
  recipe: Recipe;
  clock: Clock;
  logger: Logger;
  /** A unit that does not answer, or that is no longer wanted, is released. */
  discard(entry: Entry, why: string): Promise<void>;
  /** Networks of this installation that no drawn parameter may meet. */
  avoid: readonly string[];
  onClaim(entry: Entry, from: 'running' | 'paused' | 'making', ms: number): void;
}

/** Gives a learner a warm unit: one row changes hands, and the id never does. */
export class Claim {
  constructor(private readonly d: ClaimDeps) {}

  /** undefined = there is none, or too many were broken: make one. */
  async run(request: AllocateRequest): Promise<Entry | undefined> {
    const { lab } = request;
    const base = this.d.recipe.baseOf(lab.requires, lab.cluster);
    if (base === null) return undefined;
    for (let broken = 0; broken < MAX_BROKEN; broken++) {
      const unit = this.best(base, request);
      if (!unit) return undefined;
      const started = performance.now();
      const from = unit.row.heldAt === null ? 'making' : unit.made.paused ? 'paused' : 'running';
      unit.made.claiming = true;
      if (await this.take(unit, request)) {
        this.d.onClaim(unit, from, performance.now() - started);
        return unit;
      }
      await this.d.discard(unit, 'broken');
    }
    return undefined;
  }

  /** Of the lab itself before any lab, running before paused before half made. */
  private best(base: string, { lab, individualise }: AllocateRequest): Entry | undefined {
    const drawn = individualise === true && lab.drawsSetup;
    const rank = ({ row, made }: Entry): number =>
      (row.heldAt === null ? 4 : made.paused ? 2 : 0) + (row.labVersionId === null ? 1 : 0);
    return [...this.d.living.entries.values()]
      .filter(({ row, made }) => {
        const free = row.userId === null && row.intent === 'run' && row.state === 'provisioning';
        // What was set up without a learner has the lab's own values.
        const fits = row.labVersionId === null || (row.labVersionId === lab.labVersionId && !drawn);
        return free && !made.claiming && row.base === base && fits;
      })
      .toSorted((a, b) => rank(a) - rank(b) || a.row.createdAt.getTime() - b.row.createdAt.getTime())[0];
  }

  private async take(unit: Entry, request: AllocateRequest): Promise<boolean> {
    const held = unit.row.heldAt !== null;
    if (held && !(await this.answers(unit))) return false;
    const { lab } = request;
    try {
      await unit.change((row) => {
        if (row.intent !== 'run' || row.state !== 'provisioning') throw new Error('the unit is ending');
        if (lab.cluster === null) throw new Error('a lab without a cluster claims no unit');
        const { nodes, admin, start } = lab.cluster;
        Object.assign(row, {
          tenantId: request.tenantId,
          userId: request.userId,
          labId: lab.labId,
          labSlug: lab.slug,
          labVersionId: lab.labVersionId,
          requires: lab.requires,
          cluster: { nodes, admin, start },
          clusterPhase: start === 'learner' ? 'hidden' : 'running',
          draw: drawFor(request, row.seed, this.d.avoid),
          heldAt: null,
          expiresAt: request.replaces?.expiresAt ?? null,
          replacesId: request.replaces?.id ?? null,
          cohortId: request.cohort?.id ?? null,
        });
        return [
          { type: 'sandbox.state', payload: { from: null, state: row.state, lab: lab.slug, warm: held } },
        ];
      });
    } catch (error) {
      this.d.logger.warn({ err: error, sandbox: unit.row.id }, 'a warm unit could not be claimed');
      return false;
    }
    // Its time to be made says nothing of a cold start, and its owner's clock starts now.
    if (held) unit.made.startedAt = 0;
    this.d.advance.kick(unit);
    return true;
  }

  private answers(unit: Entry): Promise<boolean> {
    const { row, made } = unit;
    const { clusters, api, clock } = this.d;
    const call: CallOptions = {
      signal: AbortSignal.timeout(RESUME_MS),
      deadline: clock.now() + RESUME_MS,
    };
    // Housekeeping may be pausing it just now.
    return unit
      .exclusive(async () => {
        if (!made.paused && clock.now() - made.answeredAt < FRESH_MS) return true;
        const id = kernelName(row.id);
        const patience = made.paused ? ANSWER_MS.resumed : ANSWER_MS.running;
        if (made.paused) await clusters.setPaused(id, row.attempt, false, call);
        made.paused = false;
        const ok = await api.answers(await clusters.access(id, row.attempt, 'grader', call), patience);
        if (ok) made.answeredAt = clock.now();
        return ok;
      })
      .catch((error: unknown) => {
        this.d.logger.warn({ err: error, sandbox: row.id }, 'a warm unit is broken');
        return false;
      });
  }
}
