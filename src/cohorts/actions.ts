import type { AuditLog } from '../audit/audit-log.js';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import { newId } from '../common/ids.js';
import { Semaphore } from '../common/semaphore.js';
import type { Bus } from '../events/bus.js';
import { isClaimed } from '../sandbox/sandbox-row.js';
import { LIVING } from '../sandbox/sandbox.machine.js';
import type { SandboxRuntime } from '../sandbox/sandbox.runtime.js';
import type { UserRepository } from '../tenants/user.repository.js';
import { toAppError } from '../http/to-app-error.js';
import type { ActionAnswer, ActionResult, CohortAction } from './action.schema.js';
import type { Cohort } from './cohort.js';

/** Sandboxes acted on at once: a reset costs a release and a start. */
const AT_ONCE = 8;

interface Deps {
  sandboxes: SandboxRuntime;
  users: UserRepository;
  audit: AuditLog;
  bus: Bus;
}

/** What instructors do with many sandboxes at once: each succeeds or fails for itself, and all are told of. */
export class CohortActions {
  constructor(private readonly d: Deps) {}

  async run(principal: Principal, cohort: Cohort, wish: CohortAction): Promise<ActionAnswer> {
    const id = newId('act');
    const { action } = wish;
    const targets = wish.sandboxes === 'all' ? this.livingOf(cohort) : [...new Set(wish.sandboxes)];
    const from = action === 'message' ? await this.nameOf(principal) : '';
    const results: ActionResult[] = [];
    const tell = () =>
      this.d.bus.emit('cohort.action', {
        cohortId: cohort.id,
        id,
        action,
        total: targets.length,
        done: results.length,
        failed: results.filter(({ ok }) => !ok).length,
      });
    tell();
    const room = new Semaphore(AT_ONCE);
    await Promise.all(
      targets.map((sandbox) =>
        room.run(async () => {
          results.push(await this.one(principal, cohort, { wish, sandbox, from }));
          tell();
        }),
      ),
    );
    const failed = results.filter(({ ok }) => !ok).length;
    const { tenantId, subject } = principal;
    this.d.audit.record({
      tenantId,
      actor: subject,
      action: 'cohort.action',
      subject: cohort.id,
      detail: { id, action, total: targets.length, failed },
    });
    const order = new Map(targets.map((sandbox, i) => [sandbox, i]));
    results.sort((a, b) => order.get(a.sandbox)! - order.get(b.sandbox)!);
    return { id, action, succeeded: results.length - failed, failed, results };
  }

  private livingOf(cohort: Cohort): string[] {
    return [...this.d.sandboxes.living.entries.values()]
      .filter(({ row }) => row.cohortId === cohort.id && row.intent === 'run' && LIVING.includes(row.state))
      .map(({ row }) => row.id);
  }

  /** The learner reads who it was. */
  private async nameOf({ tenantId, userId }: Principal): Promise<string> {
    return userId === undefined ? '' : ((await this.d.users.byId(tenantId, userId))?.displayName ?? '');
  }

  private async one(
    principal: Principal,
    cohort: Cohort,
    o: { wish: CohortAction; sandbox: string; from: string },
  ): Promise<ActionResult> {
    const { sandbox } = o;
    try {
      const row = await this.d.sandboxes.service.get(principal, sandbox);
      if (row.cohortId !== cohort.id)
        throw new AppError('not_found', `The cohort "${cohort.slug}" has no such sandbox.`);
      return { sandbox, ok: true, ...(await this.act(principal, o)) };
    } catch (error) {
      const { code, detail } = toAppError(error);
      return { sandbox, ok: false, code, detail };
    }
  }

  private async act(
    principal: Principal,
    { wish, sandbox, from }: { wish: CohortAction; sandbox: string; from: string },
  ): Promise<Pick<ActionResult, 'replacedBy' | 'expiresAt'>> {
    const { service } = this.d.sandboxes;
    switch (wish.action) {
      case 'extend': {
        const byMs = wish.minutes === undefined ? undefined : wish.minutes * 60_000;
        return { expiresAt: (await service.extend(principal, sandbox, byMs)).expiresAt };
      }
      case 'reset':
        return { replacedBy: (await service.reset(principal, sandbox, 0)).id };
      case 'release':
        await service.entry(principal, sandbox);
        await service.release(principal, sandbox);
        return {};
      case 'lower-hand':
        await service.raiseHand(principal, sandbox, false);
        return {};
      case 'message':
        await this.message(principal, sandbox, { text: wish.text, from });
        return {};
    }
  }

  private async message(
    principal: Principal,
    sandbox: string,
    payload: { text: string; from: string },
  ): Promise<void> {
    const entry = await this.d.sandboxes.service.entry(principal, sandbox);
    if (!isClaimed(entry.row)) throw new AppError('not_found', 'There is no sandbox with this id.');
    await entry.change(() => [{ type: 'sandbox.message', payload }]);
  }
}
