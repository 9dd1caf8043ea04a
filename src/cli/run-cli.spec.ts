import type { CliContext, Command } from './command.js';
import { UsageError } from './command.js';
import { COMMANDS } from './commands.js';
import { runCli } from './run-cli.js';

function context(): CliContext & { told: string[]; answered: string[] } {
  const told: string[] = [];
  const answered: string[] = [];
  return {
    told,
    answered,
    config: () => {
      throw new Error('no configuration in this test');
    },
    env: {},
    cwd: '/',
    out: (text) => void answered.push(text),
    say: (text) => void told.push(text),
  };
}

const command = (name: string, run: (args: string[]) => Promise<number>): Command => ({
  name,
  usage: '<x>',
  about: ['about it'],
  load: () => Promise.resolve(run),
});

describe('the commands of wheelhouse', () => {
  it('have a module each that exports what runs', async () => {
    for (const { name, load } of COMMANDS) expect([name, typeof (await load())]).toEqual([name, 'function']);
  });

  it('are found by their words, and get the rest as arguments', async () => {
    const seen: string[][] = [];
    const list = [
      command('lab lint', (args) => {
        seen.push(args);
        return Promise.resolve(0);
      }),
      command('lab test', () => Promise.resolve(7)),
    ];
    expect(await runCli(['lab', 'lint', 'a', '--b'], context(), list)).toBe(0);
    expect(seen).toEqual([['a', '--b']]);
    expect(await runCli(['lab', 'test'], context(), list)).toBe(7);
  });

  it('are listed when none fits', async () => {
    const c = context();
    expect(await runCli(['lab'], c, [command('lab lint', () => Promise.resolve(0))])).toBe(2);
    expect(c.told.join('\n')).toContain('wheelhouse lab lint <x>\n        about it');
  });

  it('end with 2 and their usage when they are not understood, and with 1 when something is wrong', async () => {
    const c = context();
    const unclear = command('a', () => Promise.reject(new UsageError('which folder?')));
    expect(await runCli(['a'], c, [unclear])).toBe(2);
    expect(c.told).toEqual(['wheelhouse: which folder?', '  wheelhouse a <x>\n        about it']);
    const broken = context();
    const failing = command('a', () => Promise.reject(new Error('no service answers')));
    expect(await runCli(['a'], broken, [failing])).toBe(1);
    expect(broken.told).toEqual(['wheelhouse: no service answers']);
  });

  it('refuse options that they do not have', async () => {
    const c = context();
    expect(await runCli(['lab', 'lint', '--quick'], c, COMMANDS)).toBe(2);
    expect(c.told.join('\n')).toMatch(/--quick[\s\S]*wheelhouse lab lint/);
  });
});
