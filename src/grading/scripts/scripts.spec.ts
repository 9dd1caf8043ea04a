import type { Check, CheckResult } from '../../drivers/host-driver.js';
import { ManualClock } from '../../common/manual-clock.js';
import { labSpecSchema } from '../../labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../../labs/prepared-lab.js';
import { evaluate } from '../evaluate.js';
import { NO_CLUSTER_FACTS } from '../facts.js';
import type { Json } from '../json.js';
import { sentence } from '../messages.js';
import { faulted, seen, type Observation, type Observations } from '../observation.js';
import { unreachableProber } from '../probes/unreachable.js';
import { traitsOf } from '../probes/traits.js';
import { Run } from '../run.js';
import { ScriptDesk, textOf } from './script-desk.js';
import { ScriptedProber } from './scripted-prober.js';

const text = { fr: 'x', en: 'x' };
const FILE = 'checks/two.sh';

function prepared(script: unknown, more: object = {}): PreparedLab {
  return prepareLab(
    labSpecSchema.parse({
      apiVersion: 'wheelhouse/v1',
      kind: 'Lab',
      id: 'scripted',
      version: '1.0.0',
      title: text,
      locales: ['fr', 'en'],
      duration: '10m',
      sandbox: {},
      vars: { wanted: 3 },
      observe: {
        lm: { 'netns.links': { ns: 'main' } },
        note: { 'host.file': { path: '~/note' } },
        ping: { 'net.ping': { from: 'main', to: { ns: 'main', addr: '127.0.0.1' } } },
      },
      objectives: [{ id: 'two', title: text, weight: 1, assert: { script }, ...more }],
    }),
  );
}

const truthOf = (observation: Observation | undefined, script: any = FILE) => {
  const observations: Observations = observation ? { [FILE]: observation } : {};
  const context = { observations, lab: {}, past: {}, sandbox: {}, compile: prepared(script).compile };
  return evaluate({ script }, context);
};

describe('a script as an assertion', () => {
  it.each<[string, Observation | undefined, string]>([
    ['said yes', seen({ ok: true, text: null }), 'T'],
    ['said no', seen({ ok: false, text: 'two of three' }), 'F'],
    ['did not run yet', undefined, 'U'],
    ['could not be judged by', faulted('platform', 'script', 'it took too long'), 'U'],
    ['was given what the learner made unreadable', faulted('tenant', 'refused', 'a link'), 'R'],
    ['left a fixture without its result', seen(null), 'F'],
  ])('that %s', (_, observation, truth) => {
    expect(truthOf(observation).truth).toBe(truth);
  });

  it('is explained by what it wrote, in the language of the reader', () => {
    const [failure] = truthOf(
      seen({ ok: false, text: { fr: 'deux sur trois', en: 'two of three' } }),
    ).failures;
    expect(sentence(failure!, 'fr')).toBe('deux sur trois');
    expect(sentence(failure!, 'en')).toBe('two of three');
    const [plain] = truthOf(seen({ ok: false, text: '2/3' })).failures;
    expect(sentence(plain!, 'fr')).toBe('2/3');
    const [silent] = truthOf(seen({ ok: false, text: null })).failures;
    expect(sentence(silent!, 'en')).toBe('The condition is not met yet.');
  });

  it('tells its author why it could not be judged by', () => {
    expect(truthOf(faulted('platform', 'script', 'it took too long'))).toMatchObject({
      defect: 'it took too long',
      failures: [{ path: 'script', kind: 'unreadable' }],
    });
  });

  it('reads everything that the lab observes, or what it names; that is asked for before it', () => {
    const all = prepared(FILE).objectives[0]!.reads;
    expect(all).toEqual(['lm', 'note', 'ping', FILE]);
    const some = prepared({ file: FILE, reads: ['lm'] }).objectives[0]!.reads;
    expect(some).toEqual(['lm', `${FILE}(lm)`]);
  });

  it('is worth no more than the weakest of what it reads', () => {
    const trustOf = (reads: string[]) => {
      const { calls } = prepared({ file: FILE, reads });
      return traitsOf(calls[`${FILE}(${reads.toSorted((a, b) => a.localeCompare(b)).join(',')})`]!).trust;
    };
    expect(trustOf(['lm', 'ping'])).toBe('kernel');
    expect(trustOf(['lm', 'note'])).toBe('tenant');
  });
});

describe('what a script writes', () => {
  it.each<[string, ReturnType<typeof textOf>]>([
    ['', null],
    ['\nmore', null],
    ['one\ntwo\n', 'one'],
    ['fr: un\nen: one\nmore', { fr: 'un', en: 'one' }],
    ['en: one\n', { en: 'one' }],
    ['one\nfr: un\n', 'one'],
    ['\u001b[2Jclear', '\uFFFD[2Jclear'],
  ])('%j is shown as %j', (stdout, shown) => {
    expect(textOf(stdout)).toEqual(shown);
  });

  it('is shown short', () => {
    expect((textOf('x'.repeat(5000)) as string).length).toBeLessThan(310);
  });
});

