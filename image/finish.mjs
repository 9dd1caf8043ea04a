import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const SOURCE = import.meta.dirname;
const INIT = 'usr/lib/wheelhouse/init';

/** Mount points that the read-only root must have. */
const MOUNT_POINTS = [
  'proc',
  'sys',
  'dev',
  'run',
  'tmp',
  'var',
  'root',
  'etc/netns',
  'etc/openvswitch',
].concat(['usr/local/lib/wheelhouse/bin']);
/** Nothing of these is of use without a package manager, a service manager or a login. */
const REMOVE = [
  'boot',
  'home',
  'media',
  'mnt',
  'opt',
  'srv',
  'var',
  'tmp',
  'dev',
  'run',
  'root',
  'usr/include',
].concat(
  [
    'usr/share/doc',
    'usr/share/info',
    'usr/share/lintian',
    'usr/share/locale',
    'usr/lib/systemd',
    'usr/lib/udev',
  ],
  [
    'usr/share/zsh',
    'usr/share/fish',
    'etc/init.d',
    'etc/cron.daily',
    'etc/systemd',
    'etc/pam.d',
    'etc/ssl/private',
  ],
);
/** What the labs and the driver rely on; a build without one of them must not become an image. */
const REQUIRED = [INIT, 'usr/bin/bash', 'usr/bin/ping', 'usr/bin/ovs-vsctl', 'usr/sbin/ovs-vswitchd'].concat(
  [
    'usr/sbin/ovsdb-server',
    'usr/sbin/nft',
    'usr/bin/tcpdump',
    'usr/bin/curl',
    'usr/bin/kubectl',
    'usr/bin/jq',
  ],
  [
    'usr/bin/less',
    'usr/bin/man',
    'usr/bin/vi',
    'usr/bin/nano',
    'usr/share/man/man8/ip-netns.8.gz',
    'etc/passwd',
  ],
);

function exists(file) {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** iproute2 has moved between /bin, /sbin and /usr over the releases; /usr is merged in all that we use. */
function ipProgram(root) {
  return ['usr/bin/ip', 'usr/sbin/ip'].some((file) => exists(path.join(root, file)));
}

function copyFirst(root, from, to) {
  const found = from.map((file) => path.join(root, file)).find((file) => existsSync(file));
  if (found) cpSync(found, path.join(root, to));
}

/** What the packages' own scripts would do, as far as a lab host needs it: the packages are unpacked, not configured. */
function configure(root) {
  copyFirst(root, ['usr/share/base-passwd/passwd.master'], 'etc/passwd');
  copyFirst(root, ['usr/share/base-passwd/group.master'], 'etc/group');
  const passwd = readFileSync(path.join(root, 'etc/passwd'), 'utf8').replace(
    /^(root:).*$/m,
    '$1x:0:0:root:/root:/bin/bash',
  );
  writeFileSync(path.join(root, 'etc/passwd'), passwd);
  copyFirst(root, ['usr/share/libc-bin/nsswitch.conf'], 'etc/nsswitch.conf');
  for (const [link, target] of Object.entries(
    JSON.parse(readFileSync(path.join(SOURCE, 'links.json'), 'utf8')),
  )) {
    const at = path.join(root, link);
    if (exists(at)) continue;
    if (!exists(path.resolve(path.dirname(at), target)))
      throw new Error(`links.json: ${link}: no ${target} in the packages`);
    symlinkSync(target, at);
  }
  cpSync(path.join(SOURCE, 'files'), root, { recursive: true });
  execFileSync('ldconfig', ['-r', root], { stdio: 'ignore' });
  const completions = path.join(root, 'usr/share/bash-completion/completions');
  const kubectl = execFileSync('/usr/sbin/chroot', [root, '/usr/bin/kubectl', 'completion', 'bash'], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/usr/sbin' },
  });
  writeFileSync(path.join(completions, 'kubectl'), kubectl);
}

function compileInit(root) {
  const at = path.join(root, INIT);
  mkdirSync(path.dirname(at), { recursive: true });
  execFileSync('cc', ['-O2', '-static', '-s', '-Wall', '-Wextra', '-o', at, path.join(SOURCE, 'init.c')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * The image is shared by all learners and its files belong to nobody inside: all must be readable, and nothing may be
 * writable, set-id or a device, in case a learner gets rid of the read-only mount.
 */
function harden(root) {
  const find = (...args) =>
    execFileSync('find', [root, '-xdev', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  find('(', '-type', 'b', '-o', '-type', 'c', '-o', '-type', 'p', '-o', '-type', 's', ')', '-delete');
  execFileSync('chmod', ['-R', 'a+rX,go-w,ug-s,-t', root]);
}

/** Turns unpacked packages into the image of the lab hosts. Throws when something that labs rely on is missing. */
export function finishImage(root) {
  configure(root);
  compileInit(root);
  for (const name of REMOVE) rmSync(path.join(root, name), { recursive: true, force: true });
  for (const name of MOUNT_POINTS) mkdirSync(path.join(root, name), { recursive: true });
  harden(root);
  const missing = REQUIRED.filter((file) => !exists(path.join(root, file)));
  if (!ipProgram(root)) missing.push('ip');
  if (missing.length > 0) throw new Error(`the packages lack ${missing.join(', ')}`);
}
