import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { nodeImage } from '../support/capability.js';
import { childGroups, cgroupFolders } from '../../src/linux/cgroup.js';
import { ROOT } from '../../src/config/root.js';

const execute = promisify(execFile);
const PROJECT = 'wheelhouse-image-test';
const IMAGE = 'wheelhouse-image-test';

export interface Ran {
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs a program to its end; the error of a failed one has its output. */
export async function run(
  argv: string[],
  o: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const [program = '', ...args] = argv;
  const begun = performance.now();
  const { stdout, stderr } = await execute(program, args, {
    cwd: o.cwd ?? ROOT,
    env: { ...process.env, ...o.env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout, stderr, seconds: (performance.now() - begun) / 1000 };
}

async function hasImage(name: string): Promise<boolean> {
  return run(['docker', 'image', 'inspect', name]).then(
    () => true,
    () => false,
  );
}

/** An installation by the project's own compose file, beside whatever else this machine runs. */
export class Installation {
  readonly stateDir: string;
  readonly url: string;
  private readonly override: string;

  constructor(private readonly port: number) {
    this.stateDir = mkdtempSync('/var/tmp/wh-image-');
    this.url = `http://127.0.0.1:${port}`;
    this.override = `${this.stateDir}.yml`;
    // A .env of the checkout's owner is none of the test's.
    const lines = ['services:', '  wheelhouse:', `    image: ${IMAGE}`, '    env_file: !reset []'];
    lines.push('    environment:', `      PORT: '${port}'`, "      WHEELHOUSE_POOL: 'off'");
    const node = nodeImage();
    if (node !== undefined) lines.push(`      KIND_IMAGE: ${node}`);
    writeFileSync(this.override, `${lines.join('\n')}\n`);
  }

  /** The image of the service, and one for the database where the public one is not to be had. */
  async build(): Promise<Ran> {
    if (!(await hasImage('postgres:17'))) {
      await run(['docker', 'build', '-q', '-t', 'postgres:17', 'test/install/postgres'], { env: PLAIN });
    }
    return this.compose('build', '-q', 'wheelhouse');
  }

  async imageMiB(): Promise<number> {
    const { stdout } = await run(['docker', 'image', 'inspect', '-f', '{{.Size}}', IMAGE]);
    return Math.round(Number(stdout) / 2 ** 20);
  }

  /** Where the machine's root does not share its mounts, as systemd makes it do, the state folder does it alone. */
  async shareMounts(): Promise<void> {
    const { stdout } = await run(['findmnt', '-n', '-o', 'PROPAGATION', '-T', this.stateDir]);
    if (stdout.trim() === 'shared') return;
    await run(['mount', '--bind', this.stateDir, this.stateDir]);
    await run(['mount', '--make-shared', this.stateDir]);
  }

  compose(...words: string[]): Promise<Ran> {
    const files = ['-f', path.join(ROOT, 'docker-compose.yml'), '-f', this.override];
    const env = { ...PLAIN, WHEELHOUSE_STATE_DIR: this.stateDir };
    return run(['docker', 'compose', '-p', PROJECT, ...files, ...words], { env });
  }

  up(...words: string[]): Promise<Ran> {
    return this.compose('up', '-d', '--no-build', '--wait', '--wait-timeout', '120', ...words);
  }

  /** A program in the container of the service. */
  inside(...argv: string[]): Promise<Ran> {
    return this.compose('exec', '-T', 'wheelhouse', ...argv);
  }

  get operatorKey(): string {
    return readFileSync(path.join(this.stateDir, 'operator.key'), 'utf8').trim();
  }

  get installId(): string {
    return readFileSync(path.join(this.stateDir, 'install-id'), 'utf8').trim();
  }

  /** As the operator would: docs/install.md says the same words. */
  async uninstall(): Promise<string> {
    await this.compose('stop', 'wheelhouse');
    const { stdout } = await this.compose('run', '--rm', '-T', 'wheelhouse', 'wheelhouse', 'uninstall');
    await this.compose('down', '--volumes');
    return stdout;
  }

  /** Whatever happened before. */
  async remove(): Promise<void> {
    if (existsSync(path.join(this.stateDir, 'install-id'))) await this.uninstall();
    else await this.compose('down', '--volumes');
    await run(['umount', this.stateDir]).catch(() => undefined);
    rmSync(this.stateDir, { recursive: true, force: true });
    rmSync(this.override, { force: true });
  }

  /** Names of the lab hosts that have a control group. */
  labHosts(installId: string): string[] {
    return childGroups(`/wheelhouse/${installId}`);
  }

  /** What the engine still holds of clusters: networks by their label, nodes by what they mount. */
  async clusterTraces(installId: string): Promise<string[]> {
    const filter = ['--filter', `label=wheelhouse.install=${installId}`];
    const networks = await run(['docker', 'network', 'ls', '-q', ...filter]);
    const nodes = await run(['docker', 'ps', '-aq', '--filter', 'label=io.x-k8s.kind.cluster']);
    const ids = nodes.stdout.split('\n').filter(Boolean);
    const ours = await Promise.all(
      ids.map(async (id) => {
        // A node of another owner may go meanwhile.
        const seen = await run(['docker', 'inspect', '-f', '{{json .Mounts}}', id]).catch(() => undefined);
        return seen?.stdout.includes(`${this.stateDir}/`) ? id : '';
      }),
    );
    return [...networks.stdout.split('\n'), ...ours].filter(Boolean);
  }

  /** What the engine and the machine still hold of this installation. */
  async leftovers(installId: string): Promise<string[]> {
    const label = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
    const listed = await Promise.all([
      run(['docker', 'ps', '-aq', ...label]),
      run(['docker', 'volume', 'ls', '-q', ...label]),
    ]);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(installId) || line.includes(`${this.stateDir}/`));
    const groups = cgroupFolders(`/wheelhouse/${installId}`).filter((folder) => existsSync(folder));
    const files = existsSync(this.stateDir) ? readdirSync(this.stateDir) : [];
    const { stdout: tables } = await run(['nft', 'list', 'tables']);
    const fences = tables.split('\n').filter((line) => line.includes(installId));
    const seen = listed.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
    return [...seen, ...(await this.clusterTraces(installId)), ...fences, ...mounts, ...groups, ...files];
  }
}

/** The builder that uses local base images without asking a registry for them. */
const PLAIN = { DOCKER_BUILDKIT: '0' };
