/** Plays the events of a recording into an emulator, at any speed and from any place. */
export class CastPlayer {
  #cast;
  #term;
  #next = 0;
  #position = 0;
  #speed = 1;
  #since = 0;
  #timer = 0;
  /** Called after each step. */
  onChange = () => {};

  /**
   * @param {import('./cast.js').Cast} cast
   * @param {import('../vendor/xterm/lib/xterm.mjs').Terminal} term
   */
  constructor(cast, term) {
    this.#cast = cast;
    this.#term = term;
    this.seek(0);
  }

  get playing() {
    return this.#timer !== 0;
  }

  get position() {
    return this.#position;
  }

  set speed(speed) {
    this.#speed = speed;
  }

  play() {
    if (this.playing) return;
    if (this.#position >= this.#cast.duration) this.seek(0);
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#tick(), 16);
    this.onChange();
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.onChange();
  }

  /** What was on the screen at that moment: everything up to it, printed at once. */
  seek(ms) {
    if (ms < this.#position || this.#position === 0) {
      this.#term.write('\x1bc\x1b[3J');
      this.#resize(this.#cast.cols, this.#cast.rows);
      this.#next = 0;
    }
    this.#upTo(ms);
    this.onChange();
  }

  #tick() {
    const now = performance.now();
    this.#upTo(Math.min(this.#cast.duration, this.#position + (now - this.#since) * this.#speed));
    this.#since = now;
    if (this.#position >= this.#cast.duration) this.pause();
    else this.onChange();
  }

  #upTo(ms) {
    this.#position = ms;
    for (
      let event = this.#cast.events[this.#next];
      event && event.at <= ms;
      event = this.#cast.events[this.#next]
    ) {
      this.#next++;
      if (event.code === 'o') this.#term.write(event.data);
      else if (event.code === 'r') this.#resize(...event.data.split('x').map(Number));
    }
  }

  #resize(cols, rows) {
    this.#term.write('', () => this.#term.resize(cols, rows));
  }
}
