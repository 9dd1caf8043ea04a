import { readFileSync } from 'node:fs';
import type { HostCapability, HostDriver } from '../drivers/host-driver.js';
import type { Lacking } from '../labs/lab-plan.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { parseYaml } from '../labs/lab-yaml.js';
import { prepareLab } from '../labs/prepared-lab.js';
import type { PlanRepository } from './plan.repository.js';
import { RunPlans } from './run-plans.js';

const read = (slug: string) =>
  prepareLab(
    labSpecSchema.parse(parseYaml('lab.yaml', readFileSync(`labs/${slug}/lab.yaml`, 'utf8')).source!.value),
  );
const lab = read('container-from-scratch');
const who = { tenantId: 't', sandboxId: 's', userId: 'ada' };

function plans(offered: HostCapability[], stored?: Lacking) {
  const saved: Lacking[] = stored ? [stored] : [];
  const reads = { count: 0 };
  const repository = {
    load: () => {
      reads.count++;
      return Promise.resolve(saved[0]);
    },
    save: (_: unknown, leftOut: Lacking) => Promise.resolve(void saved.push(leftOut)),
  } as unknown as PlanRepository;
  const driver = { capabilities: () => offered } as unknown as HostDriver;
  return { plans: new RunPlans(repository, driver), saved, reads };
}

const idsOf = (prepared: typeof lab) => prepared.objectives.map((o) => o.spec.id);

describe('the plan of a run that begins', () => {
  it('is decided by what the engine offers, and stored', async () => {
    const { plans: p, saved } = plans(['nested-proc']);
    const planned = await p.planned(lab, who);
    expect(planned.leftOut.map(({ spec }) => spec.id)).toEqual(['cgroup']);
    expect(saved).toEqual([{ cgroup: ['cgroup'] }]);
  });

  it('is stored also where nothing is left out, so that another engine changes nothing later', async () => {
    const { plans: p, saved } = plans(['nested-proc', 'cgroup']);
    expect(await p.planned(lab, who)).toBe(lab);
    expect(saved).toEqual([{}]);
  });

  it('stays what it was, whatever the engine offers by now', async () => {
    const less = plans([], {});
    expect(idsOf(await less.plans.planned(lab, who))).toContain('cgroup');
    const more = plans(['nested-proc', 'cgroup'], { cgroup: ['cgroup'] });
    expect(idsOf(await more.plans.planned(lab, who))).not.toContain('cgroup');
    expect([less.saved.length, more.saved.length]).toEqual([1, 1]);
  });

  it('is not made for a run that is only read, nor asked for where no objective wishes for anything', async () => {
    const { plans: p, saved, reads } = plans([]);
    expect(await p.planned(lab, { ...who, userId: undefined })).toBe(lab);
    expect(saved).toEqual([]);
    const plain = read('net-ovs-two-namespaces');
    reads.count = 0;
    expect(await p.planned(plain, who)).toBe(plain);
    expect(reads.count).toBe(0);
  });
});
