import { z } from 'zod';
import { callEngine, EngineError, type EngineCall } from './engine-http.js';

const KIND_LABEL = 'io.x-k8s.kind.cluster';
/** Deleting a node ends hundreds of processes and frees gigabytes of layers. */
const SLOW_MS = 60_000;

const listedContainer = z.object({
  Id: z.string(),
  Names: z.array(z.string()),
  Labels: z.record(z.string(), z.string()),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
  Mounts: z.array(z.object({ Source: z.string().optional() })),
});
const container = z.object({ State: z.object({ Pid: z.number(), Status: z.string() }) });
const network = z.object({
  Id: z.string(),
  Name: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
  IPAM: z.object({
    Config: z
      .array(
        z.object({
          Subnet: z.string().optional(),
          AuxiliaryAddresses: z.record(z.string(), z.string()).nullish(),
        }),
      )
      .nullish(),
  }),
  Options: z.record(z.string(), z.string()).nullish(),
});
const info = z.object({
  ServerVersion: z.string(),
  DockerRootDir: z.string(),
  MemoryLimit: z.boolean(),
  PidsLimit: z.boolean(),
  CpuCfsQuota: z.boolean(),
  SecurityOptions: z.array(z.string()).nullish(),
});

export type ListedContainer = z.infer<typeof listedContainer>;
export type ContainerState = z.infer<typeof container>['State'];
export type EngineNetwork = z.infer<typeof network>;
export type EngineInfo = z.infer<typeof info>;

/** The few words of the Docker engine's API that clusters need. Rejects with EngineError or DriverError. */
export class Engine {
  constructor(readonly socket: string) {}

  info(): Promise<EngineInfo> {
    return this.read(info, '/info');
  }

  /** Nodes of all kind clusters of this engine, or of one. */
  nodes(cluster?: string, signal?: AbortSignal): Promise<ListedContainer[]> {
    const label = cluster === undefined ? KIND_LABEL : `${KIND_LABEL}=${cluster}`;
    const query = { all: 'true', filters: JSON.stringify({ label: [label] }) };
    return this.read(z.array(listedContainer), '/containers/json', { query, signal });
  }

  /** As it is at this moment, where a list may be behind; undefined when it is gone. */
  async state(id: string, signal?: AbortSignal): Promise<ContainerState | undefined> {
    return (await this.optional(this.read(container, `/containers/${id}/json`, { signal })))?.State;
  }

  async limit(id: string, limits: { memMiB: number; cpus: number; pids: number }): Promise<void> {
    const bytes = limits.memMiB * 1024 * 1024;
    const body = {
      Memory: bytes,
      // Together with swap, that is: none.
      MemorySwap: bytes,
      NanoCpus: limits.cpus * 1e9,
      PidsLimit: limits.pids,
    };
    await this.send('POST', `/containers/${id}/update`, { body });
  }

  /** Does nothing to a container that is in that state already. */
  async setPaused(id: string, paused: boolean, signal?: AbortSignal): Promise<void> {
    const verb = paused ? 'pause' : 'unpause';
    const done = paused ? /already paused/i : /not paused/i;
    await this.send('POST', `/containers/${id}/${verb}`, { signal, timeoutMs: SLOW_MS }).catch(
      (error: unknown) => {
        if (!(error instanceof EngineError && done.test(error.detail))) throw error;
      },
    );
  }

  async start(id: string, signal?: AbortSignal): Promise<void> {
    await this.send('POST', `/containers/${id}/start`, { signal, timeoutMs: SLOW_MS });
  }

  /** With its volumes, whatever state it is in; success on nothing. */
  async removeContainer(id: string, signal?: AbortSignal): Promise<void> {
    const query = { force: 'true', v: 'true' };
    const removal = this.send('DELETE', `/containers/${id}`, { query, signal, timeoutMs: SLOW_MS });
    await this.optional(removal).catch((error: unknown) => {
      // Somebody else removes it at this moment.
      if (!(error instanceof EngineError && error.status === 409)) throw error;
    });
  }

  networks(labels?: string[], signal?: AbortSignal): Promise<EngineNetwork[]> {
    const query: Record<string, string> = labels ? { filters: JSON.stringify({ label: labels }) } : {};
    return this.read(z.array(network), '/networks', { query, signal });
  }

  /** By its exact name: the engine itself also finds ids and prefixes. */
  async network(name: string, signal?: AbortSignal): Promise<EngineNetwork | undefined> {
    const query = { filters: JSON.stringify({ name: [name] }) };
    const found = await this.read(z.array(network), '/networks', { query, signal });
    return found.find((one) => one.Name === name);
  }

  async createNetwork(body: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    await this.send('POST', '/networks/create', { body, signal, timeoutMs: SLOW_MS });
  }

  /** Success on nothing. Endpoints that an engine's crash left are cut off first. */
  async removeNetwork(id: string, signal?: AbortSignal): Promise<void> {
    const remove = () => this.send('DELETE', `/networks/${id}`, { signal, timeoutMs: SLOW_MS });
    await this.optional(remove()).catch(async (error: unknown) => {
      if (!(error instanceof EngineError && /active endpoints/i.test(error.detail))) throw error;
      const schema = z.object({ Containers: z.record(z.string(), z.unknown()).nullish() });
      const left = await this.read(schema, `/networks/${id}`, { signal });
      for (const end of Object.keys(left.Containers ?? {})) {
        const body = { Container: end, Force: true };
        await this.optional(this.send('POST', `/networks/${id}/disconnect`, { body, signal }));
      }
      await this.optional(remove());
    });
  }

  /** The image's id; undefined where the engine does not have it. */
  async imageId(reference: string, signal?: AbortSignal): Promise<string | undefined> {
    const path = `/images/${reference}/json`;
    return (await this.optional(this.read(z.object({ Id: z.string() }), path, { signal })))?.Id;
  }

  /** For calls that are made in one place alone. */
  send(method: EngineCall['method'], path: string, o: Partial<EngineCall> = {}): Promise<string> {
    return callEngine(this.socket, { ...o, method, path });
  }

  async read<T>(schema: z.ZodType<T>, path: string, o: Partial<EngineCall> = {}): Promise<T> {
    return schema.parse(JSON.parse(await this.send('GET', path, o)));
  }

  private async optional<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }
}
