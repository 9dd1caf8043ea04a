import type { Bus } from '../../events/bus.js';

export interface Failing {
  objective: string;
  path: string;
  kind: string;
}

/** What is known of a sandbox only while this service runs. */
export interface LiveSignals {
  attachments: number;
  /** When the last newline came, and since when there is one to wait for; ms since the epoch. */
  enteredAt: number | undefined;
  attachedAt: number | undefined;
  failing: Failing[];
  /** Newlines since what is wrong changed last. */
  repeats: number;
}

const NOTHING: Readonly<LiveSignals> = {
  attachments: 0,
  enteredAt: undefined,
  attachedAt: undefined,
  failing: [],
  repeats: 0,
};

/** Listens all the time, as a board may be opened at any moment. */
export class SignalBook {
  private readonly known = new Map<string, LiveSignals>();
  private readonly stops: (() => void)[];

  constructor(
    bus: Bus,
    private readonly now: () => number,
  ) {
    this.stops = [
      bus.on('terminal.attachments', ({ sandboxId, count }) => this.attached(sandboxId, count)),
      bus.on('terminal.enter', ({ sandboxId }) => {
        const signals = this.at(sandboxId);
        signals.enteredAt = now();
        signals.repeats++;
      }),
      bus.on('progress.stored', ({ sandboxId, failures }) => this.failing(sandboxId, failures)),
      bus.on('sandbox.ending', ({ sandboxId }) => void this.known.delete(sandboxId)),
    ];
  }

  of(sandboxId: string): Readonly<LiveSignals> {
    return this.known.get(sandboxId) ?? NOTHING;
  }

  close(): void {
    for (const stop of this.stops) stop();
  }

  private at(sandboxId: string): LiveSignals {
    let signals = this.known.get(sandboxId);
    if (!signals) this.known.set(sandboxId, (signals = { ...NOTHING }));
    return signals;
  }

  private attached(sandboxId: string, count: number): void {
    // The last detachment may come after the end.
    if (count === 0 && !this.known.has(sandboxId)) return;
    const signals = this.at(sandboxId);
    signals.attachedAt = count === 0 ? undefined : (signals.attachedAt ?? this.now());
    signals.attachments = count;
  }

  private failing(sandboxId: string, failing: Failing[]): void {
    const signals = this.at(sandboxId);
    if (JSON.stringify(signals.failing) !== JSON.stringify(failing)) signals.repeats = 0;
    signals.failing = failing;
  }
}
