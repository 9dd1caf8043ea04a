import type { ClusterContext } from './grading-kind.js';

/** A lab host that has no link to the cluster: its files are read, and what it asks for is not reached. */
export async function hostFiles(context: ClusterContext): Promise<void> {
  const { cluster, hosts } = context;
  const lab = await hosts.start();
  await lab.inside(
    'mkdir /run/d; echo " found it " > /run/d/note; chmod 640 /run/d/note; ln -s note /run/d/link',
  );
  await lab.inside('mkfifo /run/d/fifo; head -c 5000 /dev/zero > /run/d/big; ln -s /etc /run/d/out');
  const file = (name: string) => ({ 'host.file': { path: name } });
  const rig = context.rig({
    host: lab.prober,
    observe: {
      note: file('/run/d/note'),
      none: file('/run/d/none'),
      link: file('/run/d/link'),
      out: file('/run/d/out/passwd'),
      fifo: file('/run/d/fifo'),
      big: file('/run/d/big'),
      proc: file('/proc/version'),
      away: { 'http.get': { from: 'main', to: { addr: cluster.nodes[0]!.address }, port: 6443 } },
    },
    objectives: [{ id: 'any', assert: { cel: 'false' } }],
  });
  const { note, none, away, ...refused } = await rig.observeAll();
  expect(note!.value).toEqual({ size: 11, mode: '0640', owner: 0, text: 'found it' });
  expect(none).toEqual({ value: null, fault: null });
  const codes = Object.entries(refused).map(([name, { fault }]) => [name, fault?.cause, fault?.code]);
  expect(codes).toEqual([
    ['link', 'tenant', 'refused'],
    ['out', 'tenant', 'refused'],
    ['fifo', 'tenant', 'refused'],
    ['big', 'tenant', 'too-large'],
    ['proc', 'tenant', 'refused'],
  ]);
  expect(away!.value).toMatchObject({ responses: [{ status: null, error: expect.any(String) }] });
}
