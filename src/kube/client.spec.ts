import { KubeReader } from './client.js';
import { FakeApi } from './fake-api.js';
import { builtInByKind, builtInResource, resourcePath } from './kinds.js';

const POD = builtInResource('v1', 'Pod')!;

describe('the client of the grader', () => {
  let api: FakeApi;
  let reader: KubeReader;

  beforeEach(async () => {
    api = await FakeApi.start();
    reader = new KubeReader(api.access);
    api.put('pods', { metadata: { name: 'a', namespace: 'default' } });
  });

  afterEach(async () => {
    reader.close();
    await api.stop();
  });

  it('reads a list with its version', async () => {
    const list = await reader.list(POD);
    expect(list).toMatchObject({ items: [{ metadata: { name: 'a' } }], truncated: false });
    expect(Number(list.resourceVersion)).toBeGreaterThan(0);
  });

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'not-found'],
    [410, 'gone'],
    [429, 'server'],
    [500, 'server'],
    [422, 'invalid'],
  ])('calls the status %i %s', async (status, code) => {
    api.next(/pods/, { status, body: { message: 'why' } });
    await expect(reader.list(POD)).rejects.toMatchObject({ code, status, message: `${status}: why` });
  });

  it('reads no more than it wants of an answer', async () => {
    api.next(/pods/, { status: 200, body: 'x'.repeat(9 * 1024 * 1024) });
    await expect(reader.list(POD)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('takes what is no list for malformed', async () => {
    api.next(/pods/, { status: 200, body: '{"items": 3}' });
    await expect(reader.list(POD)).rejects.toMatchObject({ code: 'malformed' });
    api.next(/pods/, { status: 200, body: '{' });
    await expect(reader.list(POD)).rejects.toMatchObject({ code: 'malformed' });
  });

  it('waits two seconds for an answer and no longer', async () => {
    api.next(/version/, 'silence');
    const started = performance.now();
    await expect(reader.raw('/version')).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(2500);
  });

  it('says that nobody listens', async () => {
    await api.stop();
    await expect(reader.raw('/version')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('gives a request up when it is no longer wanted', async () => {
    api.next(/pods/, 'silence');
    const o = new AbortController();
    const listing = reader.list(POD, { signal: o.signal });
    o.abort();
    await expect(listing).rejects.toMatchObject({ code: 'aborted' });
    await expect(reader.list(POD, { signal: o.signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('cannot write: none of its methods sends anything but questions', async () => {
    await reader.list(POD);
    await reader.get(POD, 'default', 'a').catch(() => undefined);
    await reader.mayDo({ user: 'u' }).catch(() => undefined);
    await reader.discover('example.org/v1', 'Thing');
    const methods = api.requests.filter((r) => !r.startsWith('GET '));
    expect(methods).toEqual(['POST /apis/authorization.k8s.io/v1/subjectaccessreviews']);
  });
});

describe('paths of kinds', () => {
  it.each([
    ['v1', 'Pod', '/api/v1/namespaces/d/pods/n'],
    ['v1', 'Node', '/api/v1/nodes/n'],
    ['apps/v1', 'Deployment', '/apis/apps/v1/namespaces/d/deployments/n'],
    ['discovery.k8s.io/v1', 'EndpointSlice', '/apis/discovery.k8s.io/v1/namespaces/d/endpointslices/n'],
    ['networking.k8s.io/v1', 'Ingress', '/apis/networking.k8s.io/v1/namespaces/d/ingresses/n'],
    ['networking.k8s.io/v1', 'NetworkPolicy', '/apis/networking.k8s.io/v1/namespaces/d/networkpolicies/n'],
    ['storage.k8s.io/v1', 'StorageClass', '/apis/storage.k8s.io/v1/storageclasses/n'],
    ['v1', 'Endpoints', '/api/v1/namespaces/d/endpoints/n'],
  ])('of %s %s', (apiVersion, kind, path) => {
    expect(resourcePath(builtInResource(apiVersion, kind)!, 'd', 'n')).toBe(path);
  });

  it('keeps a name one component of the path, whatever it is', () => {
    const pod = builtInByKind('Pod')!;
    expect(resourcePath(pod, 'd', 'n/../x?y')).toBe('/api/v1/namespaces/d/pods/n%2F..%2Fx%3Fy');
  });
});
