/** Where the client is in the output, in bytes: what came, what was drawn, what was acknowledged. */
export class TtyOffsets {
  received = 0;
  #drawn = 0;
  #acked = 0;
  /** Bytes drawn late must not be counted after a jump of the offset. */
  #stretch = 0;

  /** The output goes on at another offset. */
  jump(seq) {
    this.#stretch++;
    this.received = this.#drawn = this.#acked = seq;
  }

  /** The output goes on where it stopped; the server counts acknowledgements from there. */
  resume(seq) {
    this.#acked = seq;
  }

  /**
   * @param {number} bytes
   * @returns {(every: number) => number | undefined} to be called once they are drawn; the offset to acknowledge, if
   *   one is due
   */
  take(bytes) {
    this.received += bytes;
    const stretch = this.#stretch;
    return (every) => {
      if (stretch !== this.#stretch) return undefined;
      this.#drawn += bytes;
      if (this.#drawn - this.#acked < every) return undefined;
      return (this.#acked = this.#drawn);
    };
  }
}
