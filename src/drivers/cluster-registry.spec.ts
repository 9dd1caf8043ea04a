import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLogger } from '../common/logger.js';
import { chooseClusterDriver, type ClusterConfig } from './cluster-registry.js';

describe('the choice of a cluster driver', () => {
  let stateDir: string;

  beforeEach(() => {
    stateDir = mkdtempSync(path.join(os.tmpdir(), 'wh-choice-'));
  });

  afterEach(() => rmSync(stateDir, { recursive: true }));

  const choose = (more: Partial<ClusterConfig>) =>
    chooseClusterDriver({
      config: {
        clusterProvider: 'auto',
        kindImage: undefined,
        dockerHost: `unix://${stateDir}/none.sock`,
        networkPool: '10.253.0.0/16',
        stateDir,
        ...more,
      },
      installId: 'test',
      logger: silentLogger,
    });

  it('disables clusters with the reason, where nobody demands them', async () => {
    const { driver, findings } = await choose({});
    expect(driver.name).toBe('none');
    expect(findings).toContainEqual(expect.objectContaining({ code: 'cluster.engine', level: 'fail' }));
    expect(() => driver.plan('aaaa', 1, { nodes: 1 })).toThrow(/clusters cannot run here: .*cluster\.engine/);
  });

  it('refuses to go on where kind is demanded', async () => {
    await expect(choose({ clusterProvider: 'kind' })).rejects.toThrow(/cannot run here: .*does not answer/);
  });

  it('wants an engine of this very machine', async () => {
    const { driver, findings } = await choose({ dockerHost: 'tcp://10.0.0.9:2375' });
    expect(driver.name).toBe('none');
    expect(findings).toMatchObject([{ found: expect.stringContaining('tcp://10.0.0.9:2375') }]);
  });

  it('does as it is told', async () => {
    expect((await choose({ clusterProvider: 'fake' })).driver.name).toBe('fake');
    const { driver } = await choose({ clusterProvider: 'none' });
    expect(driver).toMatchObject({ name: 'none', reason: 'WHEELHOUSE_CLUSTER_PROVIDER is none' });
  });
});
