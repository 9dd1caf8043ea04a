import { readFileSync } from 'node:fs';
import { GradeClient } from '../../bench/grade-client.js';
import { Api } from './api.js';
import { TerminalClient } from './terminal-client.js';
import type { TestService } from './test-app.js';

const PROMPT = /[#$] $/;

/** A learner in a sandbox: a shell, and the progress as it is pushed. */
export class LabPlayer {
  private constructor(
    readonly api: Api,
    readonly sandbox: string,
    readonly progress: GradeClient,
    readonly terminal: TerminalClient,
  ) {}

  /** Allocates the lab, waits for `ready` and opens a shell. */
  static async begin(o: {
    service: TestService;
    operator: Api;
    lab: string;
    user: string;
    withinMs?: number;
  }): Promise<LabPlayer> {
    const { service, operator, lab, user } = o;
    const made = await operator.post('/v1/sandboxes', { lab, user, waitSeconds: 30 });
    if (made.status >= 400) throw new Error(`${lab}: ${made.body.code}: ${made.body.detail}`);
    const sandbox = made.body.id as string;
    await untilReady(operator, sandbox, o.withinMs ?? 180_000);
    const { body } = await operator.post(`/v1/users/${user}/tokens`);
    const api = new Api(service.url, body.token);
    const progress = await GradeClient.open(service.url, sandbox, body.token);
    const opened = await api.post(`/v1/sandboxes/${sandbox}/terminals`, {});
    const ticket = await api.post(`/v1/terminals/${opened.body.id}/tickets`, {});
    const url = `${service.url.replace('http', 'ws')}${ticket.body.url}`;
    const terminal = await TerminalClient.connect({ url, cols: 200, rows: 50 });
    await terminal.until(() => PROMPT.test(terminal.text), 10_000, 'the first prompt');
    return new LabPlayer(api, sandbox, progress, terminal);
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

  /** The reference transcript of the lab, with the score that is due at each of its points. */
  async solve(lab: string): Promise<void> {
    const lines = readFileSync(`labs/${lab}/solution.sh`, 'utf8').trimEnd().split('\n');
    for (const [index, line] of lines.entries()) {
      const due = /^# expect: (\d+)$/.exec(line);
      if (due) await this.points(Number(due[1]), `before line ${index + 1} of ${lab}/solution.sh`);
      else if (lines[index + 1] === '# press: ctrl-c') await this.interrupted(line);
      else if (!line.startsWith('#')) await this.type(line);
    }
  }

  async leave(operator: Api): Promise<void> {
    this.progress.close();
    await this.terminal.close();
    await operator.delete(`/v1/sandboxes/${this.sandbox}`);
    await untilState(operator, this.sandbox, ['released', 'failed'], 60_000);
  }

  /** Four replies of a ping, then ctrl-c, as in the course. */
  private async interrupted(line: string): Promise<void> {
    const { terminal } = this;
    const from = terminal.text.length;
    terminal.line(line);
    const output = () => terminal.text.slice(from);
    await terminal.until(
      () => (output().match(/icmp_seq=/g) ?? []).length >= 4,
      15_000,
      `four replies to "${line}"`,
    );
    terminal.type('\u0003');
    await terminal.until(
      () => PROMPT.test(output().slice(line.length)),
      5000,
      `a prompt after ctrl-c in "${line}"`,
    );
  }
}

export function untilReady(operator: Api, sandbox: string, withinMs: number): Promise<void> {
  return untilState(operator, sandbox, ['ready'], withinMs);
}

export async function untilState(
  operator: Api,
  sandbox: string,
  states: string[],
  withinMs: number,
): Promise<void> {
  for (const end = Date.now() + withinMs; ;) {
    const { body } = await operator.get(`/v1/sandboxes/${sandbox}`);
    if (states.includes(body.state)) return;
    if (['released', 'failed'].includes(body.state) || Date.now() > end) {
      const steps = await operator.get(`/v1/sandboxes/${sandbox}/steps`);
      const told = JSON.stringify({ failure: body.failure, steps: steps.body.items }, null, 1);
      throw new Error(`${sandbox} is ${body.state}, not ${states.join(' or ')}: ${told}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
