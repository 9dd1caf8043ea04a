import { silentLogger } from '../common/logger.js';
import { ManualClock } from '../common/manual-clock.js';
import { AuditLog, type AuditRow } from './audit-log.js';

const entry = (subject: string) =>
  ({ tenantId: 'ten_a', actor: 'usr_a', action: 'terminal.killed', subject }) as const;

function rig() {
  const clock = new ManualClock(1000);
  const written: AuditRow[][] = [];
  const database = { away: false };
  const log = new AuditLog(
    (rows) => {
      if (database.away) return Promise.reject(new Error('away'));
      written.push(rows);
      return Promise.resolve();
    },
    clock,
    silentLogger,
  );
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const subjects = () => written.flat().map(({ subject }) => subject);
  return { clock, log, written, database, settle, subjects };
}

describe('the audit log', () => {
  it('writes what comes together at once, in order, with the time at which it was done', async () => {
    const r = rig();
    r.log.record(entry('a'));
    r.clock.advance(10);
    r.log.record(entry('b'));
    r.clock.advance(50);
    await r.settle();
    expect(r.written).toHaveLength(1);
    expect(r.written[0]!.map(({ subject, at }) => [subject, at.getTime()])).toEqual([
      ['a', 1000],
      ['b', 1010],
    ]);
  });

  it('keeps its rows while the database is away, and their order', async () => {
    const r = rig();
    r.database.away = true;
    r.log.record(entry('a'));
    r.clock.advance(50);
    await r.settle();
    r.log.record(entry('b'));
    r.database.away = false;
    r.clock.advance(2000);
    await r.settle();
    expect(r.subjects()).toEqual(['a', 'b']);
  });

  it('writes floods of the same limit as one row a minute, with their number', async () => {
    const r = rig();
    for (let i = 0; i < 500; i++)
      r.log.limitHit({ tenantId: 'ten_a', actor: 'x', subject: 'tty', ip: '::1' });
    r.clock.advance(60_050);
    await r.settle();
    expect(r.written.flat()).toEqual([
      expect.objectContaining({ action: 'limit.hit', detail: { count: 500 } }),
    ]);
  });

  it('writes what waits when the service stops', async () => {
    const r = rig();
    r.log.record(entry('a'));
    r.log.limitHit({ tenantId: 'ten_a', actor: 'x', subject: 'tty' });
    await r.log.close();
    expect(r.subjects()).toEqual(['a', 'tty']);
  });
});
