import { execFileSync } from 'node:child_process';
import { Fence } from '../../src/linux/fence/fence.js';
import { fenceFindings } from '../../src/linux/fence/findings.js';
import { describeWith } from '../support/capability.js';

const tables = (): string => execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });

describeWith(['root'], 'the elements of the fences', () => {
  const fence = new Fence({ installId: '-fence-test' });
  const bridge = { bridge: 'whbtest1', sandbox: 'wh-test-1' };
  const port = {
    port: 'whvtest1',
    mac: '02:00:00:00:00:01',
    address: '10.0.0.2',
    sandbox: 'wh-test-1',
  };
  const sources = (): string =>
    execFileSync('nft', ['list', 'set', 'bridge', fence.table, 'sources'], { encoding: 'utf8' });

  beforeEach(() => fence.open());
  afterAll(() => fence.sweep());

  it('are there after they were added, once, and survive that the fences are opened again', async () => {
    for (let round = 0; round < 2; round += 1) {
      await fence.addBridge(bridge);
      await fence.addPort(port);
      await fence.open();
      expect(await fence.bridges()).toEqual(['whbtest1']);
      expect(await fence.ports()).toEqual(['whvtest1']);
      expect(sources()).toContain('"whvtest1" . 02:00:00:00:00:01 . 10.0.0.2 comment "wh-test-1"');
    }
  });

  it('allow a port one address alone, the last one', async () => {
    await fence.addPort(port);
    await fence.addPort({ ...port, address: '10.0.0.3' });
    expect(sources()).toContain('10.0.0.3');
    expect(sources()).not.toContain('10.0.0.2');
  });

  it('are gone after they were removed, also twice and without a table', async () => {
    await fence.addBridge(bridge);
    await fence.addPort(port);
    for (let round = 0; round < 2; round += 1) {
      await fence.removeBridge('whbtest1');
      await fence.removePort('whvtest1');
      expect(await fence.bridges()).toEqual([]);
      expect(await fence.ports()).toEqual([]);
      expect(sources()).not.toContain('whvtest1');
    }
    await fence.sweep();
    await fence.removeBridge('whbtest1');
    await fence.removePort('whvtest1');
    expect(await fence.ports()).toEqual([]);
  });

  it('come with the whole fence where somebody had flushed the rules of the machine', async () => {
    await fence.sweep();
    await fence.addBridge(bridge);
    await fence.addPort(port);
    expect(await fence.bridges()).toEqual(['whbtest1']);
    const chain = execFileSync('nft', ['list', 'chain', 'inet', fence.table, 'input'], { encoding: 'utf8' });
    expect(chain).toContain('iifname @bridges drop');
  });

  it('of one installation are none of another', async () => {
    const other = new Fence({ installId: 'fence-test' });
    await fence.addBridge(bridge);
    await other.open();
    expect(await other.bridges()).toEqual([]);
    await other.sweep();
    expect(tables()).not.toContain(`${other.table}\n`);
    expect(await fence.bridges()).toEqual(['whbtest1']);
  });

  it('are possible on this machine, which the look itself does not change', async () => {
    const before = tables();
    const findings = await fenceFindings();
    expect(findings.map(({ code, level }) => `${code} ${level}`)).toEqual([
      'fence.nft ok',
      'fence.rules ok',
      'fence.br_netfilter ok',
    ]);
    expect(tables()).toBe(before);
  });

  it('refuse a name that could be a command', async () => {
    await expect(
      (async () => fence.addBridge({ ...bridge, bridge: 'a" }; flush ruleset' }))(),
    ).rejects.toThrow('no name of an interface');
    await expect(fence.addPort({ ...port, mac: 'ff' })).rejects.toThrow('no MAC address');
    await expect(fence.addPort({ ...port, sandbox: '"' })).rejects.toThrow('no mark');
  });
});
