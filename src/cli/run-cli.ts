import type { CliContext, Command } from './command.js';
import { UsageError } from './command.js';
import { usageOf, usageText } from './usage.js';

/** Finds the command that the first words name, runs it, and resolves with the exit code. */
export async function runCli(
  argv: string[],
  context: CliContext,
  commands: readonly Command[],
): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, i) => argv[i] === word));
  if (!command) {
    context.say(usageText(commands));
    return 2;
  }
  try {
    const run = await command.load();
    return await run(argv.slice(command.name.split(' ').length), context);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    context.say(`wheelhouse: ${text}`);
    if (!isUsage(error)) return 1;
    context.say(usageOf(command));
    return 2;
  }
}

/** Ours, and those of `parseArgs`. */
function isUsage(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? '';
  return error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS_');
}
