import type { ClusterAccess, ClusterDriver, ClusterFound, ClusterSeen } from '../cluster-driver.js';
import { DriverError } from '../driver-error.js';
import type { Finding } from '../host-driver.js';
import type { Plan } from '../step.js';

/** Stands where no clusters can run, and gives the reason to whoever asks for one. Labs without a cluster go on. */
export class DisabledClusterDriver implements ClusterDriver {
  readonly name = 'none';
  readonly fidelity = 'simulated';
  readonly base = 'none';

  constructor(readonly reason: string) {}

  preflight(): Promise<Finding[]> {
    const finding: Finding = {
      code: 'cluster.driver',
      level: 'fail',
      found: this.reason,
      wanted: 'a driver for clusters',
    };
    return Promise.resolve([finding]);
  }

  plan(): Plan {
    throw this.refusal();
  }

  inspect(): Promise<ClusterSeen | undefined> {
    return Promise.reject(this.refusal());
  }

  setPaused(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  destroy(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  list(): Promise<ClusterFound[]> {
    return Promise.reject(this.refusal());
  }

  access(): Promise<ClusterAccess> {
    return Promise.reject(this.refusal());
  }

  repair(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  activityAt(): undefined {
    return undefined;
  }

  private refusal(): DriverError {
    return new DriverError('unavailable', `clusters cannot run here: ${this.reason}`);
  }
}
