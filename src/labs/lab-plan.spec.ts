import { readFileSync } from 'node:fs';
import { scoreOfRun, progressView } from '../grading/progress-view.js';
import { seen } from '../grading/observation.js';
import { NO_CLUSTER_FACTS } from '../grading/facts.js';
import { Run } from '../grading/run.js';
import { CAPABILITIES } from './capability.js';
import { lackingIn, planFor, wishesOf } from './lab-plan.js';
import { labSpecSchema, type LabSpec } from './lab-spec.js';
import { parseYaml } from './lab-yaml.js';
import { prepareLab } from './prepared-lab.js';

const { source } = parseYaml('lab.yaml', readFileSync('labs/container-from-scratch/lab.yaml', 'utf8'));
const spec: LabSpec = labSpecSchema.parse(source!.value);
const everything = new Set<string>(CAPABILITIES);
const withoutCgroup = new Set<string>(CAPABILITIES.filter((name) => name !== 'cgroup'));

describe('the plan of a run', () => {
  it('is the lab itself where the engine offers everything', () => {
    const lab = prepareLab(spec);
    expect(lackingIn(spec, everything)).toEqual({});
    expect(planFor(lab, {})).toBe(lab);
  });

  it('wishes for what single objectives can use, beside what the lab needs', () => {
    expect(spec.sandbox.requires).not.toContain('cgroup');
    expect(wishesOf(spec)).toEqual([...spec.sandbox.requires, 'cgroup']);
  });

  it('leaves out what the engine lacks, and counts needs that point to it as met', () => {
    const lacking = lackingIn(spec, withoutCgroup);
    expect(lacking).toEqual({ cgroup: ['cgroup'] });
    const plan = planFor(prepareLab(spec), lacking);
    const ids = plan.objectives.map((o) => o.spec.id);
    expect(ids.toSorted()).toEqual(['pid', 'proc', 'root', 'together', 'uts']);
    expect(plan.objectives.find((o) => o.spec.id === 'together')!.spec.needs).not.toContain('cgroup');
    expect(plan.leftOut).toMatchObject([{ spec: { id: 'cgroup', weight: 4 }, missing: ['cgroup'] }]);
  });

  it('can be passed whole: the weights are those of what is left', () => {
    const run = new Run(planFor(prepareLab(spec), { cgroup: ['cgroup'] }), 0);
    const box = {
      hostname: run.lab.values['name']!,
      nsPid: [9, 1],
      own: { pid: true, mnt: true, uts: true, net: false },
      rootIs: 'other',
      procMounted: true,
      cgroup: { own: false, pidsMax: 256, memoryMax: null },
      comm: 'bash',
    };
    const look = (now: number) =>
      run.apply({
        now,
        passive: { procs: seen([box]) },
        active: {},
        past: {},
        sandbox: NO_CLUSTER_FACTS,
        acted: false,
      });
    for (let now = 0; now <= 8000; now += 500) look(now);
    expect(scoreOfRun(run, false)).toEqual({ points: 16, max: 16, fraction: 1 });
  });

  it.each([
    ['fr', /groupe de contrôle/],
    ['en', /control group/],
  ])('shows what is left out, and why, in "%s"', (locale, reason) => {
    const run = new Run(planFor(prepareLab(spec), { cgroup: ['cgroup'] }), 0);
    const view = progressView({ run, sandboxId: 's', now: 0, wall: 0, frozen: null }, locale);
    expect(view.objectives.map((o) => o.id)).toEqual(['uts', 'pid', 'root', 'proc', 'together']);
    expect(view.leftOut).toMatchObject([{ id: 'cgroup', weight: 4, requires: ['cgroup'] }]);
    expect(view.leftOut[0]!.title).toMatch(/ 20 processus$| 20 processes$/);
    expect(view.leftOut[0]!.reason).toMatch(reason);
  });
});
