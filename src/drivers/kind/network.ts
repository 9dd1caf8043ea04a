import { existsSync } from 'node:fs';
import { runCommand } from '../../linux/exec/command.js';
import type { ClusterNetwork } from '../cluster-driver.js';
import { DriverError } from '../driver-error.js';
import type { Engine, EngineNetwork } from './engine.js';
import { EngineError } from './engine-http.js';
import { bridgeName, clusterName, type ClusterName } from './names.js';
import { addressesOf, freeSubnets } from './subnets.js';
import { takenRanges } from './taken-networks.js';

const BRIDGE_OPTION = 'com.docker.network.bridge.name';
const INSTALL = 'wheelhouse.install';
/** More conflicts in a row than this are no race any more. */
const TRIES = 16;

export function installLabels(installId: string): string[] {
  return [`${INSTALL}=${installId}`, 'wheelhouse.part=cluster'];
}

export interface NetworkOptions {
  engine: Engine;
  installId: string;
  pool: string;
}

/** Makes and removes the networks of clusters: one each, in a subnet that nothing else on the machine uses. */
export class ClusterNetworks {
  /** Subnets that are being made: the engine does not list them yet. */
  private readonly reserved = new Set<number>();

  constructor(private readonly o: NetworkOptions) {}

  /** Finds its own work of an earlier run. */
  async ensure(cluster: ClusterName, signal: AbortSignal): Promise<ClusterNetwork> {
    const name = clusterName(cluster.id, cluster.attempt);
    for (let tries = 0; tries < TRIES; tries++) {
      const present = await this.o.engine.network(name, signal);
      if (present) return this.adopt(present);
      const made = await this.tryOne(cluster, signal);
      if (made) return made;
    }
    throw new DriverError('busy', `${name}: each subnet that was tried had just been taken`);
  }

  /** Our networks by name. */
  async list(signal?: AbortSignal): Promise<Map<string, EngineNetwork>> {
    const found = await this.o.engine.networks(installLabels(this.o.installId), signal);
    return new Map(found.map((network) => [network.Name, network]));
  }

  /** Success on nothing. Only when the nodes are gone. */
  async remove(cluster: ClusterName, signal?: AbortSignal): Promise<void> {
    const present = await this.o.engine.network(clusterName(cluster.id, cluster.attempt), signal);
    if (present?.Labels?.[INSTALL] === this.o.installId) {
      await this.o.engine.removeNetwork(present.Id, signal);
      await this.removeLink(bridgeName(cluster));
    }
  }

  private async tryOne(cluster: ClusterName, signal: AbortSignal): Promise<ClusterNetwork | undefined> {
    const taken = await takenRanges(this.o.engine, signal);
    const busy = [...this.reserved].map((first) => ({ first, last: first }));
    const [subnet] = freeSubnets(this.o.pool, [...taken, ...busy]);
    if (!subnet) {
      const detail = `no free network in the pool ${this.o.pool}: release sandboxes, or set WHEELHOUSE_NETWORK_POOL`;
      throw new DriverError('exhausted', detail);
    }
    this.reserved.add(subnet.first);
    try {
      await this.o.engine.createNetwork(this.request(cluster, subnet.first), signal);
      return { bridge: bridgeName(cluster), hostCidr: addressesOf(subnet).hostCidr };
    } catch (error) {
      // Somebody else on this machine was faster, or a run of ours before this one.
      if (error instanceof EngineError && (error.status === 409 || /overlap/i.test(error.detail))) {
        return undefined;
      }
      throw error;
    } finally {
      this.reserved.delete(subnet.first);
    }
  }

  private request(cluster: ClusterName, first: number): Record<string, unknown> {
    const { subnet, gateway, labHost } = addressesOf({ first, last: first });
    return {
      Name: clusterName(cluster.id, cluster.attempt),
      Driver: 'bridge',
      EnableIPv6: false,
      CheckDuplicate: true,
      IPAM: {
        Driver: 'default',
        Config: [{ Subnet: subnet, Gateway: gateway, AuxiliaryAddresses: { 'lab-host': labHost } }],
      },
      Options: { [BRIDGE_OPTION]: bridgeName(cluster) },
      Labels: {
        [INSTALL]: this.o.installId,
        'wheelhouse.part': 'cluster',
        'wheelhouse.sandbox': cluster.id,
        'wheelhouse.attempt': String(cluster.attempt),
      },
    };
  }

  private adopt(present: EngineNetwork): ClusterNetwork {
    const seen = networkFacts(present);
    if (present.Labels?.[INSTALL] === this.o.installId && seen) return seen;
    throw new DriverError('conflict', `a Docker network ${present.Name} exists that is not ours: remove it`);
  }

  /** An engine that was killed at the wrong moment forgets its bridge. */
  private async removeLink(bridge: string): Promise<void> {
    if (!existsSync(`/sys/class/net/${bridge}`)) return;
    await runCommand({ argv: ['ip', 'link', 'delete', bridge, 'type', 'bridge'], timeoutMs: 5000 }).catch(
      (error: unknown) => {
        if (existsSync(`/sys/class/net/${bridge}`)) throw error;
      },
    );
  }
}

/** What later steps need of a network; undefined for one that is not made as ours are. */
export function networkFacts(network: EngineNetwork): ClusterNetwork | undefined {
  const bridge = network.Options?.[BRIDGE_OPTION];
  const [config] = network.IPAM.Config ?? [];
  const labHost = config?.AuxiliaryAddresses?.['lab-host'];
  const prefix = config?.Subnet?.split('/')[1];
  if (bridge === undefined || labHost === undefined || prefix === undefined) return undefined;
  return { bridge, hostCidr: `${labHost}/${prefix}` };
}
