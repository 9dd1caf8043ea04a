import { celCompiler, CelError } from './cel.js';

const compile = celCompiler(['ns', 'dep', 'ar']);
const context = {
  observations: {
    ns: [
      { name: 'red', inode: 4026532200, main: false },
      { name: 'green', inode: 4026532300, main: false },
    ],
    dep: null,
    ar: [{ local: '10.0.0.1', prefixlen: 24, ratio: 0.5 }],
  },
  lab: { net: '10.0.0', replicas: 4 },
  past: { start: { ns: [] } },
  sandbox: {},
};
const run = (source: string) => compile(source).run(context);

describe('CEL', () => {
  it.each([
    "distinct(ns.filter(n, n.name in ['red', 'green']).map(n, n.inode))",
    'ns[0].inode + 1 == 4026532201',
    "ar.exists(a, a.local == lab.net + '.1' && a.prefixlen == 24 && a.ratio < 1.0)",
    'dep == null || dep.status.replicas < lab.replicas - 1',
    "cidr(ar[0].local, lab.net + '.0/24')",
    "quantity('64Mi') == 67108864.0",
    "size(past['start'].ns) == 0",
  ])('is true: %s', (source) => {
    expect(run(source)).toEqual({ truth: 'T' });
  });

  it.each([
    'ns[0].nope == 1',
    'ns[7].name == "red"',
    'dep.status.replicas > 1',
    'dep.exists(d, true)',
    "past['bridge'].ns == null",
    'int(ns[0].name) > 1',
  ])('is false, not a fault, where something is not there yet: %s', (source) => {
    expect(run(source)).toMatchObject({ truth: 'F', kind: 'missing' });
  });

  it.each(['ns[0].name > 1', 'ns.exists(n, n.inode + "x" == "")', 'ns'])(
    'is a defect of the lab where types do not fit the data: %s',
    (source) => {
      expect(run(source)).toMatchObject({ truth: 'U', kind: 'defect' });
    },
  );

  it.each([
    'nowhere == 1',
    '1 +',
    '1 + 2',
    `'a' + 1 == 'b'`,
    'ns.exists(n, now())',
    `${'1 + '.repeat(600)}1 == 1`,
  ])('refuses to load: %s', (source) => {
    expect(() => compile(source)).toThrow(CelError);
  });

  it('knows which observations and which earlier ones an expression reads', () => {
    const program = compile("ns.exists(n, n.name == past['bridge'].dep.x) && past.start != null");
    expect(program.reads).toEqual(['ns']);
    expect(program.past.toSorted()).toEqual(['bridge', 'start']);
  });
});
