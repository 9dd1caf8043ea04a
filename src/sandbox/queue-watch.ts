import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Admission } from './admission.js';
import type { Entry } from './living.js';
import type { QueueForecast, QueuePlace } from './queue-forecast.js';

const EVERY_MS = 2000;
/** Smaller corrections of an ETA are no news. */
const NEWS_SECONDS = 5;
const NEWS_SHARE = 0.2;

/** Tells those who wait when their place or their time has changed. */
export class QueueWatch {
  private readonly told = new WeakMap<Entry, { place: QueuePlace; at: number }>();
  private cancel: (() => void) | undefined;

  constructor(
    private readonly d: { admission: Admission; forecast: QueueForecast; clock: Clock; logger: Logger },
  ) {}

  start(): void {
    this.cancel = this.d.clock.after(EVERY_MS, () => {
      void this.round().finally(() => this.cancel && this.start());
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  async round(): Promise<void> {
    if (this.d.admission.everyone().flat().length === 0) return;
    const news = [...this.d.forecast.places()].filter(([entry, place]) => this.isNews(entry, place));
    await Promise.all(news.map(([entry, place]) => this.tell(entry, place)));
  }

  private isNews(entry: Entry, place: QueuePlace): boolean {
    const last = this.told.get(entry);
    if (!last) return true;
    const { place: before, at } = last;
    if (before.position !== place.position || before.reason !== place.reason) return true;
    if (before.etaSeconds === null || place.etaSeconds === null)
      return before.etaSeconds !== place.etaSeconds;
    // What was told has come closer by itself since.
    const expected = before.etaSeconds - (this.d.clock.now() - at) / 1000;
    const error = Math.abs(place.etaSeconds - expected);
    return error > NEWS_SECONDS && error > NEWS_SHARE * place.etaSeconds;
  }

  private async tell(entry: Entry, place: QueuePlace): Promise<void> {
    try {
      await entry.change((row) =>
        row.state === 'queued' ? [{ type: 'sandbox.queue', payload: { ...place } }] : [],
      );
      this.told.set(entry, { place, at: this.d.clock.now() });
    } catch (error) {
      this.d.logger.warn({ err: error, sandbox: entry.row.id }, 'a place in the queue was not told');
    }
  }
}
