import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { envSchema } from '../../src/config/env.schema.js';
import { ROOT } from '../../src/config/root.js';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface ComposeService {
  image: string;
  environment: Record<string, string>;
  volumes: string[];
  privileged?: boolean;
  network_mode?: string;
  pid?: string;
  cgroup?: string;
}
interface Compose {
  services: Record<'wheelhouse' | 'database', ComposeService>;
  volumes: Record<string, unknown>;
}

/** Lines of a Dockerfile, continued ones joined, comments left out. */
function instructions(file: string): string[] {
  const lines = read(file)
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** Sources of COPY that come from the checkout. */
function copied(lines: string[]): string[] {
  return lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
}

/** Only `*` within one folder is used. */
function matches(pattern: string): boolean {
  const folder = path.join(ROOT, path.dirname(pattern));
  if (!pattern.includes('*')) return existsSync(path.join(ROOT, pattern));
  const [before = '', after = ''] = path.basename(pattern).split('*');
  return readdirSync(folder).some((name) => name.startsWith(before) && name.endsWith(after));
}

const known = Object.keys(envSchema.shape);
const forTests = ['WHEELHOUSE_PTY_LOCAL', 'WHEELHOUSE_RATE_LIMITS', 'WHEELHOUSE_FAULT'];

describe('the files of an installation with Docker', () => {
  const compose = parse(read('docker-compose.yml')) as Compose;
  const docs = read('docs/install.md');

  it('give the service variables that it knows, and none else', () => {
    const given = Object.keys(compose.services.wheelhouse.environment);
    expect(given).toContain('DATABASE_URL');
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
    const parsed = envSchema.safeParse({
      DATABASE_URL: compose.services.wheelhouse.environment['DATABASE_URL'],
    });
    expect(parsed.error).toBeUndefined();
  });

  it('take from .env only what the service knows too, as it gets the whole file', () => {
    const names = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)/g)].map((found) => found[1]!);
    expect(names).toContain('WHEELHOUSE_STATE_DIR');
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('name every volume that they use, and the same state folder inside and outside', () => {
    const mounts = Object.values(compose.services).flatMap((service) => service.volumes);
    const named = mounts.map((mount) => mount.split(':')[0]!).filter((source) => /^[a-z]/.test(source));
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    const folder = compose.services.wheelhouse.environment['WHEELHOUSE_STATE_DIR']!;
    expect(mounts).toContain(`${folder}:${folder}:rshared`);
  });

  it('give the service the namespaces of the machine, and the database no network', () => {
    const { wheelhouse, database } = compose.services;
    expect(wheelhouse).toMatchObject({ privileged: true, network_mode: 'host', pid: 'host', cgroup: 'host' });
    expect(database.network_mode).toBe('none');
  });

  it.each(['Dockerfile', 'test/install/postgres/Dockerfile'])(
    '%s starts from images of a fixed version',
    (file) => {
      const bases = instructions(file).filter((line) => line.startsWith('FROM '));
      expect(bases.length).toBeGreaterThan(0);
      for (const base of bases)
        expect(base).toMatch(/^FROM [a-z]+:[0-9a-z.-]*(20|bookworm)[0-9a-z.-]*( AS [a-z]+)?$/);
      expect(compose.services.database.image).toMatch(/^postgres:\d+$/);
    },
  );

  it('copy only what the checkout has, and what .dockerignore lets through', () => {
    const sources = copied(instructions('Dockerfile'));
    expect(sources).toContain('labs');
    expect(sources.filter((source) => !matches(source))).toEqual([]);
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const first = sources.filter((source) => source !== '.').map((source) => source.split('/')[0]!);
    expect(first.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(allowed.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });

  it('describe every variable of the service, and no other', () => {
    const rows = [...docs.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap((row) =>
      [...row[1]!.matchAll(/[A-Z_]+/g)].map((name) => name[0]),
    );
    const unsaid = known.filter((name) => !rows.includes(name) && !forTests.includes(name));
    expect(unsaid).toEqual([]);
    expect(rows.filter((name) => !known.includes(name))).toEqual([]);
  });
});
