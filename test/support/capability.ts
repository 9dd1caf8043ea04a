import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Capability = 'root' | 'runc' | 'ovs' | 'chromium' | 'kind';

const PATHS: Record<Exclude<Capability, 'root' | 'kind'>, string[]> = {
  runc: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/bin/runc'],
  ovs: ['/usr/bin/ovs-vsctl'],
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser'],
};

function lacking(capability: Capability): string | undefined {
  if (capability === 'root') return process.getuid?.() === 0 ? undefined : 'the tests do not run as root';
  if (capability === 'kind') {
    try {
      execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
      return undefined;
    } catch {
      return 'no Docker engine answers';
    }
  }
  return PATHS[capability].some((p) => existsSync(p)) ? undefined : `${PATHS[capability][0]} is missing`;
}

/**
 * A describe block that needs parts of the machine. What is lacking is printed with its reason; where
 * WHEELHOUSE_REQUIRE names it, the lack is a failed test.
 */
export function describeWith(capabilities: Capability[], name: string, body: () => void): void {
  const reasons = capabilities.flatMap((c) => {
    const reason = lacking(c);
    return reason === undefined ? [] : [{ c, reason }];
  });
  if (reasons.length === 0) {
    describe(name, body);
    return;
  }
  const text = reasons.map(({ c, reason }) => `${c}: ${reason}`).join('; ');
  const required = (process.env['WHEELHOUSE_REQUIRE'] ?? '').split(',');
  const fatal = reasons.some(({ c }) => required.includes(c) || (c === 'root' && required.includes('runc')));
  describe(name, () => {
    it(`is left out, as this machine lacks ${text}`, () => {
      process.stderr.write(`LEFT OUT: ${name}: ${text}\n`);
      if (fatal) throw new Error(`WHEELHOUSE_REQUIRE asks for what is missing: ${text}`);
    });
  });
}