describe('the desk of scripts', () => {
  function desk(answer: (check: Check) => Promise<CheckResult>) {
    const checks: Check[] = [];
    const clock = new ManualClock(0);
    const driver = {
      runCheck: (check: Check) => {
        checks.push(check);
        return answer(check);
      },
    };
    return { desk: new ScriptDesk({ driver, clock }), checks, clock };
  }
  const yes = () => Promise.resolve<CheckResult>({ exit: 0, stdout: '' });

  it('runs a script once for an input, however its keys are ordered, also while it still runs', async () => {
    const { desk: d, checks } = desk(yes);
    await Promise.all([d.run('s', { a: 1, b: 2 }), d.run('s', { b: 2, a: 1 })]);
    await d.run('s', { a: 1, b: 2 });
    expect(checks).toEqual([{ script: 's', input: '{"a":1,"b":2}' }]);
    await d.run('s', { a: 1 });
    await d.run('another', { a: 1 });
    expect(checks).toHaveLength(3);
  });

  it('gives a script that ended badly another chance after a while, not at once', async () => {
    const { desk: d, checks, clock } = desk(() => Promise.resolve({ exit: null, why: 'it took 2 s' }));
    for (let i = 0; i < 3; i++)
      expect(await d.run('s', {})).toMatchObject({ fault: { cause: 'platform', code: 'script' } });
    expect(checks).toHaveLength(1);
    clock.advance(31_000);
    await d.run('s', {});
    expect(checks).toHaveLength(2);
  });

  it('tries again at once where the box could not be made, and never rejects', async () => {
    const { desk: d, checks } = desk(() => Promise.reject(new Error('no room')));
    for (let i = 0; i < 2; i++)
      expect(await d.run('s', {})).toMatchObject({ fault: { cause: 'platform', detail: 'no room' } });
    expect(checks).toHaveLength(2);
  });

  it('is our fault without containers, and where there is too much to read', async () => {
    const none = new ScriptDesk({ driver: undefined });
    expect(await none.run('s', {})).toMatchObject({ fault: { cause: 'platform', code: 'unavailable' } });
    const { desk: d, checks } = desk(yes);
    const fault = (await d.run('s', 'x'.repeat(2_000_000))).fault;
    expect(fault).toMatchObject({ cause: 'platform', code: 'too-large' });
    expect(checks).toEqual([]);
  });
});

describe('a prober with scripts', () => {
  const lab = prepared({ file: FILE, reads: ['lm', 'ping'] });
  const call = lab.calls[`${FILE}(lm,ping)`]!;

  function prober(shown: Record<string, Observation>) {
    const asked: { script: string; input: Json }[] = [];
    const inner = {
      ...unreachableProber('unused'),
      look: (calls: object) =>
        Promise.resolve(Object.fromEntries(Object.keys(calls).map((name) => [name, shown[name]!]))),
      act: () => Promise.resolve(shown['ping']!),
    };
    const scripted = new ScriptedProber({
      prober: inner,
      desk: {
        run: (script, input) => {
          asked.push({ script, input });
          return Promise.resolve(seen({ ok: true, text: null }));
        },
      },
      values: lab.values,
      calls: lab.calls,
      fileText: (file) => Promise.resolve(file === FILE ? '#!/bin/sh' : undefined),
    });
    return { scripted, asked };
  }
  const { lm, ping } = lab.calls;

  it('gives the script what was seen last, the values of the lab and the facts of the platform', async () => {
    const { scripted, asked } = prober({ lm: seen([1]), ping: seen({ received: 3 }) });
    await scripted.look({ lm: lm! });
    await scripted.act(ping!);
    expect(await scripted.act(call)).toEqual(seen({ ok: true, text: null }));
    const observations = { lm: [1], ping: { received: 3 } };
    expect(asked).toEqual([
      { script: '#!/bin/sh', input: { observations, lab: { wanted: 3 }, sandbox: NO_CLUSTER_FACTS } },
    ]);
  });

  it('does not run it on what was not seen yet, or cannot be read: ours before the learner’s', async () => {
    const early = prober({ lm: seen([1]), ping: seen(null) });
    await early.scripted.look({ lm: lm! });
    expect(await early.scripted.act(call)).toMatchObject({ fault: { cause: 'platform', code: 'unprobed' } });

    const broken = prober({
      lm: faulted('tenant', 'refused', ''),
      ping: faulted('platform', 'timeout', ''),
    });
    await broken.scripted.look({ lm: lm! });
    await broken.scripted.act(ping!);
    expect(await broken.scripted.act(call)).toMatchObject({ fault: { cause: 'platform', code: 'timeout' } });
    expect([...early.asked, ...broken.asked]).toEqual([]);
  });
});

describe('a run with a script', () => {
  it('folds its result like that of a probe that is asked: once unblocked, and in time', () => {
    const lab = prepared({ file: FILE, reads: ['lm'] });
    const key = `${FILE}(lm)`;
    const run = new Run(lab, 0);
    const look = (now: number, startedAt: number | undefined, ok = true) =>
      run.apply({
        now,
        passive: { lm: seen([]), note: seen(null) },
        active:
          startedAt === undefined ? {} : { [key]: { startedAt, observation: seen({ ok, text: 'why' }) } },
        past: {},
        sandbox: NO_CLUSTER_FACTS,
        acted: true,
      });
    look(0, undefined);
    expect(run.of('two').memory.state).toBe('pending');
    expect(run.activeNames()).toEqual([key]);
    look(100, 50, false);
    expect(run.of('two')).toMatchObject({ memory: { state: 'pending' }, failure: { observed: 'why' } });
    look(200, 150);
    expect(run.of('two').memory.state).toBe('passed');
  });
});
