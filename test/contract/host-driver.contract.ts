import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { DriverError } from '../../src/drivers/driver-error.js';
import type { HostDriver, HostSpec } from '../../src/drivers/host-driver.js';
import { provision, within } from '../support/lab-host.js';

export interface ContractSubject {
  driver: HostDriver;
  /** The learner's view of /run/wheelhouse: a file's text, or undefined; a new connection to a socket. */
  read(id: string, name: string): Promise<string | undefined>;
  connect(id: string, name: string): Promise<Duplex>;
  remove(): Promise<void>;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  return error instanceof DriverError ? error.code : `no DriverError but ${String(error)}`;
}

const spec = (slot: number) => ({ slot, requires: ['netns' as const] });

/** What every driver of lab hosts promises; each test leaves nothing behind. */
export function hostDriverContract(make: () => ContractSubject): void {
  let subject: ContractSubject;
  let driver: HostDriver;

  beforeAll(() => {
    subject = make();
    driver = subject.driver;
  });

  afterAll(() => subject.remove());

  it('plans without touching anything, and the same steps for the same input', async () => {
    const plan = driver.plan('aaaa', 1, spec(0));
    expect(plan.steps.map((step) => step.name)).toEqual(
      driver.plan('aaaa', 1, spec(0)).steps.map((step) => step.name),
    );
    expect(plan.cost.limit.memMiB).toBeGreaterThanOrEqual(plan.cost.reserve.memMiB);
    expect(await driver.list(within())).toEqual([]);
  });

  it('refuses a slot that cannot be', () => {
    expect(() => driver.plan('aaaa', 1, spec(-1))).toThrow(DriverError);
  });

  it('reports findings rather than rejecting', async () => {
    for (const finding of await driver.preflight()) {
      expect(finding).toMatchObject({
        code: expect.any(String),
        level: expect.stringMatching(/^(ok|warn|fail)$/),
      });
    }
  });

  it('shows a lab host from start to end', async () => {
    expect(await driver.inspect('aaab', within())).toBeUndefined();
    const facts = await provision(driver, 'aaab', spec(0));
    const seen = await driver.inspect('aaab', within());
    expect(seen).toMatchObject({ state: 'running', attempt: 1, initPid: facts['initPid'] });
    expect(await driver.list(within())).toMatchObject([{ id: 'aaab', attempt: 1, state: 'running' }]);
    await driver.destroy('aaab', within());
    expect(await driver.inspect('aaab', within())).toBeUndefined();
    expect(await driver.list(within())).toEqual([]);
  });

  it('ends the same when each step runs twice', async () => {
    const first = await provision(driver, 'aaac', spec(1));
    expect(await provision(driver, 'aaac', spec(1))).toEqual(first);
    expect(await driver.list(within())).toHaveLength(1);
    await driver.destroy('aaac', within());
  });

  it('destroys nothing, twice, and beside itself', async () => {
    await driver.destroy('neverwas', within());
    await provision(driver, 'aaad', spec(2));
    await Promise.all([driver.destroy('aaad', within()), driver.destroy('aaad', within())]);
    await driver.destroy('aaad', within());
    expect(await driver.list(within())).toEqual([]);
  });

  it('undoes steps in reverse, also those that never ran', async () => {
    await provision(driver, 'aaae', spec(3));
    for (const attempt of [1, 2]) {
      for (const step of driver.plan('aaae', attempt, spec(3)).steps.toReversed()) {
        const context = { ...within(), id: 'aaae', attempt, facts: {}, note: () => undefined };
        await step.undo({ ...context, logger: { debug() {}, info() {}, warn() {}, error() {} } as never });
      }
    }
    expect(await driver.list(within())).toEqual([]);
  });

  it('lists a half-made lab host and destroys it', async () => {
    const [bundle] = driver.plan('aaaf', 1, spec(4)).steps;
    await bundle?.run({
      ...within(),
      id: 'aaaf',
      attempt: 1,
      facts: {},
      note: () => undefined,
      logger: { debug() {}, info() {}, warn() {}, error() {} } as never,
    });
    expect(await driver.list(within())).toMatchObject([{ id: 'aaaf', state: 'creating', initPid: 0 }]);
    await driver.destroy('aaaf', within());
    expect(await driver.list(within())).toEqual([]);
  });

  it('keeps attempts apart, shows the newest, and destroys all', async () => {
    await provision(driver, 'aaag', spec(5), 1);
    await provision(driver, 'aaag', spec(6), 2);
    expect(await driver.inspect('aaag', within())).toMatchObject({ attempt: 2 });
    expect(await driver.list(within())).toHaveLength(2);
    await driver.destroy('aaag', within());
    expect(await driver.list(within())).toEqual([]);
  });

  it('runs a command inside, and says where there is no inside', async () => {
    await provision(driver, 'aaah', spec(7));
    const result = await driver.exec('aaah', 1, ['/bin/echo', 'hello', 'there'], within());
    expect(result).toMatchObject({ exit: 0, stdout: 'hello there\n' });
    expect(await codeOf(driver.exec('aaah', 2, ['/bin/true'], within()))).toBe('not_found');
    await driver.destroy('aaah', within());
    expect(await codeOf(driver.exec('aaah', 1, ['/bin/true'], within()))).toBe('not_found');
  });

  it('opens a terminal that echoes, and none without a lab host', async () => {
    const shell = { argv: ['/bin/bash', '-l'], env: {}, cols: 80, rows: 24 };
    expect(await codeOf(driver.openPty('aaai', 1, shell, within()))).toBe('not_found');
    await provision(driver, 'aaai', spec(8));
    const pty = await driver.openPty('aaai', 1, shell, within());
    const seen = new Promise<void>((resolve) => {
      let text = '';
      pty.onData((bytes) => {
        text += bytes.toString();
        if (text.includes('marker')) resolve();
      });
    });
    const exited = new Promise<void>((resolve) => pty.onExit(() => resolve()));
    pty.write(Buffer.from('echo marker\n'));
    await seen;
    await pty.kill();
    await exited;
    await driver.destroy('aaai', within());
  });

  it('shows published files, replaces them and takes them away', async () => {
    expect(await codeOf(driver.publish('aaaj', 1, { kubeconfig: 'x' }, within()))).toBe('not_found');
    await provision(driver, 'aaaj', { ...spec(9), publish: { motd: 'hello' } });
    await driver.publish('aaaj', 1, { kubeconfig: 'first', motd: 'again' }, within());
    expect(await subject.read('aaaj', 'kubeconfig')).toBe('first');
    expect(await subject.read('aaaj', 'motd')).toBe('again');
    await driver.publish('aaaj', 1, { kubeconfig: 'second', motd: null, neverwas: null }, within());
    expect(await subject.read('aaaj', 'kubeconfig')).toBe('second');
    expect(await subject.read('aaaj', 'motd')).toBeUndefined();
    await driver.destroy('aaaj', within());
  });

  it('answers at a socket, by the newest listener alone, until that is closed', async () => {
    const answer = (text: string) => (socket: Duplex) => {
      socket.on('data', (bytes: Buffer) => socket.end(`${text} ${bytes.toString()}`));
    };
    const ask = async (): Promise<string> => {
      const socket = await subject.connect('aaak', 'test.sock');
      let text = '';
      socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
      socket.end('question');
      await once(socket, 'end');
      return text;
    };
    expect(await codeOf(driver.listen('aaak', 1, 'test.sock', answer('none'), within()))).toBe('not_found');
    await provision(driver, 'aaak', spec(10));
    const first = await driver.listen('aaak', 1, 'test.sock', answer('first'), within());
    expect(await ask()).toBe('first question');
    const second = await driver.listen('aaak', 1, 'test.sock', answer('second'), within());
    expect(await ask()).toBe('second question');
    await first.close();
    expect(await ask()).toBe('second question');
    await second.close();
    await second.close();
    await expect(ask()).rejects.toThrow();
    await driver.destroy('aaak', within());
  });

  it('takes its sockets away with the lab host', async () => {
    await provision(driver, 'aaal', spec(11));
    const listening = await driver.listen('aaal', 1, 'test.sock', (socket) => socket.end(), within());
    await driver.destroy('aaal', within());
    await expect(subject.connect('aaal', 'test.sock')).rejects.toThrow();
    await listening.close();
  });

  it('gives an uplink to those who require it, again without harm, and to nobody without a lab host', async () => {
    const needy = { slot: 13, requires: ['netns' as const, 'uplink' as const] };
    const names = (given: HostSpec) => driver.plan('aaao', 1, given).steps.map((step) => step.name);
    expect(names(needy)).toEqual([...names(spec(13)), 'host.uplink']);
    expect(names({ ...needy, link: true }).slice(-2)).toEqual(['host.uplink', 'host.link']);
    expect(await codeOf(driver.uplink('aaao', 1, within()))).toBe('not_found');
    const facts = await provision(driver, 'aaao', needy);
    expect(await provision(driver, 'aaao', needy)).toEqual(facts);
    await driver.uplink('aaao', 1, within());
    await driver.destroy('aaao', within());
    expect(await codeOf(driver.uplink('aaao', 1, within()))).toBe('not_found');
    expect(await driver.list(within())).toEqual([]);
  });

  it('plans a link as the last step, which says what it lacks', async () => {
    const steps = driver.plan('aaam', 1, { ...spec(12), link: true }).steps;
    expect(steps.at(-1)?.name).toBe('host.link');
    expect(driver.plan('aaam', 1, spec(12)).steps.map((step) => step.name)).not.toContain('host.link');
    expect(await codeOf(provision(driver, 'aaam', { ...spec(12), link: true }))).toBe('invalid_spec');
    const network = { bridge: 'whbnone', hostCidr: '10.253.0.2/26' };
    expect(await codeOf(driver.link('aaan', 1, network, within()))).toBe('not_found');
    await driver.destroy('aaam', within());
    expect(await driver.list(within())).toEqual([]);
  });
}
