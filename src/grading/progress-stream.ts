import type { SseStream } from '../http/sse.js';
import type { Progress } from './progress.js';
import type { Transition } from './run.js';

/** The whole progress at first and on every change, and one `objective` event per change of state. */
export function streamProgress(o: {
  stream: SseStream;
  view(): Progress;
  watch(listener: (transitions: Transition[]) => void): Promise<() => void>;
}): void {
  let open = true;
  const send = (transitions: Transition[]): void => {
    if (!open) return;
    const progress = o.view();
    for (const { objective, from, to } of transitions) {
      const shown = progress.objectives.find((p) => p.id === objective.spec.id);
      o.stream.send('objective', { id: objective.spec.id, from, to, objective: shown });
    }
    o.stream.send('progress', progress);
  };
  const watching = o.watch(send);
  // After the subscription, so that no change falls between the two.
  void watching.then(() => send([]));
  o.stream.onClose(() => {
    open = false;
    void watching.then((off) => off());
  });
}
