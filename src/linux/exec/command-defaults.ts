/** All that a child sees of our environment, unless the caller names more. */
export const CHILD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Bytes kept of each stream. */
export const DEFAULT_OUTPUT = 64 * 1024;
/** Bytes of output that an error shows. */
export const ERROR_TAIL = 4096;
/** After the end of a command, how long a pipe may stay open in the hands of a grandchild before we stop listening. */
export const PIPE_GRACE_MS = 200;
