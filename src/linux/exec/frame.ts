/** One message to or from the launcher: its length, then fields, each with its length; 32 bits, big-endian. */
export function encodeFrame(fields: (string | Buffer)[]): Buffer {
  const parts = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? Buffer.from(field) : field;
    return [length(bytes.length), bytes];
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([length(body.length), body]);
}

function length(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Puts frames together again from the pieces of a stream. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  /** Fields of every frame that this piece completes. */
  push(piece: Buffer): Buffer[][] {
    this.pending = this.pending.length === 0 ? piece : Buffer.concat([this.pending, piece]);
    const frames: Buffer[][] = [];
    while (this.pending.length >= 4) {
      const end = 4 + this.pending.readUInt32BE(0);
      if (this.pending.length < end) break;
      frames.push(fieldsOf(this.pending.subarray(4, end)));
      this.pending = this.pending.subarray(end);
    }
    return frames;
  }
}

function fieldsOf(body: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 4 + body.readUInt32BE(at);
    fields.push(body.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
