import { readdirSync } from 'node:fs';
import { runCommand } from '../../linux/exec/command.js';
import type { Fence } from '../../linux/fence/fence.js';
import type { Layout } from './layout.js';
import { isLinkOf } from './link-names.js';
import { lookAtInterface } from './link-state.js';

/** Removes every link of the installation, then their fences, then the tables if no cluster is left behind them. */
export async function sweepLinks(o: { layout: Layout; fence: Fence }): Promise<void> {
  const fenced = await o.fence.ports();
  const marked = readdirSync('/sys/class/net').filter((name) =>
    isLinkOf(o.layout.installId, lookAtInterface(name)?.alias ?? ''),
  );
  for (const name of new Set([...fenced, ...marked])) {
    if (!lookAtInterface(name)) continue;
    await runCommand({ argv: ['ip', 'link', 'delete', 'dev', name], timeoutMs: 10_000 }).catch(
      (error: unknown) => {
        // It may have gone with its lab host meanwhile.
        if (lookAtInterface(name)) throw error;
      },
    );
  }
  for (const name of fenced) await o.fence.removePort(name);
  await o.fence.sweepIfEmpty();
}
