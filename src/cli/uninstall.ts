import { parseArgs } from 'node:util';
import { createLogger } from '../common/logger.js';
import { uninstall } from '../uninstall.js';
import type { Run } from './command.js';

export const uninstallCommand: Run = async (args, { config, out }) => {
  parseArgs({ args });
  await uninstall(config(), createLogger('error'), out);
  return 0;
};
