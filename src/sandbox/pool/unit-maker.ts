import type { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import type { Cost } from '../../drivers/step.js';
import type { Admission } from '../admission.js';
import type { Advance } from '../advance.js';
import type { LabRef } from '../lab-catalogue.js';
import { newSeed } from '../draw.js';
import type { Living } from '../living.js';
import type { Recipe } from '../recipe.js';
import type { ClusterNeed, SandboxRow } from '../sandbox-row.js';
import type { SandboxRepository } from '../sandbox.repository.js';

/** What most labs ask for. */
const DEFAULT_NEED: ClusterNeed = { nodes: 1, admin: false, start: 'platform' };

export interface UnitMakerDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  repository: SandboxRepository;
  recipe: Recipe;
  clock: Clock;
  /** Whose labs the pool serves. */
  tenantId: string;
}

/** Begins warm units: sandboxes without a learner. */
export class UnitMaker {
  constructor(private readonly d: UnitMakerDeps) {}

  baseOf(lab: LabRef | null): string {
    return this.d.recipe.baseOf(lab?.requires ?? [], lab?.cluster ?? DEFAULT_NEED)!;
  }

  costOf(lab: LabRef | null): Cost {
    return this.d.recipe.cost('sb_0000000000', lab?.requires ?? [], lab?.cluster ?? DEFAULT_NEED);
  }

  /** False when there is no room. */
  async make(lab: LabRef | null): Promise<boolean> {
    const row = this.newRow(lab);
    const room = this.d.admission.tryTake(row);
    if (!room) return false;
    Object.assign(row, { state: 'provisioning', attempt: 1, slot: room.slot });
    let inserted = false;
    try {
      inserted = await this.d.repository.insert({ row, events: [], steps: [] });
    } finally {
      if (!inserted) this.d.admission.giveBack(row.cost, row.slot);
    }
    if (!inserted) return false;
    this.d.advance.kick(this.d.living.add(row));
    return true;
  }

  private newRow(lab: LabRef | null): SandboxRow {
    const id = newId('sb');
    const { nodes, admin, start } = lab?.cluster ?? DEFAULT_NEED;
    const cluster = { nodes, admin, start };
    const requires = lab?.requires ?? [];
    return {
      tenantId: this.d.tenantId,
      id,
      userId: null,
      labId: lab?.labId ?? null,
      labSlug: lab?.slug ?? null,
      labVersionId: lab?.labVersionId ?? null,
      state: 'queued',
      intent: 'run',
      version: 0,
      attempt: 0,
      slot: null,
      cost: this.d.recipe.cost(id, requires, cluster),
      seed: newSeed(),
      draw: null,
      requires,
      tier: 'T0',
      base: this.d.recipe.baseOf(requires, cluster),
      heldAt: null,
      cluster,
      clusterPhase: null,
      createdAt: new Date(this.d.clock.now()),
      readyAt: null,
      openedAt: null,
      expiresAt: null,
      lastActivityAt: null,
      endedAt: null,
      extensions: 0,
      replacesId: null,
      failureCode: null,
      failureDetail: null,
      cohortId: null,
      handRaisedAt: null,
    };
  }
}
