import type { Observation } from '../../src/grading/observation.js';
import { tracesOfMachine } from './attacks-evidence.js';
import type { ClusterContext } from './grading-kind.js';
import { script } from './grading-kube-objects.js';

/** What the service may grow by, whatever is poured out before it: bounded buffers, and garbage not collected yet. */
const FLAT_MB = 250;

const config = (name: string, namespace = 'default') => ({
  'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', namespace, name },
});
const TOO_LARGE = { cause: 'tenant', code: 'too-large' };

/** Attack 6: each part is cut at its limit, is nobody's error but the learner's, and leaves our memory flat. */
export function floods(context: ClusterContext): void {
  async function flat(what: string, work: () => Promise<void>): Promise<void> {
    const before = process.memoryUsage().rss;
    await work();
    const grown = (process.memoryUsage().rss - before) / 1e6;
    process.stderr.write(`${what}: ${Math.round(grown)} MB more resident\n`);
    expect(grown).toBeLessThan(FLAT_MB);
  }

  it(
    'of a log line without end',
    () =>
      flat('a log line without end', async () => {
        const { cluster } = context;
        cluster.apply(script('shouter', "yes x | tr -d '\\n'"));
        const rig = context.rig({
          observe: { said: { 'kube.logs': { pod: 'shouter' } } },
          objectives: [{ id: 'said', assert: { cel: "said[0].lines.exists(l, l.contains('done'))" } }],
        });
        type Said = { lines: string[]; truncated: boolean }[];
        let seen: Observation | undefined;
        await rig.until(
          'what is cut',
          async () => {
            seen = await rig.observe('said');
            return seen.fault !== null ? seen.fault.cause === 'tenant' : (seen.value as Said)[0]!.truncated;
          },
          60_000,
        );
        expect(JSON.stringify(seen).length).toBeLessThan(256 * 1024);
        expect(rig.state('said')).toBe('pending');
        cluster.kubectl('delete', 'pod', 'shouter', '--force', '--grace-period=0');
        expect(JSON.stringify(rig.evidence).length).toBeLessThan(64 * 1024);
      }),
    90_000,
  );

  it(
    'of 45 MB of ConfigMaps',
    () =>
      flat('45 MB of ConfigMaps', async () => {
        const { cluster } = context;
        const rig = context.rig({
          observe: {
            one: config('big-0', 'heavy'),
            small: config('small', 'heavy'),
            all: { 'kube.list': { apiVersion: 'v1', kind: 'ConfigMap' } },
          },
          objectives: [{ id: 'any', assert: { match: { one: { data: { x: 'x' } } } } }],
        });
        await rig.until('the first list', async () => (await rig.observe('all')).fault === null);
        const data = { x: 'x'.repeat(900_000) };
        const big = (i: number) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `big-${i}`, namespace: 'heavy' },
          data,
        });
        cluster.kubectl('create', 'namespace', 'heavy');
        cluster.kubectl('create', 'configmap', 'small', '-n', 'heavy', '--from-literal=x=y');
        for (let i = 0; i < 50; i++) await cluster.send('/api/v1/namespaces/heavy/configmaps', big(i));
        await rig.until('R', async () => (await rig.observe('one')).fault !== null);
        for (const name of ['one', 'all']) expect((await rig.observe(name)).fault).toMatchObject(TOO_LARGE);
        expect((await rig.observe('small')).value).toMatchObject({ data: { x: 'y' } });
        // A session that begins now has to list everything.
        const fresh = context.rig({
          observe: { small: config('small', 'heavy') },
          objectives: [{ id: 'any', assert: { match: { small: { data: { x: 'y' } } } } }],
        });
        const answered = async () => (await fresh.observe('small')).fault?.code !== 'connecting';
        await fresh.until('the answer', answered);
        expect((await fresh.observe('small')).fault).toMatchObject(TOO_LARGE);
        cluster.kubectl('delete', 'namespace', 'heavy', '--wait=false');
      }),
    120_000,
  );

  it(
    'of a body without end, and of ten thousand interfaces',
    () =>
      flat('a body and interfaces without end', async () => {
        const host = await context.hosts.start();
        await host.inside(`ip netns add red
        seq 5000 | sed 's/.*/link add d& type veth peer name e&/' | ip -n red -batch -
        printf "printf 'HTTP/1.0 200 OK\\\\r\\\\n\\\\r\\\\n'; exec yes" > /tmp/serve
        setsid socat TCP-LISTEN:8080,fork,reuseaddr EXEC:'bash /tmp/serve' >/dev/null 2>&1 </dev/null &
        until : < /dev/tcp/127.0.0.1/8080; do sleep 0.05; done 2>/dev/null`);
        const rig = context.rig({
          host: host.prober,
          observe: {
            body: { 'http.get': { from: 'main', to: { addr: '127.0.0.1' }, port: 8080 } },
            links: { 'netns.links': { ns: 'red' } },
          },
          objectives: [
            { id: 'body', assert: { cel: "body.responses[0].body.contains('done')" } },
            { id: 'links', assert: { match: { links: [{ ifname: 'lo' }] } } },
          ],
        });
        const { body, links } = await rig.observeAll();
        const [response] = (body!.value as { responses: { body: string | null; error?: string }[] })
          .responses;
        expect(response!.error).toMatch(/^(too-large|timeout)$/);
        expect(response!.body?.length ?? 0).toBeLessThanOrEqual(4096);
        expect(links!.fault).toMatchObject(TOO_LARGE);
        await rig.actor.check();
        expect(rig.states()).toEqual({ body: 'pending', links: 'pending' });
        expect(tracesOfMachine(rig.evidence)).toEqual([]);
      }),
    90_000,
  );

  it(
    'of events',
    () =>
      flat('a flood of events', async () => {
        const { cluster } = context;
        const rig = context.rig({
          observe: { noise: config('noise'), quiet: config('quiet') },
          objectives: [
            { id: 'noise', assert: { match: { noise: { data: { done: 'yes' } } } } },
            { id: 'quiet', assert: { match: { quiet: { data: { done: 'yes' } } } } },
          ],
        });
        await rig.becomes('quiet', 'pending');
        await cluster.config('noise', { n: '0' });
        let pouring = true;
        let poured = 0;
        const pour = async (): Promise<void> => {
          const path = '/api/v1/namespaces/default/configmaps/noise';
          for (let i = 0; pouring; i++, poured++) await cluster.merge(path, { data: { n: `${i}` } });
        };
        const flood = Promise.all([pour(), pour(), pour()]);
        await rig.until('the flood', () => poured >= 300, 60_000);
        // In the middle of it another change is seen.
        await cluster.config('quiet', { done: 'yes' });
        await rig.becomes('quiet', 'passed');
        pouring = false;
        await flood;
        expect(rig.state('noise')).toBe('pending');
        expect(rig.moves.filter((m) => m.includes('error'))).toEqual([]);
      }),
    120_000,
  );
}
