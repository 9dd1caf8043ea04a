import { boot } from '../src/boot.js';
import { createLogger } from '../src/common/logger.js';
import { loadConfig } from '../src/config/app-config.js';
import { GradingRepository } from '../src/grading/grading.repository.js';

/** What the bench asks of the service beside its API: a transition as grading stores it. */
export interface Transition {
  n: number;
  tenantId: string;
  sandboxId: string;
  userId: string;
  objective: string;
  to: 'passed' | 'regressed';
}

/**
 * The whole service in a process of its own; transitions come by message and go through the repository of grading, so
 * through the real tables, the feed and the bus.
 */
const service = await boot({
  config: loadConfig(process.env, { cwd: process.cwd(), isRoot: process.getuid?.() === 0 }),
  logger: createLogger('warn'),
  say: () => undefined,
  onLost: () => process.exit(1),
});
const repository = service.app.get(GradingRepository);

process.on('message', (asked: Transition) => void store(asked));
process.on('SIGTERM', () => void service.close().then(() => process.exit(0)));
process.send?.({ url: service.url });

async function store({ n, tenantId, sandboxId, userId, objective, to }: Transition): Promise<void> {
  const from = to === 'passed' ? 'pending' : 'passed';
  await repository.save({
    tenantId,
    sandboxId,
    userId,
    objectives: [
      {
        objectiveId: objective,
        state: to,
        since: new Date(),
        credited: to === 'passed',
        attempts: n % 7,
        hintsTaken: 0,
        hintCost: 0,
        evidenceId: null,
        fall: null,
        cameFrom: null,
        hintsOpen: 0,
        retries: 0,
        unblockedAt: new Date(Date.now() - 60_000),
        passedAt: to === 'passed' ? new Date() : null,
        spentMs: 0,
      },
    ],
    evidence: [],
    past: [],
    events: [{ type: 'objective.state', payload: { objective, from, to } }],
    trips: [],
    flags: [],
    decisions: [],
    hidden: false,
  });
  process.send?.({ stored: n });
}
