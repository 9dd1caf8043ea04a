import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../../src/common/logger.js';
import type { HostDriver, HostSpec } from '../../src/drivers/host-driver.js';
import { OciHostDriver } from '../../src/drivers/oci/driver.js';
import { sweepInstall } from '../../src/drivers/oci/sweep.js';
import type { CallOptions, Facts } from '../../src/drivers/step.js';
import type { SnapshotScope } from './host-snapshot.js';

/** Away from the ids of services, also of those that other tests start. */
export const TEST_UID_BASE = 0x60000000;

/** Options of a driver call with that much time. */
export function within(ms = 20_000): CallOptions {
  return { signal: AbortSignal.timeout(ms), deadline: Date.now() + ms };
}

/** Runs the steps of a plan in order and returns their facts. `before` are those of the steps of a cluster. */
export async function provision(
  driver: HostDriver,
  id: string,
  spec: HostSpec,
  attempt = 1,
  before: Facts = {},
): Promise<Facts> {
  const facts: Facts = { ...before };
  for (const step of driver.plan(id, attempt, spec).steps) {
    const context = {
      ...within(step.timeoutMs),
      id,
      attempt,
      logger: silentLogger,
      facts,
      note: () => undefined,
    };
    Object.assign(facts, await step.run(context));
  }
  return facts;
}

/** The image that `npm run setup` built. */
export function testImage(): string {
  const state = process.env['WHEELHOUSE_STATE_DIR'] ?? '/var/lib/wheelhouse';
  const image = path.join(state, 'image/current');
  if (!existsSync(image)) throw new Error(`no image at ${image}: run \`npm run setup\` as root first`);
  return image;
}

export interface OciLab extends SnapshotScope {
  driver: OciHostDriver;
  /** A second driver on the same state, as after a restart of the service; closes the first. */
  restart(): Promise<OciHostDriver>;
  /** Runs a shell command inside and returns its standard output; fails with its errors. */
  inside(id: string, command: string, attempt?: number): Promise<string>;
  remove(): Promise<void>;
}

/** A driver with a state folder and a range of ids of its own. */
export function makeOciLab(options: { runtime?: string; kubectl?: string } = {}): OciLab {
  const imageDir = testImage();
  const stateDir = mkdtempSync('/var/tmp/wheelhouse-test-');
  const installId = path.basename(stateDir).slice('wheelhouse-'.length);
  const scope = { stateDir, installId, uidBase: TEST_UID_BASE, slots: 256 };
  const make = (): OciHostDriver =>
    new OciHostDriver({ ...scope, runtime: 'auto', ...options, imageDir, logger: silentLogger });
  const lab: OciLab = {
    ...scope,
    driver: make(),
    async restart() {
      await lab.driver.close();
      lab.driver = make();
      return lab.driver;
    },
    async inside(id, command, attempt = 1) {
      const { exit, stdout, stderr } = await lab.driver.exec(
        id,
        attempt,
        ['/bin/bash', '-c', command],
        within(),
      );
      if (exit !== 0) throw new Error(`exit status ${exit}: ${command}\n${stdout}${stderr}`);
      return stdout;
    },
    async remove() {
      await lab.driver.close();
      await sweepInstall(scope);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return lab;
}
