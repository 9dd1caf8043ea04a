import type { AppConfig } from '../config/app-config.js';

/** What a command gets from the process that runs it. */
export interface CliContext {
  /** Parsed on first use: what needs no service works whatever the environment holds. Throws ConfigError. */
  config: () => AppConfig;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** One line on standard output: the answer. */
  out: (text: string) => void;
  /** One line on standard error: progress and warnings. */
  say: (text: string) => void;
}

/** Resolves with the exit code: 0 = as wanted, 1 = it was looked at and is not, 2 = not understood. */
export type Run = (args: string[], context: CliContext) => Promise<number>;

export interface Command {
  /** `lab lint`. */
  name: string;
  /** What stands behind the name: `<folder…>`. */
  usage: string;
  /** Lines of the usage text. */
  about: string[];
  /** Modules are loaded only for the command that runs: the service's own are heavy. */
  load: () => Promise<Run>;
}

/** The arguments make no sense; the command's usage is shown behind the message. */
export class UsageError extends Error {}
