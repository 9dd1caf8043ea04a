import { ManualClock } from '../common/manual-clock.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { labValues } from '../labs/params.js';
import { ForeignTokens, type DrawnRun } from './foreign-tokens.js';
import { seen } from './observation.js';
import { TokenWatch } from './token-watch.js';

const OWN = 'abcdefghijkmnpqr';
const OTHER = 'zyxwvutsrqpnmkji';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a watch for tokens of others', () => {
  it('asks once about each text that looks like one, wherever it stands, and never about its own', async () => {
    const asked: string[][] = [];
    const found: string[] = [];
    const watch = new TokenWatch([OWN], (candidates) => {
      asked.push(candidates);
      return Promise.resolve(new Set([OTHER]));
    });
    const observations = {
      note: seen({ text: `it is ${OTHER}, I think` }),
      pods: seen([{ name: 'web', args: [OWN, 'short', 'abcdefghijkmnpqrs', 'ABCDEFGHIJKMNPQR'] }]),
      gone: seen(null),
    };
    watch.search(observations, (name) => found.push(name));
    watch.search(observations, (name) => found.push(name));
    await settled();
    expect(asked).toEqual([[OTHER]]);
    expect(found).toEqual(['note']);
  });

  it('asks again where nobody could answer', async () => {
    let asked = 0;
    const found: string[] = [];
    const watch = new TokenWatch([], () =>
      asked++ === 0 ? Promise.reject(new Error('the database is away')) : Promise.resolve(new Set([OTHER])),
    );
    const look = () => watch.search({ note: seen(OTHER) }, (name) => found.push(name));
    look();
    await settled();
    look();
    await settled();
    expect([asked, found]).toEqual([2, ['note']]);
  });

  it('is not led away from a token by any number of others', async () => {
    const found: string[] = [];
    const watch = new TokenWatch([], (candidates) =>
      Promise.resolve(new Set(candidates.filter((c) => c === OTHER))),
    );
    const letters = 'abcdefghijkmnpqr';
    const noise = Array.from({ length: 30_000 }, (_, n) =>
      n
        .toString(16)
        .padStart(16, '0')
        .replace(/./g, (digit) => letters[Number.parseInt(digit, 16)]!),
    );
    watch.search({ note: seen(noise.join(' ')) }, (name) => found.push(name));
    watch.search({ note: seen(OTHER) }, (name) => found.push(name));
    await settled();
    expect(found).toEqual(['note']);
  });
});

describe('the tokens of other learners', () => {
  const spec = labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'drawn',
    version: '1.0.0',
    title: { en: 'x' },
    locales: ['en'],
    duration: '10m',
    sandbox: { requires: ['netns'] },
    params: { secret: { default: 'abc', draw: 'token' } },
    observe: { lm: { 'netns.links': { ns: 'main' } } },
    objectives: [{ id: 'one', title: { en: 'x' }, weight: 1, assert: { match: { lm: [] } } }],
  });
  const run = (userId: string): DrawnRun => ({
    sandboxId: `sb_${userId}`,
    userId,
    labVersionId: 'v',
    draw: { seed: userId, avoid: [] },
  });
  const tokenOf = (userId: string) => String(labValues(spec, run(userId).draw)['secret']);

  it('are told from the own ones, of this run and of earlier ones; whose they are stands in the audit log alone', async () => {
    const audited: { subject: string; detail?: Record<string, unknown> }[] = [];
    const tokens = new ForeignTokens({
      drawnRuns: () => Promise.resolve([run('ada'), run('bob')]),
      specOf: () => Promise.resolve(spec),
      clock: new ManualClock(0),
      audit: { record: (entry) => audited.push(entry) },
    });
    const who = { tenantId: 't', sandboxId: 'sb_now', userId: 'ada', labSlug: 'drawn' };
    const found = await tokens.among([tokenOf('ada'), tokenOf('bob'), OTHER], who);
    expect([...found]).toEqual([tokenOf('bob')]);
    expect(audited).toMatchObject([{ subject: 'sb_now', detail: { ofSandbox: 'sb_bob', ofUser: 'bob' } }]);
    expect(JSON.stringify(audited)).not.toContain(tokenOf('bob'));
  });
});
