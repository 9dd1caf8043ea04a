import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { processesIn, cgroupFolders } from '../../src/linux/cgroup.js';
import { ScriptDesk } from '../../src/grading/scripts/script-desk.js';
import type { CheckResult } from '../../src/drivers/host-driver.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, TEST_UID_BASE, within, type OciLab } from '../support/lab-host.js';

describeWith(['root', 'runc'], 'the box in which a script of a lab runs', () => {
  let lab: OciLab;

  beforeAll(() => {
    lab = makeOciLab();
  });

  afterAll(() => lab.remove());

  const run = (script: string, input = '{}'): Promise<CheckResult> =>
    lab.driver.runCheck({ script: `#!/bin/bash\n${script}`, input }, within(30_000));

  function leftovers(): string[] {
    const volatile = path.join('/run/wheelhouse', lab.installId);
    const groups = [0, 1].map((place) => `/wheelhouse/${lab.installId}/check-${place}`);
    return [
      ...groups.flatMap((group) => processesIn(group).map((pid) => `process ${pid}`)),
      ...groups.flatMap((group) => cgroupFolders(group).filter((folder) => existsSync(folder))),
      ...[path.join(volatile, 'checks'), path.join(volatile, 'runtime')].flatMap((folder) =>
        existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [],
      ),
    ];
  }

  afterEach(() => {
    expect(leftovers()).toEqual([]);
  });

  it('gives it the input, and takes its status and what it wrote', async () => {
    const input = JSON.stringify({ observations: { n: 3 } });
    expect(await run('jq -e ".observations.n == 3" > /dev/null && echo three', input)).toEqual({
      exit: 0,
      stdout: 'three\n',
    });
    expect(await run('jq -r "\\"n is \\\\(.observations.n)\\""; exit 1', input)).toEqual({
      exit: 1,
      stdout: 'n is 3\n',
    });
  });

  it('takes an input of a megabyte', async () => {
    const input = JSON.stringify('x'.repeat(1_000_000));
    expect(await run('test "$(wc -c)" -gt 1000000', input)).toMatchObject({ exit: 0 });
  });

  it('holds neither any other status, nor a script that cannot be started, for an answer', async () => {
    expect(await run('exit 2')).toMatchObject({ exit: null });
    expect(await run('kill -9 $$')).toMatchObject({ exit: null });
    const broken = { script: '#!/no/such/interpreter\n', input: '{}' };
    expect(await lab.driver.runCheck(broken, within())).toMatchObject({ exit: null });
  });

  it.each([
    ['sleeps', 'sleep 60'],
    ['sleeps in the background and holds its output', 'sleep 60 & disown; sleep 60'],
    ['does not end when asked to', 'trap "" TERM INT HUP; while :; do :; done'],
    ['is a fork bomb', ':(){ :|:& };:; while :; do :; done'],
    ['uses up memory', 'x=y; while :; do x=$x$x; done'],
    ['fills its folder', 'cat /dev/zero > /tmp/full; sleep 60'],
    ['writes without end', 'yes'],
  ])(
    'ends one that %s, and is unknown',
    async (_, script) => {
      const started = performance.now();
      expect(await run(script)).toMatchObject({ exit: null, why: expect.any(String) });
      expect(performance.now() - started).toBeLessThan(20_000);
    },
    40_000,
  );

  it('lets a background process of a script that is over not live on', async () => {
    expect(await run('sleep 600 & echo fine')).toEqual({ exit: 0, stdout: 'fine\n' });
  });

  it('has no network: not the machine, not its own loopback', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const script = `
      test "$(ls /proc/sys/net/ipv4/conf | xargs)" = "all default lo" || exit 2
      exec 3<>/dev/tcp/127.0.0.1/${port} && exit 0; exit 1`;
    expect(await run(script)).toMatchObject({ exit: 1 });
    server.close();
  });

  it('shows nothing of the machine and gives no right', async () => {
    const script = `
      grep -q '^CapEff:.0*$' /proc/self/status && grep -q '^CapBnd:.0*$' /proc/self/status || { echo rights; exit 1; }
      grep -q '^NoNewPrivs:.1' /proc/self/status || { echo privileges; exit 1; }
      test "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 || { echo processes; exit 1; }
      for place in /var/lib/wheelhouse /home /root/.ssh /run/docker.sock /run/wheelhouse /etc/shadow; do
        test -e $place && ls $place/* >/dev/null 2>&1 && { echo $place; exit 1; }
      done
      touch /usr/x /run/check /etc/x 2>/dev/null && { echo writable; exit 1; }
      mount -t tmpfs t /tmp 2>/dev/null && { echo mount; exit 1; }
      unshare --user true 2>/dev/null && { echo namespaces; exit 1; }
      test "$(hostname)" = check || { echo name; exit 1; }
      echo fine`;
    expect(await run(script)).toEqual({ exit: 0, stdout: 'fine\n' });
  });

  it('has ids that no lab host has, and runs as many at once as the machine has room for', async () => {
    const results = await Promise.all(
      [1, 2, 3, 4].map(() => run('read -r _ base _ < /proc/self/uid_map; echo $base; sleep 0.2')),
    );
    expect(results.every(({ exit }) => exit === 0)).toBe(true);
    const bases = new Set(results.map((result) => (result.exit === 0 ? Number(result.stdout) : 0)));
    expect([...bases].toSorted((a, b) => a - b)).toEqual(
      [8189, 8190].map((slot) => TEST_UID_BASE + slot * 65536),
    );
  });

  it('is run once for the same input, and again for another', async () => {
    let runs = 0;
    const desk = new ScriptDesk({
      driver: {
        runCheck: (check, o) => {
          runs++;
          return lab.driver.runCheck(check, o);
        },
      },
    });
    const script = '#!/bin/bash\njq -e .ok';
    const first = await desk.run(script, { ok: true });
    expect(await desk.run(script, { ok: true })).toEqual(first);
    expect(first).toEqual({ value: { ok: true, text: 'true' }, fault: null });
    expect(runs).toBe(1);
    expect(await desk.run(script, { ok: false })).toMatchObject({ value: { ok: false, text: 'false' } });
    expect(runs).toBe(2);
  });
});
