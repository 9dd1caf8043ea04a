const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MAGIC_LITTLE = 0xa1b2c3d4;

/** Counts packets that hold a pattern in a growing capture file (libpcap format, the byte order of this machine). */
export class PacketCounter {
  seen = 0;
  /** The first of those packets, as far as it was captured. */
  first: Buffer | undefined;
  private buffered: Buffer = Buffer.alloc(0);
  private headerRead = false;

  constructor(
    private readonly pattern: Buffer,
    private readonly maxPacket = 65_535,
  ) {}

  push(bytes: Buffer): void {
    this.buffered = this.buffered.length === 0 ? bytes : Buffer.concat([this.buffered, bytes]);
    if (!this.headerRead) {
      if (this.buffered.length < FILE_HEADER) return;
      if (this.buffered.readUInt32LE(0) !== MAGIC_LITTLE) throw new Error('not a capture file');
      this.headerRead = true;
      this.buffered = this.buffered.subarray(FILE_HEADER);
    }
    while (this.buffered.length >= PACKET_HEADER) {
      const length = this.buffered.readUInt32LE(8);
      if (length > this.maxPacket) throw new Error('not a capture file');
      if (this.buffered.length < PACKET_HEADER + length) return;
      const packet = this.buffered.subarray(PACKET_HEADER, PACKET_HEADER + length);
      if (packet.includes(this.pattern)) {
        this.seen++;
        this.first ??= Buffer.from(packet);
      }
      this.buffered = this.buffered.subarray(PACKET_HEADER + length);
    }
  }
}
