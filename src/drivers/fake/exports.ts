import { duplexPair, type Duplex } from 'node:stream';
import type { HostNetwork } from '../host-driver.js';

/** What lab hosts in memory were given, by `<id>-<attempt>`. */
export class FakeExports {
  readonly networks = new Map<string, HostNetwork>();
  readonly uplinks = new Set<string>();
  private readonly files = new Map<string, Map<string, string>>();
  private readonly sockets = new Map<string, Map<string, (socket: Duplex) => void>>();

  publish(key: string, changes: Record<string, string | null>): void {
    const files = this.files.get(key) ?? new Map<string, string>();
    for (const [name, text] of Object.entries(changes)) {
      if (text === null) files.delete(name);
      else files.set(name, text);
    }
    this.files.set(key, files);
  }

  /** As the learner would read it; undefined where there is none. */
  read(key: string, name: string): string | undefined {
    return this.files.get(key)?.get(name);
  }

  listen(key: string, name: string, onConnection: (socket: Duplex) => void): { close(): Promise<void> } {
    const sockets = this.sockets.get(key) ?? new Map<string, (socket: Duplex) => void>();
    this.sockets.set(key, sockets.set(name, onConnection));
    return {
      close: () => {
        if (sockets.get(name) === onConnection) sockets.delete(name);
        return Promise.resolve();
      },
    };
  }

  /** The learner's end of a new connection. Rejects where nobody listens. */
  connect(key: string, name: string): Promise<Duplex> {
    const onConnection = this.sockets.get(key)?.get(name);
    if (!onConnection) return Promise.reject(new Error(`nobody listens at ${name}`));
    const [learner, ours] = duplexPair();
    onConnection(ours);
    return Promise.resolve(learner);
  }

  drop(key: string): void {
    for (const given of [this.networks, this.uplinks, this.files, this.sockets]) given.delete(key);
  }
}
