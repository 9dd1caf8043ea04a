import type { FeedEvent } from '../../src/events/feed.js';

export interface Frame {
  id: string;
  event: string;
  data: FeedEvent;
}

/** Reads server-sent events until `enough` holds, then lets go. */
export async function readStream(o: {
  url: string;
  credential: string;
  after?: string;
  enough: (frames: Frame[]) => boolean;
  signal?: AbortSignal;
}): Promise<Frame[]> {
  const stop = new AbortController();
  const response = await fetch(o.url, {
    headers: {
      authorization: `Bearer ${o.credential}`,
      ...(o.after === undefined ? {} : { 'last-event-id': o.after }),
    },
    signal: o.signal ? AbortSignal.any([o.signal, stop.signal]) : stop.signal,
  });
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  const frames: Frame[] = [];
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      frames.push(...blocks.flatMap((block) => frameOf(block)));
      if (o.enough(frames)) break;
    }
  } finally {
    stop.abort();
  }
  return frames;
}

function frameOf(block: string): Frame[] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const data = field('data');
  if (data === undefined) return [];
  return [{ id: field('id') ?? '', event: field('event') ?? '', data: JSON.parse(data) as FeedEvent }];
}
