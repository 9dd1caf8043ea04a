import { SocketWire } from './socket-wire.js';
import type { AttachedInfo, TerminalExit, Wire } from './wire.js';

const RESET = Buffer.from('\x1bc');
const ignore = (): void => undefined;

/** Bytes and nothing else, as xterm.js's AttachAddon speaks: no acknowledgements, no sizes, no words for errors. */
export class RawWire extends SocketWire implements Wire {
  readonly protocol = 'raw';
  readonly holdsInput = true;
  readonly confirmsReplay = false;
  readonly informs = false;
  readonly size = ignore;
  readonly replayEnd = ignore;
  readonly input = ignore;
  readonly driver = ignore;
  readonly peers = ignore;
  readonly notice = ignore;
  readonly error = ignore;

  attached(info: AttachedInfo): void {
    if (info.mode !== 'fresh') this.output(RESET, ignore);
  }

  /** What follows a gap would be drawn over the wrong screen. */
  gap(): void {
    this.output(RESET, ignore);
  }

  exit(exit: TerminalExit): void {
    this.close(1000, `exit:${exit.code ?? exit.signal ?? 'unknown'}`);
  }
}
