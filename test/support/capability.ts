import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Capability = 'root' | 'runc' | 'ovs' | 'chromium' | 'kind' | 'compose' | 'node';

const PATHS: Record<Exclude<Capability, 'root' | 'kind' | 'compose' | 'node'>, string[]> = {
  runc: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/bin/runc'],
  ovs: ['/usr/bin/ovs-vsctl'],
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser'],
};

const BASES = ['debian:bookworm-slim', 'node:20-bookworm-slim'];

function answers(...argv: string[]): boolean {
  try {
    execFileSync('docker', argv, { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** To build the image of the service and to install it. The bases are not fetched by a test. */
function lackingCompose(): string | undefined {
  if (!answers('compose', 'version')) return 'Docker has no compose plugin';
  const absent = BASES.filter((name) => !answers('image', 'inspect', name));
  return absent.length === 0 ? undefined : `the images ${absent.join(', ')} are not here: docker pull them`;
}

/** An image that kind makes nodes from: KIND_IMAGE, or the newest of the name that this project's own machines use. */
export function nodeImage(): string | undefined {
  const named = process.env['KIND_IMAGE'];
  if (named !== undefined) return named;
  try {
    const argv = ['images', '--format', '{{.Repository}}:{{.Tag}}', 'wheelhouse/node'];
    return execFileSync('docker', argv, { encoding: 'utf8', timeout: 10_000 }).split('\n').find(Boolean);
  } catch {
    return undefined;
  }
}

/** To make a real cluster. The node image is not fetched by a test. */
function lackingKind(): string | undefined {
  if (!answers('info')) return 'no Docker engine answers';
  if (!['/usr/local/bin/kind', '/usr/bin/kind'].some((file) => existsSync(file)))
    return 'kind is not installed';
  const image = nodeImage();
  if (image !== undefined && answers('image', 'inspect', image)) return undefined;
  return `there is no node image ${image ?? 'wheelhouse/node'} here; KIND_IMAGE names another one`;
}

function lacking(capability: Capability): string | undefined {
  if (capability === 'root') return process.getuid?.() === 0 ? undefined : 'the tests do not run as root';
  if (capability === 'kind') return lackingKind();
  if (capability === 'compose') return lackingCompose();
  if (capability === 'node') return nodeImage() === undefined ? 'no node image: set KIND_IMAGE' : undefined;
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
