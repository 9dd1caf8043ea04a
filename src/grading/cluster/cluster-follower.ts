import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { kernelName } from '../../common/ids.js';
import type { ClusterDriver } from '../../drivers/cluster-driver.js';
import type { CallOptions } from '../../drivers/step.js';
import type { LiveSandbox } from '../../sandbox/live-sandbox.js';
import { faulted } from '../observation.js';
import type { ProbeCall } from '../probes/calls.js';
import { constantView, NO_CLUSTER, type ClusterView } from '../probes/cluster-view.js';
import { certificateIdentity } from './certificate-identity.js';
import { ClusterSession } from './cluster-session.js';

const CALL_MS = 5000;
const RETRY_MS = { first: 300, most: 10_000 };
/** A credential is renewed this long before its end. */
const RENEW_MS = 10 * 60_000;
const LATEST_RENEW_MS = 24 * 3_600_000;

const CONNECTING = constantView(faulted('platform', 'connecting', 'the cluster is being connected to'));
const NO_DRIVER = constantView(faulted('platform', 'ended', 'this service has no driver of clusters'));

export interface FollowerOptions {
  driver: ClusterDriver | undefined;
  /** The learner is cluster admin in this lab. */
  admin: boolean;
  calls: readonly ProbeCall[];
  clock: Clock;
  logger: Logger;
  /** Where the view of the moment goes; it closes the one before. */
  show(view: ClusterView): void;
}

/** Keeps the view of a sandbox's cluster in step with the cluster: none, being connected to, or a session with it. */
export class ClusterFollower {
  private turn = 0;
  private cancel: () => void = () => undefined;

  constructor(private readonly o: FollowerOptions) {}

  /** What there is now. The same phase again means another cluster: the session before is of no use. */
  follow(live: LiveSandbox): void {
    this.turn++;
    this.cancel();
    if (live.cluster?.phase !== 'running') return this.o.show(NO_CLUSTER);
    if (!this.o.driver) return this.o.show(NO_DRIVER);
    this.o.show(CONNECTING);
    void this.connect(live, this.o.driver, { turn: this.turn, failures: 0 });
  }

  close(): void {
    this.turn++;
    this.cancel();
  }

  private async connect(
    live: LiveSandbox,
    driver: ClusterDriver,
    o: { turn: number; failures: number },
  ): Promise<void> {
    const { clock, logger } = this.o;
    try {
      const renew = (): void => {
        if (o.turn !== this.turn) return;
        this.cancel();
        this.again(RETRY_MS.first, () => this.connect(live, driver, { turn: o.turn, failures: 0 }));
      };
      const { session, expiresAt } = await this.open(live, driver, renew);
      if (o.turn !== this.turn) return session.close();
      this.o.show(session);
      const left = Math.min(LATEST_RENEW_MS, expiresAt.getTime() - clock.now() - RENEW_MS);
      this.again(Math.max(60_000, left), () => this.connect(live, driver, { turn: o.turn, failures: 0 }));
    } catch (error) {
      if (o.turn !== this.turn) return;
      if (o.failures === 0)
        logger.warn({ err: error, sandbox: live.id }, 'the cluster cannot be observed yet');
      const wait = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** o.failures);
      this.again(wait, () => this.connect(live, driver, { turn: o.turn, failures: o.failures + 1 }));
    }
  }

  private again(ms: number, run: () => Promise<void>): void {
    this.cancel = this.o.clock.after(ms, () => void run());
  }

  private async open(live: LiveSandbox, driver: ClusterDriver, onNodesGone: () => void) {
    const id = kernelName(live.id);
    const { attempt } = live;
    const { clock, logger, calls } = this.o;
    const seen = await driver.inspect(id, this.options());
    if (!seen || seen.nodes.length === 0) throw new Error('the driver knows no such cluster');
    const access = await driver.access(id, attempt, 'grader', this.options());
    const session = new ClusterSession({
      access,
      nodes: seen.nodes,
      calls,
      startedAt: live.readyAt,
      learner: async () => {
        const who = this.o.admin ? 'admin' : 'learner';
        return certificateIdentity((await driver.access(id, attempt, who, this.options())).cert);
      },
      clock,
      logger,
      onNodesGone,
    });
    return { session, expiresAt: access.expiresAt };
  }

  private options(): CallOptions {
    return { signal: AbortSignal.timeout(CALL_MS), deadline: this.o.clock.now() + CALL_MS };
  }
}
