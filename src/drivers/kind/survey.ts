import { existsSync, readdirSync } from 'node:fs';
import type { ClusterFound } from '../cluster-driver.js';
import type { Engine, EngineNetwork, ListedContainer } from './engine.js';
import type { ClusterLayout } from './layout.js';
import { readMarker, type Marker } from './marker.js';
import { parseClusterName } from './names.js';
import { networkFacts, type ClusterNetworks } from './network.js';
import { nodeCgroup } from './node-cgroup.js';

const CLUSTER_LABEL = 'io.x-k8s.kind.cluster';
const ROLE_LABEL = 'io.x-k8s.kind.role';

/** A node as the engine shows it. */
export interface SeenNode {
  id: string;
  name: string;
  address: string;
  status: string;
  initPid: number;
}

/** Finds what there is of our clusters, by names and marks alone. */
export class ClusterSurvey {
  constructor(private readonly o: { engine: Engine; layout: ClusterLayout; networks: ClusterNetworks }) {}

  /** Nodes of one cluster, the control plane first. A cluster of that name that is not ours is not seen. */
  async nodesOf(name: string, signal?: AbortSignal): Promise<SeenNode[]> {
    const nodes = await this.o.engine.nodes(name, signal);
    return this.look(
      name,
      nodes.filter((node) => this.isOurs(name, node)),
      signal,
    );
  }

  /** Clusters of this installation, or of one sandbox, the newest attempt first. */
  async all(o: { id?: string; signal?: AbortSignal } = {}): Promise<ClusterFound[]> {
    const { engine, networks } = this.o;
    const [containers, present] = await Promise.all([
      engine.nodes(undefined, o.signal),
      networks.list(o.signal),
    ]);
    const nodes = new Map<string, ListedContainer[]>();
    for (const container of containers) {
      const name = container.Labels[CLUSTER_LABEL] ?? '';
      if (this.isOurs(name, container)) nodes.set(name, [...(nodes.get(name) ?? []), container]);
    }
    const names = new Set([...nodes.keys(), ...present.keys(), ...this.folders()]);
    const wanted = [...names].filter((name) => {
      const parsed = parseClusterName(name);
      return parsed !== undefined && (o.id === undefined || parsed.id === o.id);
    });
    const found = await Promise.all(
      wanted.map((name) =>
        this.describe({ name, nodes: nodes.get(name) ?? [], network: present.get(name) }, o.signal),
      ),
    );
    return found.toSorted((a, b) => b.attempt - a.attempt);
  }

  private async describe(
    o: { name: string; nodes: ListedContainer[]; network: EngineNetwork | undefined },
    signal?: AbortSignal,
  ): Promise<ClusterFound> {
    const nodes = await this.look(o.name, o.nodes, signal);
    const network = o.network && networkFacts(o.network);
    return {
      ...parseClusterName(o.name)!,
      state: stateOf(readMarker(this.o.layout.files(o.name)), nodes),
      nodes: nodes.map(({ id, name, address, initPid }) => ({
        name,
        address,
        initPid,
        cgroup: nodeCgroup(id, initPid),
      })),
      ...(network ? { network } : {}),
    };
  }

  private async look(cluster: string, nodes: ListedContainer[], signal?: AbortSignal): Promise<SeenNode[]> {
    const seen = await Promise.all(
      sorted(nodes).map(async (node): Promise<SeenNode | undefined> => {
        const state = await this.o.engine.state(node.Id, signal);
        return (
          state && {
            id: node.Id,
            name: (node.Names[0] ?? '').replace(/^\//, ''),
            address: node.NetworkSettings.Networks[cluster]?.IPAddress ?? '',
            status: state.Status,
            initPid: state.Pid,
          }
        );
      }),
    );
    return seen.filter((node) => node !== undefined);
  }

  private isOurs(name: string, node: ListedContainer): boolean {
    const folder = `${this.o.layout.files(name).dir}/`;
    return node.Mounts.some(({ Source }) => Source?.startsWith(folder));
  }

  private folders(): string[] {
    const { root } = this.o.layout;
    return existsSync(root) ? readdirSync(root) : [];
  }
}

function sorted(nodes: ListedContainer[]): ListedContainer[] {
  const rank = (node: ListedContainer) =>
    (node.Labels[ROLE_LABEL] === 'control-plane' ? '0' : '1') + node.Names[0];
  return nodes.toSorted((a, b) => rank(a).localeCompare(rank(b)));
}

/** A mixture is neither: setting the intended state puts it right. */
function stateOf(marker: Marker | undefined, nodes: SeenNode[]): ClusterFound['state'] {
  if (!marker) return 'creating';
  const states = new Set(nodes.map((node) => node.status));
  const stopped = ['exited', 'created', 'dead', 'restarting', 'removing'].some((state) => states.has(state));
  if (nodes.length < marker.nodes || stopped) return 'stopped';
  if (states.size > 1) return 'unknown';
  return states.has('running') ? 'running' : states.has('paused') ? 'paused' : 'unknown';
}
