import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import type { Trial } from '../../src/player/trial.js';
import { describeWith } from '../support/capability.js';
import { testEnv } from '../support/test-app.js';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Others may pass through it, as through a folder for temporary files. */
function openFolder(prefix: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  return folder;
}

function start(args: string[], cwd: string, env: NodeJS.ProcessEnv) {
  const argv = [path.join(ROOT, 'dist/src/cli.js'), ...args];
  return spawn(process.execPath, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = start(args, cwd, env);
  const ended: Ended = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (ended.stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (ended.stderr += bytes.toString()));
  [ended.status] = (await once(child, 'close')) as [number | null];
  return ended;
}

describeWith(['root', 'runc'], 'labs of authors, tried in real sandboxes', () => {
  let folder: string;
  let scratch: string;

  beforeAll(() => {
    folder = openFolder('wh-author-');
    // So that what is left over can be told from what others leave.
    scratch = path.join(folder, 'tmp');
    mkdirSync(scratch);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const env = () => ({ ...testEnv(path.join(folder, 'state')), TMPDIR: scratch });
  const wheelhouse = (...args: string[]) => run(args, folder, env());

  it('pass by their own solution when `lab new` or `lab import` made them; another one is told where it fails', async () => {
    await wheelhouse('lab', 'new', 'first-lab');
    await wheelhouse('lab', 'import', 'kathara', path.join(ROOT, 'test/import/kathara-two-lans'), 'two-lans');
    await wheelhouse('lab', 'new', 'wrong-lab', '--locales', 'en');
    const file = path.join(folder, 'wrong-lab/solution.sh');
    const solution = readFileSync(file, 'utf8').replace('ip link set veth-b up', 'ip link set veth-b down');
    writeFileSync(file, solution);
    const line = solution.split('\n').indexOf('# expect: 3') + 1;

    const options = ['--json', '--individualise', '--patience', '8s'];
    const tried = await wheelhouse('lab', 'test', 'first-lab', 'two-lans', 'wrong-lab', ...options);
    const { ok, labs } = JSON.parse(tried.stdout) as { ok: boolean; labs: Trial[] };
    expect(
      labs.map(({ lab, ok: passed, max, failure }) => [lab, passed, max, failure?.line ?? null]),
    ).toEqual([
      ['first-lab', true, 8, null],
      ['two-lans', true, 9, null],
      ['wrong-lab', false, 8, line],
    ]);
    expect([tried.status, ok]).toEqual([1, false]);

    const told = tried.stderr;
    expect(told).toContain('first-lab: passed: 0 untouched, 8 of 8 by its solution');
    expect(told).toContain('two-lans: passed: 0 untouched, 9 of 9 by its solution');
    expect(told).toContain(`wrong-lab: failed: solution.sh:${line}: expected 3 points, and there are 1\n`);
    expect(told).toMatch(/^ {2}passed +namespace +1 of 1$/m);
    expect(told).toMatch(/^ {2}pending +wired +0 of 2 {2}.*veth-b.* not up/m);
    expect(told).toMatch(/^ {2}blocked +addressed +0 of 2$/m);
    expect(told).toContain('| root@lab:~# ip netns exec blue ip link set eth0 up');
    expect(readdirSync(scratch)).toEqual([]);
  }, 120_000);

  it('are kept to be looked at until ctrl-c; what a killed trial left is removed by the next one', async () => {
    await wheelhouse('lab', 'new', 'kept-lab');
    const killed = await keep();
    killed.child.kill('SIGKILL');
    await killed.closed;
    const left = readdirSync(scratch);
    expect(left).toEqual([expect.stringMatching(/^wheelhouse-try-/)]);
    const { child, closed, output } = await keep();
    expect(output()).toContain(`${left[0]}, which an interrupted trial left\n`);
    const page = /kept-lab: sb_\w+ is kept, for 15 minutes at (\S+)/.exec(output())![1]!;
    expect((await fetch(page)).status).toBe(200);
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    expect(readdirSync(scratch)).toEqual([]);
  }, 120_000);

  /** Resolves once the lab was tried and waits for its author. */
  async function keep() {
    const child = start(['lab', 'test', 'kept-lab', '--keep'], folder, env());
    const closed = once(child, 'close');
    let text = '';
    const kept = new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (text.includes('ctrl-c ends it')) resolve();
      });
    });
    await Promise.race([kept, closed.then(() => Promise.reject(new Error(text)))]);
    return { child, closed, output: () => text };
  }
});

describeWith(['root', 'runc', 'kind'], 'a lab with a cluster', () => {
  it('is what `lab new --kind kubernetes` makes: it passes by its own solution', async () => {
    const folder = openFolder('wh-cluster-');
    try {
      const env = {
        ...testEnv(path.join(folder, 'state'), { WHEELHOUSE_CLUSTER_PROVIDER: 'kind' }),
        TMPDIR: folder,
      };
      await run(['lab', 'new', 'shop-lab', '--kind', 'kubernetes'], folder, env);
      const tried = await run(['lab', 'test', 'shop-lab'], folder, env);
      expect(tried.stdout).toContain('shop-lab: passed: 0 untouched, 4 of 4 by its solution');
      expect(tried.status).toBe(0);
      expect(readdirSync(folder)).toEqual(['shop-lab']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 400_000);
});

describe('a lab that cannot be tried', () => {
  let folder: string;

  beforeAll(() => {
    folder = openFolder('wh-untried-');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const env = () => ({
    ...testEnv(path.join(folder, 'state')),
    WHEELHOUSE_OCI_RUNTIME: '/nowhere/runc',
    TMPDIR: folder,
  });
  const wheelhouse = (...args: string[]) => run(args, folder, env());

  it('ends with 1 when it is not sound, and nothing is started', async () => {
    await wheelhouse('lab', 'new', 'a-lab');
    writeFileSync(path.join(folder, 'a-lab/solution.sh'), 'ls\n# expect: four\n');
    const unsound = await wheelhouse('lab', 'test', 'a-lab');
    expect(unsound).toMatchObject({ status: 1, stderr: '' });
    expect(unsound.stdout).toBe(
      'a-lab/solution.sh:2:1: error: "# expect: four" is not understood; write "# expect: N", N in points\n',
    );
  }, 60_000);

  it('ends with 2 where the machine lacks what it needs, and says what', async () => {
    await wheelhouse('lab', 'new', 'b-lab');
    const untried = await wheelhouse('lab', 'test', 'b-lab');
    expect(untried.status).toBe(2);
    expect(untried.stderr).toMatch(/cannot be tried here\nlab hosts cannot run here:\n {2}\S+: /);
    expect(readdirSync(folder).filter((name) => name.startsWith('wheelhouse-try-'))).toEqual([]);
  }, 60_000);
});
