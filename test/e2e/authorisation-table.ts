/**
 * Who comes: nobody, the learner whose things are asked for, a classmate, the instructor of the class, one of another
 * class, a platform's key without the scope, the operator, the operator of another tenant.
 */
export const ROLES = [
  'anonymous',
  'learner',
  'classmate',
  'instructor',
  'stranger',
  'unscoped',
  'operator',
  'foreign',
] as const;
export type Role = (typeof ROLES)[number];

/** What a row asks for; all of it is there, and is the learner's or the learner's class's. */
export interface World {
  user: string;
  sandbox: string;
  terminal: string;
  cohort: string;
  key: string;
  webhook: string;
}

export interface Row {
  /** One status per role, in their order. */
  expect: readonly number[];
  body?(world: World, role: Role): object;
  /** Asked of a sandbox that has ended: what it does takes half a minute where nothing can be observed. */
  ended?: boolean;
}

const LAB = 'net-ovs-two-namespaces';
const OBJECTIVE = 'namespaces';

/** Values of path parameters. */
export const PARAMETERS: Record<string, (world: World) => string> = {
  'api-keys/{id}': (w) => w.key,
  'sandboxes/{id}': (w) => w.sandbox,
  'sandboxes/{sid}': (w) => w.sandbox,
  'terminals/{tid}': (w) => w.terminal,
  'ttyd/{tid}': (w) => w.terminal,
  'cohorts/{cohort}': (w) => w.cohort,
  'members/{user}': (w) => w.user,
  'users/{externalId}': (w) => w.user,
  'labs/{slug}': () => LAB,
  'objectives/{objective}': () => OBJECTIVE,
  'hints/{n}': () => '1',
  'evidence/{evidence}': () => 'evd_0000000000',
  'webhooks/{webhook}': (w) => w.webhook,
  'deliveries/{n}': () => '1',
  'attachments/{aid}': () => `att_${'A'.repeat(22)}`,
};

const everybody = [200, 200, 200, 200, 200, 200, 200, 200];
/** Of the tenant's operator alone. */
const admin = (ok: number, foreign = ok) => [401, 403, 403, 403, 403, 403, ok, foreign];
/** The learner's own, and the platform's; instructors only look. */
const own = (ok: number) => [401, ok, 404, 403, 403, 403, ok, 404];
/** The learner's own, seen by the instructor of the class. */
const seen = (ok: number) => [401, ok, 404, ok, 404, 403, ok, 404];
/** The class, seen by its instructor. */
const ofClass = (ok: number) => [401, 403, 403, ok, 404, 403, ok, 404];
/** The class, changed by the platform. */
const classWrite = (ok: number) => [401, 403, 403, 403, 403, 403, ok, 404];

const attachment = () => ({ aid: `att_${'A'.repeat(22)}` });
const size = () => ({ cols: 100, rows: 30 });

