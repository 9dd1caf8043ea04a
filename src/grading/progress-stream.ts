import type { SseStream } from '../http/sse.js';
import type { Progress } from './progress.js';

/**
 * The whole progress at first and on every change of what the reader sees, and one `objective` event per change of
 * state. Where a lab shows nothing yet, not even that something changed is told.
 */
export function streamProgress(o: {
  stream: SseStream;
  view(): Progress;
  watch(listener: () => void): Promise<() => void>;
}): void {
  let open = true;
  let last: Progress | undefined;
  const send = (): void => {
    if (!open) return;
    const progress = o.view();
    if (last && withoutTimes(last) === withoutTimes(progress)) return;
    for (const objective of progress.objectives) {
      const from = last?.objectives.find(({ id }) => id === objective.id)?.state;
      const { id, state: to } = objective;
      if (from !== undefined && from !== to) o.stream.send('objective', { id, from, to, objective });
    }
    last = progress;
    o.stream.send('progress', progress);
  };
  const watching = o.watch(send);
  // After the subscription, so that no change falls between the two.
  void watching.then(send);
  o.stream.onClose(() => {
    open = false;
    void watching.then((off) => off());
  });
}

/** Times are put together from two clocks and wander by a millisecond. */
function withoutTimes(progress: Progress): string {
  const times = new Set(['since', 'dueAt', 'at']);
  return JSON.stringify(progress, (key, value: unknown) => (times.has(key) ? undefined : value));
}
