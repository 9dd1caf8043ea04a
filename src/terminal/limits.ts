const KiB = 1024;

/** Bytes between two acknowledgements that a client is asked for. */
export const ACK_EVERY = 32 * KiB;
/** The driver's lag at which a paused PTY is read again. */
export const LOW_WATER = 64 * KiB;
/** The driver's lag at which the PTY is paused; the window of unacknowledged bytes of every attachment. */
export const HIGH_WATER = 256 * KiB;
/** Most bytes in one output frame, and what a socket of a non-driver may hold. */
export const CHUNK = 64 * KiB;
/** What the ring keeps free behind the last byte that a lost driver acknowledged. */
export const GHOST_RESERVE = 128 * KiB;
/** The recorder's lag at which the PTY is paused; it is read again at LOW_WATER. */
export const RECORDER_HIGH = 512 * KiB;
/** Most bytes of one recording. */
export const RECORDING_MAX = 100 * KiB * KiB;
/** A write that takes longer stops the recording. */
export const RECORDER_BLOCKED_MS = 5000;
/** What a redaction holds back is written after this long without more. */
export const RECORDER_HELD_MS = 200;
export const RECORDER_SYNC_MS = 5000;
export const RECORDING_KEPT_DAYS = 30;
/** Output is sent at least this often, ms. */
export const SLICE_MS = 4;

export const PAGE = 64 * KiB;
export const DEFAULT_RING = 1024 * KiB;
/** History that a client without a position of its own gets unless it asks for less or more. */
export const DEFAULT_REPLAY = 256 * KiB;
export const MAX_REPLAY = 1024 * KiB;

/** Most unaccepted input of one attachment, and most bytes of one input frame. */
export const INPUT_WINDOW = 64 * KiB;
export const MAX_JSON = 16 * KiB;
export const MAX_MESSAGE = 128 * KiB;
export const INPUT_RATE = 1024 * KiB;
export const INPUT_BURST = 256 * KiB;
export const CONTROL_RATE = 50;
export const PING_RATE = 20;

export const STALL_MS = 120_000;
export const GHOST_MS = 60_000;
/** A take-over ends when its instructor's socket has been gone this long, or has sent no input for that long. */
export const TAKEOVER_GONE_MS = 10_000;
export const TAKEOVER_IDLE_MS = 15 * 60_000;
/** Frames of a read-only client that are dropped in a minute before its socket is closed. */
export const READ_ONLY_PER_MINUTE = 100;
export const EXIT_DELIVERY_MS = 30_000;
export const EXITED_KEPT_MS = 300_000;
export const UNSTARTED_KEPT_MS = 60_000;
export const LIFE_MS = 12 * 3_600_000;
export const RESIZE_MS = 50;
export const INPUT_NOTE_MS = 20;
export const ENTER_MS = 300;
export const ACTIVITY_MS = 10_000;

export const HELLO_MS = 5000;
export const UNAUTHENTICATED_PER_ADDRESS = 8;
export const UNAUTHENTICATED = 64;
export const TICKET_MS = 30_000;
export const TICKETS_PER_MINUTE = 30;
export const REFUSALS_PER_MINUTE = 20;
export const KEEPALIVE_MS = 25_000;
export const DEAD_MS = 60_000;
export const CLOSE_WAIT_MS = 5000;

export const TERMINALS_PER_SANDBOX = 8;
export const TERMINALS_PER_USER = 8;
export const TERMINALS_PER_SERVER = 500;
/** Beyond these the server sheds newcomers. */
export const ATTACHMENTS_PER_SERVER = 2000;
export const ATTACHMENTS_PER_TERMINAL = 16;
export const ATTACHMENTS_PER_USER = 32;

export const COLS = { min: 2, max: 1000 };
export const ROWS = { min: 1, max: 500 };

export function clamp(value: number, range: { min: number; max: number }): number {
  return Math.min(range.max, Math.max(range.min, Math.trunc(value)));
}

/** The flow control deadlocks or loses bytes when these do not hold, so a wrong ring size stops the start. */
export function assertConsistent(ringBytes: number): void {
  if (!(ACK_EVERY <= LOW_WATER && LOW_WATER < HIGH_WATER && HIGH_WATER + GHOST_RESERVE <= ringBytes)) {
    const least = (HIGH_WATER + GHOST_RESERVE) / KiB;
    throw new RangeError(`WHEELHOUSE_PTY_RING is ${ringBytes} bytes; it must be at least ${least} KiB`);
  }
}
