import { readFileSync } from 'node:fs';
import os from 'node:os';

function number(file: string, fallback: number): number {
  try {
    return Number(readFileSync(file, 'utf8').trim());
  } catch {
    return fallback;
  }
}

/** Size and limits of this machine; memory in MiB. Fallbacks are the kernel's defaults. */
export function readMachine() {
  return {
    cores: os.cpus().length,
    memMiB: Math.floor(os.totalmem() / 1024 / 1024),
    pidMax: number('/proc/sys/kernel/pid_max', 32768),
    inotifyMax: number('/proc/sys/fs/inotify/max_user_instances', 128),
    ptyMax: number('/proc/sys/kernel/pty/max', 4096),
  };
}
