export interface SseEvent {
  /** The last one that was sent, as the standard says. */
  id: string;
  type: string;
  data: string;
}

/** Events of a stream as they come; heartbeats are left out. */
export async function* sseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      id = fields.get('id') ?? id;
      const data = fields.get('data');
      if (data !== undefined) yield { id, type: fields.get('event') ?? 'message', data };
    }
  }
}
