import { ApiClient, bodyOf, type PlayerApi } from './api-client.js';
import { ProgressClient, type SeenProgress } from './progress-client.js';
import type { SolutionStep } from '../labs/solution.js';
import { TerminalClient } from './terminal-client.js';
import { untilState } from './until-state.js';

/** The shell's prompt, or the second one, of a line that goes on. */
// oxlint-disable-next-line no-control-regex
const PROMPT = /(?:[#$] |(?:^|[\r\n]|\u001b\[\?2004h)> )$/;

export interface BeginOptions {
  service: { url: string };
  operator: PlayerApi;
  lab: string;
  user: string;
  /** For the sandbox to become ready; 180 s unless said otherwise. */
  withinMs?: number;
  /** Of the explanations. */
  locale?: string;
  /** Of whom the progress is asked; the learner's own sees only what the lab's feedback lets them see. */
  watcher?: string;
  /** With drawn values of the parameters. */
  individualise?: boolean;
  signal?: AbortSignal | undefined;
}

export interface PlayerParts {
  api: ApiClient;
  sandbox: string;
  progress: ProgressClient;
  terminal: TerminalClient;
}

/** The points of a `# expect:` did not come. */
export class PointsDiffer extends Error {
  constructor(
    readonly step: Extract<SolutionStep, { kind: 'expect' }>,
    readonly progress: SeenProgress,
    message: string,
  ) {
    super(message);
  }
}

/** A learner made of code: a shell in a sandbox, and the progress as it is pushed. */
export class LabPlayer {
  readonly api: ApiClient;
  readonly sandbox: string;
  readonly progress: ProgressClient;
  readonly terminal: TerminalClient;

  constructor(parts: PlayerParts) {
    this.api = parts.api;
    this.sandbox = parts.sandbox;
    this.progress = parts.progress;
    this.terminal = parts.terminal;
  }

  /** Allocates the lab, waits for `ready` and opens a shell. */
  static async begin<T extends LabPlayer>(this: new (parts: PlayerParts) => T, o: BeginOptions): Promise<T> {
    const { service, operator, lab, user, signal } = o;
    const { individualise = false } = o;
    const asked = await operator.post('/v1/sandboxes', { lab, user, individualise, waitSeconds: 5 });
    const sandbox = bodyOf(asked, lab).id as string;
    const withinMs = o.withinMs ?? 180_000;
    await untilState({ api: operator, sandbox, states: ['ready'], withinMs, signal });
    const { token } = bodyOf(await operator.post(`/v1/users/${user}/tokens`), 'a token');
    const api = new ApiClient(service.url, token);
    const progress = await ProgressClient.open(service.url, sandbox, o.watcher ?? token, o.locale);
    const terminals = `/v1/sandboxes/${sandbox}/terminals`;
    const { id } = bodyOf(await api.post(terminals, {}), 'a terminal');
    const ticket = bodyOf(await api.post(`/v1/terminals/${id}/tickets`, {}), 'a ticket');
    const url = `${service.url.replace('http', 'ws')}${ticket.url}`;
    const terminal = await TerminalClient.connect({ url, cols: 200, rows: 50 });
    await terminal.until(() => PROMPT.test(terminal.text), 30_000, 'the first prompt');
    return new this({ api, sandbox, progress, terminal });
  }

  /** Types a line and waits for the prompt behind its output, as a person would. */
  async type(line: string, withinMs = 90_000): Promise<string> {
    const { terminal } = this;
    const from = terminal.text.length;
    terminal.line(line);
    const output = () => terminal.text.slice(from + line.length);
    await terminal.until(() => PROMPT.test(output()), withinMs, `a prompt after "${line}"`);
    return output();
  }

  /** Waits until the score is exactly this. */
  points(n: number, where: string, withinMs = 60_000): Promise<number> {
    return this.progress.until(`score of ${n} ${where}`, (p) => p.score.points === n, withinMs);
  }

  /** The reference transcript, with the points due at each of its places. Throws PointsDiffer where they differ. */
  async play(
    steps: readonly SolutionStep[],
    o: { patienceMs?: number; onStep?: (step: SolutionStep) => void; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { patienceMs = 60_000, onStep, signal } = o;
    for (const step of steps) {
      signal?.throwIfAborted();
      if (step.kind === 'type') await this.type(step.text);
      else if (step.kind === 'interrupt') await this.interrupted(step.text);
      else await this.due(step, patienceMs);
      onStep?.(step);
    }
  }

  /** Ends its connections; sandbox and shell stay. */
  async detach(): Promise<void> {
    this.progress.close();
    await this.terminal.close();
  }

  /** Gives the sandbox back and waits until it is gone. */
  async leave(operator: PlayerApi): Promise<void> {
    await this.detach();
    await operator.delete(`/v1/sandboxes/${this.sandbox}`);
    const states = ['released', 'failed'];
    await untilState({ api: operator, sandbox: this.sandbox, states, withinMs: 60_000 });
  }

  private async due(step: Extract<SolutionStep, { kind: 'expect' }>, patienceMs: number): Promise<void> {
    try {
      await this.points(step.points, `at solution.sh:${step.line}`, patienceMs);
    } catch (error) {
      throw new PointsDiffer(step, this.progress.latest!, (error as Error).message);
    }
  }

  /** Four replies of a ping, then ctrl-c. */
  private async interrupted(line: string): Promise<void> {
    const { terminal } = this;
    const from = terminal.text.length;
    terminal.line(line);
    const output = () => terminal.text.slice(from);
    const replies = () => (output().match(/icmp_seq=/g) ?? []).length;
    await terminal.until(() => replies() >= 4, 30_000, `four replies to "${line}"`);
    terminal.type('\u0003');
    const prompt = () => PROMPT.test(output().slice(line.length));
    await terminal.until(prompt, 30_000, `a prompt after ctrl-c in "${line}"`);
  }
}
