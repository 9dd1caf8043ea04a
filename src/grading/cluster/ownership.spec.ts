import type { KubeObject } from '../../kube/object.js';
import { isOwned, ownerKinds, type Finder } from './ownership.js';
import { isSelected } from './selection.js';

function made(kind: string, name: string, owner?: KubeObject): KubeObject {
  const ownerReferences = owner && [
    { kind: owner.kind!, name: owner.metadata.name, uid: owner.metadata.uid!, controller: true },
  ];
  return { kind, metadata: { name, namespace: 'default', uid: `uid-${kind}-${name}`, ownerReferences } };
}

const finderOf =
  (...objects: KubeObject[]): Finder =>
  (kind, namespace, name) =>
    objects.find((o) => o.kind === kind && o.metadata.name === name && o.metadata.namespace === namespace);

const web = made('Deployment', 'web');
const set = made('ReplicaSet', 'web-1', web);
const pod = made('Pod', 'web-1-a', set);
const OWNER = { kind: 'Deployment', name: 'web' };

describe('what an owner owns', () => {
  it('is found through what stands between', () => {
    expect(isOwned(pod, OWNER, finderOf(web, set))).toBe(true);
    expect(isOwned(pod, { kind: 'ReplicaSet', name: 'web-1' }, finderOf(web, set))).toBe(true);
    expect(isOwned(pod, { kind: 'Deployment', name: 'other' }, finderOf(web, set))).toBe(false);
    expect(isOwned(pod, { kind: 'DaemonSet', name: 'web' }, finderOf(web, set))).toBe(false);
  });

  it('is not what an owner of the same name left behind', () => {
    const again = { ...web, metadata: { ...web.metadata, uid: 'another' } };
    expect(isOwned(pod, OWNER, finderOf(again, set))).toBe(false);
  });

  it('is nothing once the owner is gone', () => {
    expect(isOwned(pod, OWNER, finderOf(set))).toBe(false);
    expect(isOwned(pod, OWNER, finderOf())).toBe(false);
  });

  it('is not what only claims an owner', () => {
    const liar = made('Pod', 'liar');
    liar.metadata.ownerReferences = [{ kind: 'Deployment', name: 'web', uid: 'made up' }];
    expect(isOwned(liar, OWNER, finderOf(web, set))).toBe(false);
  });

  it('ends on owners that own each other', () => {
    const one = made('ReplicaSet', 'one');
    const two = made('ReplicaSet', 'two', one);
    one.metadata.ownerReferences = [{ kind: 'ReplicaSet', name: 'two', uid: two.metadata.uid! }];
    expect(isOwned(made('Pod', 'p', one), OWNER, finderOf(one, two))).toBe(false);
  });

  it('needs the kinds between to be watched too', () => {
    expect(ownerKinds(OWNER).map((r) => r.kind)).toEqual(['Deployment', 'ReplicaSet']);
    expect(ownerKinds({ kind: 'CronJob', name: 'x' }).map((r) => r.kind)).toEqual(['CronJob', 'Job']);
    expect(ownerKinds({ kind: 'DaemonSet', name: 'x' }).map((r) => r.kind)).toEqual(['DaemonSet']);
  });
});

describe('a selection', () => {
  const labelled: KubeObject = {
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'a', labels: { app: 'web', tier: 'front' } },
    spec: { nodeName: 'n1', hostNetwork: true },
    status: { phase: 'Running' },
  };
  it.each([
    [{}, true],
    [{ namespace: 'a' }, true],
    [{ namespace: 'b' }, false],
    [{ labels: { app: 'web' } }, true],
    [{ labels: { app: 'web', tier: 'back' } }, false],
    [{ fields: { 'spec.nodeName': 'n1', 'status.phase': 'Running' } }, true],
    [{ fields: { 'spec.hostNetwork': 'true' } }, true],
    [{ fields: { 'spec.nodeName.x': 'n1' } }, false],
    [{ fields: { status: 'Running' } }, false],
  ])('%j fits: %s', (selection, fits) => {
    expect(isSelected(labelled, selection)).toBe(fits);
  });

  it('of a namespace leaves out nothing that has none', () => {
    expect(isSelected({ kind: 'Node', metadata: { name: 'n' } }, { namespace: 'a' })).toBe(true);
  });
});
