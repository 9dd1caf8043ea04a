import { existsSync, readFileSync } from 'node:fs';
import { isRoot, long, run, say } from './steps.mjs';

/** Debian package -> a file that shows that it is there, and what needs it. */
const NEEDED = {
  build: { 'g++': '/usr/bin/g++', make: '/usr/bin/make', python3: '/usr/bin/python3' },
  labhost: {
    runc: '/usr/sbin/runc',
    iproute2: '/sbin/ip',
    curl: '/usr/bin/curl',
    nftables: '/usr/sbin/nft',
    mmdebstrap: '/usr/bin/mmdebstrap',
    tcpdump: '/usr/bin/tcpdump',
    'iputils-ping': '/bin/ping',
    'libc6-dev': '/usr/include/stdio.h',
    'debian-archive-keyring': '/usr/share/keyrings/debian-archive-keyring.gpg',
    'ca-certificates': '/etc/ssl/certs/ca-certificates.crt',
  },
  test: { chromium: '/usr/bin/chromium', 'openvswitch-switch': '/usr/bin/ovs-vsctl' },
};

const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'];

function has(name, file) {
  if (name === 'python3') return PYTHONS.some((p) => existsSync(p));
  if (name === 'runc')
    return ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc', '/usr/local/bin/runc'].some((p) =>
      existsSync(p),
    );
  return existsSync(file);
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Installs the Debian packages of these groups that are missing. Without root or Debian it prints what to run and
 * returns the names that stay missing.
 */
export async function ensurePackages(groups) {
  const wanted = Object.assign({}, ...groups.map((g) => NEEDED[g]));
  const missing = Object.entries(wanted)
    .filter(([name, file]) => !has(name, file))
    .map(([name]) => name);
  if (missing.length === 0) return [];
  if (!isDebian()) {
    say(`this is no Debian: install what corresponds to ${missing.join(' ')}`);
    return missing;
  }
  if (!isRoot) {
    say('not root: the following is missing; to install it, run');
    say(`    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing.join(' ')}`);
    return missing;
  }
  await long(`installing Debian packages: ${missing.join(' ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update', '-qq'], { env });
    await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  });
  return [];
}
