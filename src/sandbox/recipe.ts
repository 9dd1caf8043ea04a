import { AppError } from '../common/errors/app-error.js';
import { kernelName } from '../common/ids.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { hostCapabilities } from '../drivers/requires.js';
import type { Amounts, Cost, Step } from '../drivers/step.js';
import type { LabRef } from './lab-catalogue.js';
import type { ClusterNeed, SandboxRow } from './sandbox-row.js';

export interface RecipeDeps {
  driver: HostDriver;
  clusters: ClusterDriver;
}

/** What a row needs of the machine, and the steps that need neither user nor lab text. */
export class Recipe {
  constructor(private readonly d: RecipeDeps) {}

  /** Pure: no I/O. A cluster comes before the lab host that is joined to its network. */
  base(row: Pick<SandboxRow, 'id' | 'attempt' | 'slot' | 'requires' | 'cluster'>): Step[] {
    const id = kernelName(row.id);
    const requires = hostCapabilities(row.requires);
    const host = { slot: row.slot!, requires, link: row.cluster !== null };
    const steps = this.d.driver.plan(id, row.attempt, host).steps;
    if (!row.cluster) return steps;
    return [...this.cluster(row), ...steps];
  }

  /** The steps of the cluster alone, for one that is made anew. */
  cluster(row: Pick<SandboxRow, 'id' | 'attempt' | 'cluster'>): Step[] {
    return this.d.clusters.plan(kernelName(row.id), row.attempt, { nodes: row.cluster!.nodes }).steps;
  }

  cost(id: string, requires: string[], cluster: ClusterNeed | null): Cost {
    const capabilities = hostCapabilities(requires);
    const host = this.d.driver.plan(kernelName(id), 1, {
      slot: 0,
      requires: capabilities,
      link: cluster !== null,
    });
    if (!cluster) return host.cost;
    const { cost } = this.d.clusters.plan(kernelName(id), 1, { nodes: cluster.nodes });
    return { reserve: sum(host.cost.reserve, cost.reserve), limit: sum(host.cost.limit, cost.limit) };
  }

  /** Throws `provider_unavailable` when lab hosts of this machine cannot do what the lab needs. */
  assertOffered({ slug, needs = [] }: Pick<LabRef, 'slug' | 'needs'>): void {
    const offered = this.d.driver.capabilities?.();
    const lacking = offered ? hostCapabilities(needs).filter((name) => !offered.includes(name)) : [];
    if (lacking.length === 0) return;
    const what = `The lab "${slug}" needs ${lacking.join(', ')}, which lab hosts of this machine lack`;
    throw new AppError('provider_unavailable', `${what}; \`wheelhouse doctor\` says why.`);
  }

  /** What warm units must have in common with a request to serve it; null = made on demand, quickly. */
  baseOf(requires: string[], cluster: ClusterNeed | null): string | null {
    if (!cluster) return null;
    const capabilities = hostCapabilities(requires).toSorted((a, b) => a.localeCompare(b));
    return [this.d.clusters.base, `n${cluster.nodes}`, ...capabilities].join(':');
  }
}

function sum(a: Amounts, b: Amounts): Amounts {
  return {
    cpuMilli: a.cpuMilli + b.cpuMilli,
    memMiB: a.memMiB + b.memMiB,
    pids: a.pids + b.pids,
    inotifyInstances: a.inotifyInstances + b.inotifyInstances,
    ptys: a.ptys + b.ptys,
  };
}
