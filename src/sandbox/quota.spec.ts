import type { Entry } from './living.js';
import { assertQuota, type Holder, type Quota } from './quota.js';

const none: Quota = { tenant: null, user: null, cohort: null, userInCohort: null };
const lives = (userId: string, labId: string, cohortId: string | null = null, state = 'ready'): Entry =>
  ({ row: { tenantId: 'ten_a', userId, labId, cohortId, state } }) as unknown as Entry;
const asks = (quota: Partial<Quota>, more: Partial<Holder> = {}): Holder => ({
  tenantId: 'ten_a',
  userId: 'usr_a',
  lab: { labId: 'lab_9' },
  quota: { ...none, ...quota },
  ...more,
});

describe('quotas', () => {
  const entries = [
    lives('usr_a', 'lab_1', 'coh_a'),
    lives('usr_a', 'lab_2'),
    lives('usr_b', 'lab_1', 'coh_a'),
    lives('usr_b', 'lab_2', 'coh_a', 'releasing'),
  ];
  const refused = (holder: Holder, coming: Holder[] = []) => {
    try {
      assertQuota(holder, entries, coming);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const cohort = { id: 'coh_a' };

  it('count what lives, each for whom it is', () => {
    expect(refused(asks({ tenant: 4, user: 3, cohort: 3, userInCohort: 2 }, { cohort }))).toBeUndefined();
    expect(refused(asks({ tenant: 3 }))).toMatch(/The tenant has 3 of 3/);
    expect(refused(asks({ user: 2 }))).toMatch(/The user has 2 of 2/);
    expect(refused(asks({ cohort: 2 }, { cohort }))).toMatch(/The cohort has 2 of 2/);
    expect(refused(asks({ userInCohort: 1 }, { cohort }))).toMatch(/in this cohort has 1 of 1/);
    expect(refused(asks({ cohort: 0 }))).toBeUndefined();
  });

  it('count those that are just coming to life, and no sandbox twice', () => {
    const other = asks({}, { userId: 'usr_c' });
    expect(refused(asks({ tenant: 4 }), [other])).toMatch(/4 of 4/);
    const same = asks({}, { userId: 'usr_b', lab: { labId: 'lab_1' } });
    expect(refused(asks({ tenant: 4 }), [same])).toBeUndefined();
  });
});
