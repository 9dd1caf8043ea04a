import { execFileSync } from 'node:child_process';

const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const SUITES = new Set(['bookworm', 'trixie', 'forky', 'stable', 'oldstable', 'testing', 'sid', 'unstable']);

function run(program, args) {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
  } catch {
    return '';
  }
}

/** The Debian mirror that this machine's own apt uses; `deb.debian.org` where it names none that fits. */
export function debianMirror() {
  const targets = run('apt-get', [
    'indextargets',
    '--format',
    '$(SITE) $(RELEASE) $(COMPONENT)',
    'Created-By: Packages',
  ]);
  for (const line of targets.split('\n')) {
    const [site, release, component] = line.split(' ');
    if (component === 'main' && SUITES.has(release) && /^https?:/.test(site)) return site.replace(/\/$/, '');
  }
  return DEFAULT_MIRROR;
}

/** How this machine's apt reaches its mirror (proxies, certificates), as options for another apt. */
export function aptTransport() {
  return run('apt-config', ['dump'])
    .split('\n')
    .filter((line) => /^Acquire::https?::.* ".+";$/.test(line));
}
