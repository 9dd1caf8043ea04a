import { applyManifests, manifestsOf } from './apply.js';
import { FakeApi } from './fake-api.js';
import type { KubeObject } from './object.js';
import { isAvailable } from './readiness.js';

const within = (ms: number) => ({ signal: AbortSignal.timeout(ms), deadline: Date.now() + ms });

describe('manifests', () => {
  it('are all documents of the text, empty ones left out', () => {
    const text =
      '---\napiVersion: v1\nkind: A\nmetadata: { name: a }\n---\n---\napiVersion: v1\nkind: B\nmetadata: { name: b }\n';
    expect(manifestsOf(text).map((o) => o.kind)).toEqual(['A', 'B']);
    expect(manifestsOf('')).toEqual([]);
  });

  it.each(['kind: A', 'a: [', '- 1', 'apiVersion: v1\nkind: A\nmetadata: {}'])(
    'are refused when malformed: %j',
    (text) => {
      expect(() => manifestsOf(text)).toThrow();
    },
  );
});

describe('what a manifest makes', () => {
  const object = (kind: string, spec: object, status: object, generation = 2): KubeObject => ({
    kind,
    metadata: { name: 'x', generation },
    spec,
    status,
  });
  const rolled = { observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };

  it.each([
    [object('Deployment', { replicas: 2 }, rolled), true],
    [object('Deployment', { replicas: 3 }, rolled), false],
    [object('Deployment', { replicas: 2 }, { ...rolled, observedGeneration: 1 }), false],
    [object('Deployment', { replicas: 0 }, { observedGeneration: 2 }), true],
    [object('Deployment', {}, {}), false],
    [
      object('DaemonSet', {}, { observedGeneration: 2, desiredNumberScheduled: 1, numberAvailable: 0 }),
      false,
    ],
    [object('Pod', {}, { conditions: [{ type: 'Ready', status: 'True' }] }), true],
    [object('Pod', {}, { phase: 'Pending' }), false],
    [object('ConfigMap', {}, {}), true],
  ])('is available or not: case %#', (given, available) => {
    expect(isAvailable(given)).toBe(available);
  });
});

describe('the set-up of a cluster', () => {
  let api: FakeApi;
  const web = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 1 }\n';
  const ready = { observedGeneration: 0, updatedReplicas: 1, availableReplicas: 1 };

  beforeEach(async () => {
    api = await FakeApi.start();
  });

  afterEach(() => api.stop());

  it('tries again while the server is starting, then waits until what it made is available', async () => {
    const put = (status: object): void =>
      api.put('deployments', {
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 1 },
        status,
      });
    api.next(/PATCH/, { status: 503, body: {} }, 2);
    api.next(/PATCH/, { status: 200, body: {} }, 1);
    api.next(
      /GET .*deployments\/web/,
      { status: 200, body: { kind: 'Deployment', metadata: { name: 'web' } } },
      1,
    );
    put({});
    let done = false;
    const applying = applyManifests(api.access, [web], within(10_000)).then(() => (done = true));
    while (api.watches === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(done).toBe(false);
    put(ready);
    await applying;
    const patches = api.requests.filter((r) => r.startsWith('PATCH'));
    expect(patches).toHaveLength(3);
    expect(patches[0]).toBe(
      'PATCH /apis/apps/v1/namespaces/default/deployments/web?fieldManager=wheelhouse&force=true',
    );
  });

  it('gives up at once on what will never be accepted, and names it', async () => {
    api.next(/PATCH/, { status: 422, body: { message: 'spec is wrong' } }, 5);
    await expect(applyManifests(api.access, [web], within(10_000))).rejects.toMatchObject({
      code: 'invalid',
      message: 'Deployment web: 422: spec is wrong',
    });
    expect(api.requests).toHaveLength(1);
  });

  it('ends when it is no longer wanted', async () => {
    api.next(/PATCH/, 'silence', 5);
    const o = new AbortController();
    const applying = applyManifests(api.access, [web], { signal: o.signal, deadline: Date.now() + 10_000 });
    o.abort();
    await expect(applying).rejects.toMatchObject({ code: 'aborted' });
  });
});
