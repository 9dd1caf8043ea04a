import fc from 'fast-check';
import { isFinal, mayExist, next, type SandboxEvent, type SandboxState } from './sandbox.machine.js';

const EVENTS: SandboxEvent[] = ['admit', 'provisioned', 'pause', 'resume', 'release', 'gone', 'given_up'];
const ORDER: SandboxState[] = ['queued', 'provisioning', 'ready', 'releasing', 'released'];

describe('the sandbox machine', () => {
  it('goes from the queue to released by the long way', () => {
    let state: SandboxState = 'queued';
    for (const event of ['admit', 'provisioned', 'pause', 'resume', 'release', 'gone'] as SandboxEvent[]) {
      state = next(state, event)!;
    }
    expect(state).toBe('released');
  });

  it('reaches a final state from anything that exists only through releasing', () => {
    for (const state of ['provisioning', 'ready', 'paused', 'releasing'] as SandboxState[]) {
      for (const event of EVENTS) {
        const to = next(state, event);
        if (to && isFinal(to)) expect(state).toBe('releasing');
      }
    }
  });

  it('never goes back, apart from ready and paused', () => {
    const rank = (s: SandboxState) =>
      ORDER.indexOf(s === 'paused' ? 'ready' : s === 'failed' ? 'released' : s);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 30 }), (events) => {
        let state: SandboxState = 'queued';
        for (const event of events) {
          const to = next(state, event);
          if (!to) continue;
          expect(rank(to)).toBeGreaterThanOrEqual(rank(state));
          state = to;
        }
      }),
    );
  });

  it('lets a final row own nothing', () => {
    expect(['released', 'failed'].map((s) => mayExist(s as SandboxState))).toEqual([false, false]);
  });
});
