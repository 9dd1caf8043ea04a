import { parseArgs } from 'node:util';
import { createLogger } from '../common/logger.js';
import { abandonedScratchFolders, removeScratchFolder } from '../player/scratch-folder.js';
import { uninstall } from '../uninstall.js';
import type { Run } from './command.js';

export const uninstallCommand: Run = async (args, context) => {
  parseArgs({ args });
  const config = context.config();
  for (const folder of abandonedScratchFolders()) {
    context.out(`removing ${folder}, which an interrupted trial of a lab left`);
    await removeScratchFolder(folder, config.dockerHost);
  }
  await uninstall(config, createLogger('error'), context.out);
  return 0;
};
