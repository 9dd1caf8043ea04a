import type { HostDriver, PtySpec } from '../drivers/host-driver.js';
import type { SandboxDirectory } from '../sandbox/live-sandbox.js';
import { EchoPty } from './pty/echo-pty.js';
import { openShell, type ShellTarget } from './shell-opener.js';

async function spec(target: ShellTarget): Promise<PtySpec> {
  let seen: PtySpec | undefined;
  const driver = {
    openPty: (_id: string, _attempt: number, asked: PtySpec) => {
      seen = asked;
      return Promise.resolve(new EchoPty());
    },
  } as unknown as HostDriver;
  const directory = { find: () => ({ attempt: 1 }) } as unknown as SandboxDirectory;
  await openShell({ driver, directory }, { sandboxId: 'sb_a', target, size: { cols: 90, rows: 20 } });
  return seen!;
}

describe('the command of a terminal', () => {
  it('is a login shell with an environment of its own', async () => {
    const { argv, env, cols } = await spec({ kind: 'labhost' });
    expect([argv, cols]).toEqual([['/bin/bash', '-l'], 90]);
    expect(Object.keys(env)).toEqual(expect.arrayContaining(['TERM', 'HOME', 'PATH']));
    expect(JSON.stringify(env)).not.toContain('WHEELHOUSE');
  });

  it('is the learner’s own kubectl for a pod, with names as arguments and never as shell text', async () => {
    const pod = { namespace: 'web', name: 'api-0', container: 'main' };
    const { argv } = await spec({ kind: 'labhost', pod });
    expect(argv.slice(0, 2)).toEqual(['/bin/bash', '-lc']);
    expect(argv[2]).not.toMatch(/web|api-0|main/);
    expect(argv.slice(4)).toEqual(['--namespace=web', '--container=main', 'pod/api-0']);
  });
});
