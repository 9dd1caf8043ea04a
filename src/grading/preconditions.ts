import { systemClock, type Clock } from '../common/clock.js';
import { silentLogger } from '../common/logger.js';
import type { ClusterAccess, ClusterNode } from '../drivers/cluster-driver.js';
import type { PreparedLab } from '../labs/prepared-lab.js';
import { ClusterSession } from './cluster/cluster-session.js';
import { evaluate, type Verdict } from './evaluate.js';
import { seen } from './observation.js';
import { traitsOf } from './probes/traits.js';
import { readsOf } from './reads.js';

/** While nothing is told by the cluster. */
const LOOK_MS = 1000;

/** The set-up of a lab did not lead where the lab says; the sandbox is of no use. */
export class PreconditionError extends Error {
  constructor(
    readonly index: number,
    readonly why: string,
  ) {
    super(`precondition ${index + 1} of the lab does not hold: ${why}`);
  }
}

/** Resolves once all preconditions hold; rejects with PreconditionError at the deadline. Reads the cluster alone. */
export async function waitForPreconditions(o: {
  lab: PreparedLab;
  access: ClusterAccess;
  nodes: readonly ClusterNode[];
  signal: AbortSignal;
  /** Ms since the epoch. */
  deadline: number;
  clock?: Clock;
}): Promise<void> {
  const { lab, clock = systemClock } = o;
  if (lab.preconditions.length === 0) return;
  const names = new Set(lab.preconditions.flatMap((assert) => readsOf(assert, lab.compile)));
  const calls = Object.fromEntries(
    [...names].flatMap((name) => {
      const call = lab.calls[name]!;
      return traitsOf(call).cluster ? [[name, call]] : [];
    }),
  );
  const { access, nodes } = o;
  const session = new ClusterSession({
    access,
    nodes,
    calls: Object.values(calls),
    startedAt: new Date(0),
    learner: () => Promise.reject(new Error('there is no learner yet')),
    clock,
    logger: silentLogger,
  });
  let wake: () => void = () => undefined;
  session.watch(() => wake());
  o.signal.addEventListener('abort', () => wake(), { once: true });
  try {
    for (;;) {
      const failing = await firstFailing(lab, session, calls);
      if (!failing) return;
      const left = o.deadline - clock.now();
      if (left <= 0 || o.signal.aborted) throw failing;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.min(LOOK_MS, left), resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  } finally {
    session.close();
  }
}

async function firstFailing(
  lab: PreparedLab,
  session: ClusterSession,
  calls: PreparedLab['calls'],
): Promise<PreconditionError | undefined> {
  const passive = Object.entries(calls).filter(([, call]) => traitsOf(call).active === null);
  const observations = await session.look(Object.fromEntries(passive));
  for (const [name, call] of Object.entries(calls))
    if (traitsOf(call).active !== null) observations[name] = await session.act(call);
  for (const name of Object.keys(lab.calls)) observations[name] ??= seen(null);
  const context = {
    observations,
    lab: lab.values,
    past: {},
    sandbox: session.facts(),
    compile: lab.compile,
  };
  for (const [index, assert] of lab.preconditions.entries()) {
    const verdict = evaluate(assert, context);
    if (verdict.truth !== 'T') return new PreconditionError(index, reasonOf(verdict));
  }
  return undefined;
}

function reasonOf({ truth, failures, defect }: Verdict): string {
  const [failure] = failures;
  if (!failure) return defect ?? truth;
  const { path, kind, expected, observed } = failure;
  return `${path}: ${kind}, expected ${JSON.stringify(expected)}, observed ${JSON.stringify(observed)}`.slice(
    0,
    500,
  );
}
