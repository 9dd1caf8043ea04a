import type { Pty } from '../../terminal/pty/pty.js';
import { DriverError } from '../driver-error.js';
import type { ExecResult, Finding, HostDriver, HostFound, HostSeen } from '../host-driver.js';
import type { Plan } from '../step.js';

/** Stands where no lab hosts can run, and gives the reason to whoever asks for one. */
export class DisabledHostDriver implements HostDriver {
  readonly name = 'none';

  constructor(readonly reason: string) {}

  preflight(): Promise<Finding[]> {
    return Promise.resolve([
      { code: 'host.driver', level: 'fail', found: this.reason, wanted: 'a driver for lab hosts' },
    ]);
  }

  plan(): Plan {
    throw this.refusal();
  }

  inspect(): Promise<HostSeen | undefined> {
    return Promise.reject(this.refusal());
  }

  destroy(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  list(): Promise<HostFound[]> {
    return Promise.reject(this.refusal());
  }

  publish(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  listen(): Promise<{ close(): Promise<void> }> {
    return Promise.reject(this.refusal());
  }

  link(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  uplink(): Promise<void> {
    return Promise.reject(this.refusal());
  }

  openPty(): Promise<Pty> {
    return Promise.reject(this.refusal());
  }

  exec(): Promise<ExecResult> {
    return Promise.reject(this.refusal());
  }

  private refusal(): DriverError {
    return new DriverError('unavailable', `lab hosts cannot run here: ${this.reason}`);
  }
}
