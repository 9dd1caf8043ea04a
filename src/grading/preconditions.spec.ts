import { FakeApi } from '../kube/fake-api.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { PreconditionError, waitForPreconditions } from './preconditions.js';

const text = { fr: 'x', en: 'x' };
const lab = prepareLab(
  labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'lab',
    version: '1.0.0',
    title: text,
    locales: ['fr', 'en'],
    duration: '10m',
    sandbox: { cluster: {} },
    observe: {
      conf: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } },
    },
    preconditions: [{ match: { conf: { data: { ready: 'yes' } } } }],
    objectives: [{ id: 'any', title: text, weight: 1, assert: { match: { conf: { data: { a: 'b' } } } } }],
  }),
);

describe('the preconditions of a lab', () => {
  let api: FakeApi;

  beforeEach(async () => {
    api = await FakeApi.start();
    say('no');
  });

  afterEach(() => api.stop());

  function say(ready: string): void {
    api.put('configmaps', { metadata: { name: 'x', namespace: 'default' }, data: { ready } });
  }

  function wait(ms: number): Promise<void> {
    const signal = AbortSignal.timeout(ms + 10_000);
    return waitForPreconditions({ lab, access: api.access, nodes: [], signal, deadline: Date.now() + ms });
  }

  it('are awaited', async () => {
    const waiting = wait(10_000);
    while (api.watches === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    say('yes');
    await waiting;
  });

  it('that do not come to hold say what is missing', async () => {
    const error: unknown = await wait(300).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PreconditionError);
    expect((error as Error).message).toBe(
      'precondition 1 of the lab does not hold: conf.data.ready: wrong, expected "yes", observed "no"',
    );
  });
});
