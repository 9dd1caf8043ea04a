import type { Clock } from '../../common/clock.js';
import type { ClusterNode } from '../../drivers/cluster-driver.js';
import type { KubeReader } from '../../kube/client.js';
import { KubeError } from '../../kube/kube-error.js';
import type { ProbeFault } from '../observation.js';
import { blameForSilence } from './attribution.js';

/** No two askings closer than this. */
const EVERY_MS = 2000;
/** What the watches say is believed this long without asking. */
const FRESH_MS = 2000;

/** Asks the API server whether it is there while someone looks at it: a frozen one keeps its watches open, and silent. */
export class Heartbeat {
  fault: ProbeFault | null = null;
  version: string | null = null;
  private asking = false;
  private askedAt = -Infinity;
  private closed = false;

  constructor(
    private readonly o: {
      reader: KubeReader;
      clock: Clock;
      node: ClusterNode | undefined;
      /** It fell silent, or answers again. */
      onTurn(): void;
    },
  ) {}

  /** Asks, unless something was heard or asked just now. Never waits. */
  wantedAfter(lastHeard: number): void {
    const now = this.o.clock.monotonic();
    if (this.asking || this.closed || now - this.askedAt < EVERY_MS) return;
    const heard = this.version !== null && this.fault === null && now - lastHeard < FRESH_MS;
    if (heard) return;
    this.asking = true;
    this.askedAt = now;
    void this.ask().finally(() => (this.asking = false));
  }

  blame(code: string): ProbeFault {
    return blameForSilence(this.o.node, code);
  }

  close(): void {
    this.closed = true;
  }

  private async ask(): Promise<void> {
    try {
      const { status, body } = await this.o.reader.raw('/version');
      if (status === 401 || status === 403) throw new KubeError('refused', `/version: ${status}`, status);
      if (status !== 200) throw new KubeError('server', `/version: ${status}`, status);
      this.version = versionOf(body) ?? this.version;
      this.turn(null);
    } catch (error) {
      if (this.closed) return;
      this.turn(this.faultOf(error));
    }
  }

  private faultOf(error: unknown): ProbeFault {
    if (!(error instanceof KubeError)) return { cause: 'platform', code: 'ended', detail: String(error) };
    // Only who has root on the node can make the server refuse its own administrators, or show another certificate.
    if (error.code === 'refused' || error.code === 'certificate')
      return { cause: 'tenant', code: error.code, detail: error.message };
    return this.blame(error.code);
  }

  private turn(fault: ProbeFault | null): void {
    const before = this.fault;
    this.fault = fault;
    if (before?.code !== fault?.code || before?.cause !== fault?.cause) this.o.onTurn();
  }
}

function versionOf(body: string): string | undefined {
  try {
    const { gitVersion } = JSON.parse(body) as { gitVersion?: unknown };
    return typeof gitVersion === 'string' ? gitVersion : undefined;
  } catch {
    return undefined;
  }
}