export const TABLE: Record<string, Row> = {
  'GET /healthz': { expect: everybody },
  'GET /readyz': { expect: everybody },
  'GET /v1/doctor': { expect: [401, 200, 200, 200, 200, 200, 200, 200] },
  'GET /v1/capacity': { expect: [401, 200, 200, 200, 200, 200, 200, 200] },

  'GET /v1/api-keys': { expect: admin(200) },
  'POST /v1/api-keys': { expect: admin(201), body: () => ({ name: 'x', scopes: ['labs:read'] }) },
  'DELETE /v1/api-keys/{id}': { expect: admin(204, 404) },
  'GET /v1/audit': { expect: [401, 403, 403, 403, 403, 200, 200, 200] },
  'GET /v1/tenant': { expect: admin(200) },
  'PATCH /v1/tenant': { expect: admin(200), body: () => ({ maxSandboxes: null }) },
  'GET /v1/users': { expect: admin(200) },
  'PUT /v1/users/{externalId}': { expect: admin(200), body: () => ({ locale: 'en' }) },
  'POST /v1/users/{externalId}/tokens': { expect: admin(201, 404), body: () => ({}) },
  'POST /v1/tokens/renew': { expect: [401, 200, 200, 200, 200, 401, 401, 401], body: () => ({}) },

  'GET /v1/events': { expect: [401, 200, 200, 200, 200, 403, 200, 200] },
  'GET /v1/labs': { expect: [401, 200, 200, 200, 200, 403, 200, 200] },
  'POST /v1/labs/lint': { expect: admin(200), body: () => ({ files: { 'lab.yaml': 'id: x' } }) },
  'GET /v1/labs/{slug}': { expect: [401, 200, 200, 200, 200, 403, 200, 404] },
  'GET /v1/labs/{slug}/versions': { expect: [401, 200, 200, 200, 200, 403, 200, 404] },

  'POST /v1/sandboxes': {
    expect: [401, 200, 201, 403, 403, 403, 200, 404],
    body: ({ user }, role) =>
      role === 'learner' || role === 'classmate' ? { lab: LAB } : { lab: LAB, user },
  },
  'GET /v1/sandboxes': { expect: [401, 200, 200, 200, 200, 403, 200, 200] },
  'GET /v1/sandboxes/{id}': { expect: seen(200) },
  'DELETE /v1/sandboxes/{id}': { expect: own(202) },
  'POST /v1/sandboxes/{id}/extend': { expect: own(200), body: () => ({}) },
  'POST /v1/sandboxes/{id}/reset': { expect: own(201), body: () => ({}) },
  'GET /v1/sandboxes/{id}/steps': { expect: seen(200) },
  'GET /v1/sandboxes/{id}/lab': { expect: seen(200) },
  'POST /v1/sandboxes/{id}/raise-hand': {
    expect: [401, 200, 404, 200, 404, 403, 200, 404],
    body: (_world, role) => ({ raised: role === 'learner' || role === 'classmate' }),
  },

  'POST /v1/sandboxes/{sid}/terminals': { expect: own(201), body: () => ({ target: { kind: 'local' } }) },
  'GET /v1/sandboxes/{sid}/terminals': { expect: seen(200) },
  'GET /v1/terminals/{tid}': { expect: seen(200) },
  'DELETE /v1/terminals/{tid}': { expect: own(202) },
  'POST /v1/terminals/{tid}/size': { expect: own(200), body: size },
  'POST /v1/terminals/{tid}/signal': { expect: own(202), body: () => ({ signal: 'INT' }) },
  'POST /v1/terminals/{tid}/tickets': { expect: seen(201), body: () => ({ role: 'view' }) },
  'GET /v1/terminals/{tid}/attachments': { expect: seen(200) },
  'DELETE /v1/terminals/{tid}/attachments/{aid}': { expect: seen(404) },
  'POST /v1/terminals/{tid}/take': { expect: [401, 404, 404, 404, 404, 403, 404, 404], body: attachment },
  'POST /v1/terminals/{tid}/give-back': {
    expect: [401, 404, 404, 404, 404, 403, 404, 404],
    body: attachment,
  },
  'GET /v1/terminals/{tid}/recording': { expect: seen(404) },
  'DELETE /v1/terminals/{tid}/recording': { expect: own(404) },
  'GET /v1/tty/ttyd/{tid}/token': { expect: [401, 200, 404, 403, 404, 403, 200, 404] },

  'GET /v1/sandboxes/{id}/progress': { expect: seen(200) },
  'POST /v1/sandboxes/{id}/progress/check': { expect: own(200), body: () => ({}) },
  'POST /v1/sandboxes/{id}/progress/final': { expect: own(410), body: () => ({}), ended: true },
  'POST /v1/sandboxes/{id}/progress/objectives/{objective}/hints/{n}': { expect: own(409), body: () => ({}) },
  'POST /v1/sandboxes/{id}/progress/objectives/{objective}/retry': { expect: own(409), body: () => ({}) },
  'POST /v1/sandboxes/{id}/progress/objectives/{objective}/override': {
    expect: ofClass(200),
    body: () => ({ state: 'passed', reason: 'seen by eye' }),
  },
  'POST /v1/sandboxes/{id}/progress/confirm': { expect: ofClass(409), body: () => ({}) },
  'GET /v1/sandboxes/{id}/progress/runs': { expect: seen(200) },
  'GET /v1/sandboxes/{id}/progress/evidence/{evidence}': { expect: seen(404) },

  'GET /v1/cohorts': { expect: [401, 403, 403, 200, 200, 403, 200, 200] },
  'POST /v1/cohorts': { expect: admin(201), body: ({ user }) => ({ slug: `x-${user}`, title: 'x' }) },
  'GET /v1/cohorts/{cohort}': { expect: ofClass(200) },
  'PATCH /v1/cohorts/{cohort}': { expect: classWrite(200), body: () => ({ title: 'y' }) },
  'DELETE /v1/cohorts/{cohort}': { expect: classWrite(409) },
  'GET /v1/cohorts/{cohort}/members': { expect: ofClass(200) },
  'PUT /v1/cohorts/{cohort}/members': { expect: classWrite(200), body: () => ({ members: [] }) },
  'DELETE /v1/cohorts/{cohort}/members/{user}': { expect: classWrite(204) },
  'GET /v1/cohorts/{cohort}/board': { expect: ofClass(200) },
  'GET /v1/cohorts/{cohort}/export': { expect: ofClass(200) },
  'POST /v1/cohorts/{cohort}/actions': {
    expect: ofClass(200),
    body: () => ({ action: 'message', sandboxes: 'all', text: 'x' }),
  },

  'GET /v1/schemas/events.json': { expect: everybody },
  'GET /v1/webhooks': { expect: admin(200) },
  // Plain HTTP is refused here, whoever may ask.
  'POST /v1/webhooks': { expect: admin(400), body: () => ({ url: 'http://127.0.0.1/' }) },
  'GET /v1/webhooks/{webhook}': { expect: admin(200, 404) },
  'PATCH /v1/webhooks/{webhook}': { expect: admin(200, 404), body: () => ({ description: 'x' }) },
  'DELETE /v1/webhooks/{webhook}': { expect: admin(204, 404) },
  'GET /v1/webhooks/{webhook}/deliveries': { expect: admin(200, 404) },
  'POST /v1/webhooks/{webhook}/deliveries/{n}/redeliver': { expect: admin(404), body: () => ({}) },
  'POST /v1/webhooks/{webhook}/test': { expect: admin(200, 404), body: () => ({}) },
};
