import type { CliContext } from './cli/command.js';
import { COMMANDS } from './cli/commands.js';
import { runCli } from './cli/run-cli.js';
import { loadConfig } from './config/app-config.js';

const context: CliContext = {
  config: () => loadConfig(process.env, { cwd: process.cwd(), isRoot: process.getuid?.() === 0 }),
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(`${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
};

process.exit(await runCli(process.argv.slice(2), context, COMMANDS));
