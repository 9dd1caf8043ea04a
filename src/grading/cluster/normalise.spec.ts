import fc from 'fast-check';
import type { KubeObject } from '../../kube/object.js';
import { normaliseObject } from './normalise.js';

const object = (parts: Record<string, unknown>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x' },
  ...parts,
});

describe('an object as assertions see it', () => {
  it('has no managedFields', () => {
    const given = object({ metadata: { name: 'x', managedFields: [{ manager: 'kubectl' }] } });
    expect(normaliseObject(given).metadata).toEqual({ name: 'x' });
  });

  it('has every counter of its kind, also those that the server leaves out', () => {
    expect(normaliseObject(object({ kind: 'Deployment' }))['status']).toEqual({
      observedGeneration: 0,
      replicas: 0,
      updatedReplicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      unavailableReplicas: 0,
    });
    expect(normaliseObject(object({ kind: 'Job', status: { failed: 2 } }))['status']).toEqual({
      active: 0,
      succeeded: 0,
      failed: 2,
    });
    expect(normaliseObject(object({}))['status']).toBeUndefined();
  });

  it('shows of a Secret that values are equal, never what they are', () => {
    const secret = (value: string): KubeObject =>
      object({
        kind: 'Secret',
        metadata: {
          name: 's',
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2' },
        },
        data: { password: Buffer.from(value).toString('base64') },
        stringData: { password: value },
      });
    const shown = JSON.stringify(normaliseObject(secret('hunter2')));
    expect(shown).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(JSON.stringify(normaliseObject(secret('hunter2')))).toBe(shown);
    expect(JSON.stringify(normaliseObject(secret('hunter3')))).not.toBe(shown);
  });

  it('reads the same whatever the order of its keys, and leaves what it was given alone', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const forth = object({ spec: extra });
        const back = object({ spec: Object.fromEntries(Object.entries(extra).toReversed()) });
        const before = JSON.stringify(forth);
        expect(JSON.stringify(normaliseObject(forth))).toBe(JSON.stringify(normaliseObject(back)));
        expect(JSON.stringify(forth)).toBe(before);
      }),
    );
  });

  it('is cut at a depth of 64', () => {
    let deep: unknown = 'end';
    for (let i = 0; i < 500; i++) deep = { inner: deep };
    expect(JSON.stringify(normaliseObject(object({ spec: deep })))).not.toContain('end');
  });
});
