import { systemClock } from '../common/clock.js';
import { KubeReader } from './client.js';
import { FakeApi } from './fake-api.js';
import { Informer, type InformerTimes, type KubeChange } from './informer.js';
import { builtInResource, type Resource } from './kinds.js';

const POD = builtInResource('v1', 'Pod')!;
const TIMES: InformerTimes = {
  relistMs: 60_000,
  silenceMs: 60_000,
  absentMs: 20,
  backoffMs: { first: 5, most: 20 },
};

const pod = (name: string, phase = 'Running') => ({
  metadata: { name, namespace: 'default' },
  status: { phase },
});

describe('an informer', () => {
  let api: FakeApi;
  let reader: KubeReader;
  let informer: Informer | undefined;
  let changes: KubeChange[];
  let wake: () => void;

  beforeEach(async () => {
    api = await FakeApi.start();
    reader = new KubeReader(api.access);
    changes = [];
    wake = () => undefined;
  });

  afterEach(async () => {
    informer?.close();
    reader.close();
    await api.stop();
  });

  function start(
    o: { times?: Partial<InformerTimes>; resource?: () => Promise<Resource | undefined> } = {},
  ): Informer {
    informer = new Informer({
      reader,
      clock: systemClock,
      apiVersion: 'v1',
      kind: 'Pod',
      resource: o.resource ?? (() => Promise.resolve(POD)),
      prepare: (object) => object,
      onChange: (change) => {
        changes.push(change);
        wake();
      },
      onHealth: () => wake(),
      times: { ...TIMES, ...o.times },
    });
    informer.start();
    return informer;
  }

  /** Waits for the condition, told by events and, for what has none, by a short pulse. */
  async function until(holds: () => boolean): Promise<void> {
    const end = Date.now() + 10_000;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`waited in vain; requests were ${api.requests.join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 10);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const phases = (): (string | undefined)[] =>
    changes.map(({ now }) => (now?.object['status'] as { phase: string } | undefined)?.phase);

  it('lists, then watches from there, and delivers every event in order', async () => {
    api.put('pods', pod('a', 'Pending'));
    const { store } = start();
    await until(() => api.watches === 1);
    for (const phase of ['Running', 'Failed', 'Running']) api.put('pods', pod('a', phase));
    api.remove('pods', 'a', 'default');
    await until(() => changes.length === 5);
    expect(phases()).toEqual(['Pending', 'Running', 'Failed', 'Running', undefined]);
    expect(store.all()).toEqual([]);
    expect(changes[0]!.now!.object.kind).toBe('Pod');
  });

  it('resumes a watch that was cut off where it stood: no event is missed and nothing is listed again', async () => {
    api.put('pods', pod('a'));
    start();
    await until(() => api.watches === 1);
    api.cut();
    api.put('pods', pod('b'));
    await until(() => changes.length === 2);
    expect(api.requests.filter((r) => !r.includes('watch='))).toHaveLength(1);
  });

  it('resumes from the last bookmark, so that a server may forget what was before', async () => {
    api.put('pods', pod('a'));
    start();
    await until(() => api.watches === 1);
    api.compact();
    api.bookmark('pods');
    api.put('pods', pod('b'));
    await until(() => changes.length === 2);
    api.cut();
    await until(() => api.watches === 1);
    expect(api.requests.filter((r) => !r.includes('watch='))).toHaveLength(1);
  });

  it('lists anew when its place is forgotten, and tells what vanished meanwhile', async () => {
    api.put('pods', pod('a'));
    api.put('pods', pod('b'));
    const { store } = start();
    await until(() => api.watches === 1);
    api.next(/watch=/, { status: 410, body: { message: 'too old' } });
    api.cut();
    api.remove('pods', 'a', 'default');
    await until(() => changes.length === 3);
    expect(changes[2]).toMatchObject({ now: undefined, before: { object: { metadata: { name: 'a' } } } });
    expect(store.keys()).toEqual(['default/b']);
  });

  it('is broken while the server fails, says so, and recovers by itself', async () => {
    api.put('pods', pod('a'));
    const it = start();
    await until(() => it.brokenSince === null);
    api.next(/pods/, { status: 500, body: { message: 'etcd is away' } }, 3);
    api.cut();
    await until(() => it.error?.code === 'server');
    expect(it.brokenSince).not.toBeNull();
    expect(it.store.keys()).toEqual(['default/a']);
    await until(() => it.brokenSince === null);
    expect(it.error).toBeNull();
  });

  it('takes a silent watch for dead', async () => {
    api.put('pods', pod('a'));
    const it = start({ times: { silenceMs: 40 } });
    await until(() => api.requests.filter((r) => r.includes('watch=')).length >= 3);
    expect(it.store.keys()).toEqual(['default/a']);
  });

  it('lists anew every so often, in case an event was lost', async () => {
    api.put('pods', pod('a'));
    start({ times: { relistMs: 30, silenceMs: 20 } });
    await until(() => api.requests.filter((r) => !r.includes('watch=')).length >= 3);
    expect(changes).toHaveLength(1);
  });

  it('finds a kind that does not exist yet absent, and reads it once it exists', async () => {
    let served = false;
    const it = start({ resource: () => Promise.resolve(served ? POD : undefined) });
    await until(() => it.absent);
    expect(it.known).toBe(true);
    api.put('pods', pod('a'));
    served = true;
    await until(() => changes.length === 1);
    expect(it.absent).toBe(false);
  });

  it('survives events that are no JSON or no object', async () => {
    api.put('pods', pod('a'));
    start();
    for (const nonsense of [
      '{"type":',
      '[]',
      '{"type":"ADDED","object":{"metadata":{}}}',
      '\u0000',
    ] as const) {
      await until(() => api.watches === 1);
      const before = api.requests.length;
      api.say('pods', `${nonsense}\n`);
      await until(() => api.requests.length > before);
    }
    await until(() => api.watches === 1);
    api.put('pods', pod('b'));
    await until(() => changes.length === 2);
  });

  it('keeps of an object that is too large its name alone', async () => {
    api.put('pods', { ...pod('big'), data: 'x'.repeat(400_000) });
    const { store } = start();
    await until(() => changes.length === 1);
    expect(store.get('default', 'big')).toMatchObject({ tooLarge: true, bytes: 0 });
    expect(JSON.stringify(store.all()).length).toBeLessThan(500);
  });

  it('keeps at most four megabytes of one kind, whatever there is', async () => {
    for (let i = 0; i < 30; i++) api.put('pods', { ...pod(`p${i}`), data: 'x'.repeat(200_000) });
    const { store } = start();
    await until(() => changes.length === 30);
    expect(JSON.stringify(store.all()).length).toBeLessThan(4.3e6);
    expect(store.all().filter((s) => s.tooLarge).length).toBeGreaterThan(5);
  });

  it('ends with its owner: no request comes after', async () => {
    api.put('pods', pod('a'));
    const it = start();
    await until(() => api.watches === 1);
    it.close();
    await until(() => api.watches === 0);
    const before = api.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(api.requests.length).toBe(before);
  });
});
