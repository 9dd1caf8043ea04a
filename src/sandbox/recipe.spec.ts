import { FakeClusterDriver } from '../drivers/fake/cluster-driver.js';
import { FakeHostDriver } from '../drivers/fake/driver.js';
import type { HostCapability } from '../drivers/host-driver.js';
import { Recipe } from './recipe.js';

function recipe(offered: HostCapability[] | undefined): Recipe {
  const driver = new FakeHostDriver();
  const more = offered ? { capabilities: () => offered } : {};
  return new Recipe({ driver: Object.assign(driver, more), clusters: new FakeClusterDriver() });
}

const lab = (...needs: string[]) => ({ slug: 'container-from-scratch', needs });

describe('what a lab needs of lab hosts', () => {
  it('is there where the driver found it, and where a driver does not say', () => {
    expect(() => recipe(['nested-proc', 'cgroup']).assertOffered(lab('nested-proc'))).not.toThrow();
    expect(() => recipe(undefined).assertOffered(lab('nested-proc', 'ovs'))).not.toThrow();
    expect(() => recipe([]).assertOffered({ slug: 'x' })).not.toThrow();
  });

  it('is refused by name where it lacks; what clusters offer is no matter of lab hosts', () => {
    const refusal = expect.objectContaining({
      code: 'provider_unavailable',
      message: expect.stringMatching(/"container-from-scratch" needs nested-proc, .*doctor/),
    });
    expect(() => recipe(['netns']).assertOffered(lab('nested-proc', 'netns', 'kube.watch'))).toThrow(refusal);
  });
});
