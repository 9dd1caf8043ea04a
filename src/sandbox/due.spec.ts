import { due } from './due.js';
import type { SandboxRow } from './sandbox-row.js';

const MIN = 60_000;
const limits = { idleTtlMs: 30 * MIN, unopenedTtlMs: 15 * MIN };

function row(o: Partial<SandboxRow>): SandboxRow {
  return {
    state: 'ready',
    readyAt: new Date(0),
    openedAt: new Date(0),
    lastActivityAt: new Date(0),
    expiresAt: new Date(45 * MIN),
    ...o,
  } as SandboxRow;
}

describe('the clocks of a sandbox', () => {
  it('end it at its expiry', () => {
    expect(due(row({}), 45 * MIN, limits)).toEqual({ kind: 'release', reason: 'expired' });
  });

  it('end it when nobody opened it', () => {
    expect(due(row({ openedAt: null }), 15 * MIN, limits)).toEqual({ kind: 'release', reason: 'unopened' });
  });

  it('end it when it was idle for too long', () => {
    expect(due(row({ expiresAt: new Date(120 * MIN) }), 30 * MIN, limits)).toEqual({
      kind: 'release',
      reason: 'idle',
    });
  });

  it('keep it while someone types', () => {
    const busy = row({ lastActivityAt: new Date(29 * MIN), expiresAt: new Date(120 * MIN) });
    expect(due(busy, 31 * MIN, limits)).toBeUndefined();
  });

  it('warn at ten, five and one minutes before the end, each under its own mark', () => {
    const active = (now: number) => due(row({ lastActivityAt: new Date(now) }), now, limits);
    const marks = [36, 41, 44.5].map((m) => (active(m * MIN) as { mark: string }).mark);
    expect(new Set(marks).size).toBe(3);
    expect(active(20 * MIN)).toBeUndefined();
  });

  it('warn five minutes before idleness ends it', () => {
    expect(due(row({ expiresAt: new Date(120 * MIN) }), 26 * MIN, limits)).toMatchObject({
      kind: 'warn',
      text: 'idle',
    });
  });

  it('leave what is not ready alone', () => {
    expect(due(row({ state: 'releasing' }), 999 * MIN, limits)).toBeUndefined();
  });
});
