import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '../../src/common/logger.js';
import { runtimeCandidates } from '../../src/drivers/oci/find-runtime.js';
import { OciHostDriver } from '../../src/drivers/oci/driver.js';
import { sweepInstall } from '../../src/drivers/oci/sweep.js';
import { describeWith } from '../support/capability.js';
import { hostSnapshot, settledSnapshot, type HostSnapshot } from '../support/host-snapshot.js';
import { makeOciLab, provision, testImage, within, type OciLab } from '../support/lab-host.js';

const SPEC = { slot: 0, requires: ['netns' as const] };

describeWith(['root', 'runc'], 'the life of a lab host', () => {
  let lab: OciLab;
  let empty: HostSnapshot;

  beforeAll(async () => {
    lab = makeOciLab();
    // Folders and views are made at first use and stay.
    await lab.driver.list(within());
    empty = hostSnapshot(lab);
  });

  afterAll(() => lab.remove());

  it('leaves no process, namespace, mount, cgroup or folder behind, whatever the learner made in it', async () => {
    await provision(lab.driver, 'leak1', { slot: 0, requires: ['netns', 'ovs'] });
    await lab.inside(
      'leak1',
      'ip netns add red && ip link add v0 type veth peer name v1 && ip link set v1 netns red',
    );
    await lab.inside(
      'leak1',
      'ovs-vsctl add-br ovs1 && mount -t tmpfs none /mnt 2>/dev/null; sleep 1000 >/dev/null 2>&1 &',
    );
    expect(hostSnapshot(lab)).not.toEqual(empty);
    await lab.driver.destroy('leak1', within());
    expect(await settledSnapshot(lab, empty)).toEqual(empty);
  });

  it('is found again by a service that starts anew, and its views are not mounted twice', async () => {
    await provision(lab.driver, 'again', SPEC);
    const before = hostSnapshot(lab);
    await lab.restart();
    expect(await lab.driver.list(within())).toMatchObject([{ id: 'again', state: 'running' }]);
    expect(hostSnapshot(lab)).toEqual(before);
    await lab.driver.destroy('again', within());
  });

  it('is seen as stopped when its process 1 dies, runs again on demand, and goes', async () => {
    const first = await provision(lab.driver, 'dies', SPEC);
    process.kill(Number(first['initPid']), 'SIGKILL');
    for (const end = Date.now() + 5000; Date.now() < end; await pause(5)) {
      if ((await lab.driver.inspect('dies', within()))?.state === 'stopped') break;
    }
    expect(await lab.driver.inspect('dies', within())).toMatchObject({ state: 'stopped', initPid: 0 });
    const second = await provision(lab.driver, 'dies', SPEC);
    expect(second['initPid']).not.toBe(first['initPid']);
    await lab.driver.destroy('dies', within());
    expect(await settledSnapshot(lab, empty)).toEqual(empty);
  });

  it.each([1, 4, 8, 12, 16, 20, 25, 30])('survives a kill -9 of its start after %i ms', async (ms) => {
    const [bundle] = lab.driver.plan('killed', 1, SPEC).steps;
    const context = {
      ...within(),
      id: 'killed',
      attempt: 1,
      facts: {},
      logger: silentLogger,
      note: () => undefined,
    };
    await bundle?.run(context);
    const [runtime = ''] = runtimeCandidates('auto');
    const root = `/run/wheelhouse/${lab.installId}/runtime`;
    const argv = [
      '--root',
      root,
      'run',
      '--detach',
      '--bundle',
      path.join(lab.stateDir, 'hosts/wh-killed-1'),
      'wh-killed-1',
    ];
    const child = spawn(runtime, argv, { stdio: 'ignore' });
    await pause(ms);
    child.kill('SIGKILL');
    expect(await lab.driver.list(within())).toMatchObject([{ id: 'killed' }]);
    // Half of them go at once, half are made whole by a second attempt first.
    if (ms % 8 === 0) expect(await provision(lab.driver, 'killed', SPEC)).toHaveProperty('initPid');
    await lab.driver.destroy('killed', within());
    expect(await settledSnapshot(lab, empty)).toEqual(empty);
  });

  it('sweeps all of an installation, also what has lost its bundle', async () => {
    const other = makeOciLab();
    try {
      await provision(other.driver, 'swept', SPEC);
      rmSync(path.join(other.stateDir, 'hosts/wh-swept-1'), { recursive: true });
      await other.driver.close();
      expect(await sweepInstall(other)).toEqual(['wh-swept-1']);
      const nothing = { processes: [], namespaces: [], mounts: [], cgroups: [], links: [], folders: [] };
      expect(await settledSnapshot(other, nothing)).toEqual(nothing);
    } finally {
      await other.remove();
    }
  });
});

describeWith(['root', 'runc'], 'a service that starts while children of a dead one still run', () => {
  it('waits for them, then sees whole lab hosts alone', async () => {
    const folder = mkdtempSync('/var/tmp/wheelhouse-slow-');
    const slow = path.join(folder, 'slow-runtime');
    writeFileSync(
      slow,
      `#!/bin/sh\ncase "$*" in *" run "*) sleep 1;; esac\nexec ${runtimeCandidates('auto')[0]} "$@"\n`,
    );
    chmodSync(slow, 0o755);
    const lab = makeOciLab({ runtime: slow });
    try {
      await lab.driver.list(within());
      const starting = provision(lab.driver, 'late', SPEC);
      // The bundle is there: the runtime is, or is about to be, at work.
      while ((await lab.driver.list(within())).length === 0) await pause(5);
      await pause(50);
      // What a kill -9 does to the lock: the descriptor of the service closes, those of its children stay open.
      const closed = lab.driver.close();
      const next = new OciHostDriver({ ...lab, runtime: slow, imageDir: testImage(), logger: silentLogger });
      expect(await next.list(within())).toMatchObject([{ id: 'late', state: 'running' }]);
      await starting.catch(() => undefined);
      await closed;
      await next.destroy('late', within());
      await next.close();
    } finally {
      await lab.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
