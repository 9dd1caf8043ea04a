import type { PlayerApi } from './api-client.js';

/** Resolves when the sandbox is in one of the states; rejects with its steps when it cannot come there any more. */
export async function untilState(o: {
  api: PlayerApi;
  sandbox: string;
  states: string[];
  withinMs: number;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { api, sandbox, states } = o;
  for (const end = performance.now() + o.withinMs; ;) {
    o.signal?.throwIfAborted();
    const { body } = await api.get(`/v1/sandboxes/${sandbox}`);
    if (states.includes(body.state)) return;
    if (['released', 'failed'].includes(body.state) || performance.now() > end) {
      const steps = await api.get(`/v1/sandboxes/${sandbox}/steps`);
      const told = JSON.stringify({ failure: body.failure, steps: steps.body.items }, null, 1);
      throw new Error(`${sandbox} is ${body.state}, not ${states.join(' or ')}: ${told}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
