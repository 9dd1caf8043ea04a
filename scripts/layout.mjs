import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

/** Rules of the house that no linter knows: file sizes, and who may import what. */
const MAX_LINES = 400;
const MAX_MEDIAN = 80;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'generated') yield* sources(file);
    else if (entry.name.endsWith('.ts')) yield file;
  }
}

const RULES = [
  {
    what: 'only src/linux/exec (and the PTY) starts processes',
    test: /from 'node:child_process'/,
    home: /^src\/(linux\/exec\/|terminal\/pty\/)/,
  },
  {
    what: 'only src/config reads the environment (main.ts hands it over)',
    test: /process\.env/,
    home: /^src\/(config\/|main\.ts|cli\.ts)/,
  },
  {
    what: 'src/linux knows no Nest and no database',
    test: /from '(@nestjs|.*\/database\/)/,
    in: /^src\/linux\//,
  },
  {
    what: 'only database, repositories, queries and the feature edges use the generated client',
    test: /database\/generated/,
    home: /^src\/(database\/|.*(repository|outbox|interceptor|service)\.ts)/,
  },
  {
    what: 'core logic does not reach into a driver',
    test: /from '.*drivers\/(oci|kind|fake|disabled)\//,
    home: /^src\/drivers\//,
  },
];

const problems = [];
const sizes = [];
for (const file of sources(path.join(ROOT, 'src'))) {
  const name = path.relative(ROOT, file);
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) problems.push(`${name}: ${lines} lines, at most ${MAX_LINES}`);
  if (name.endsWith('.spec.ts')) continue;
  sizes.push(lines);
  for (const rule of RULES) {
    const applies = rule.in ? rule.in.test(name) : !rule.home.test(name);
    if (applies && rule.test.test(text)) problems.push(`${name}: ${rule.what}`);
  }
}
sizes.sort((a, b) => a - b);
const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
if (median > MAX_MEDIAN) problems.push(`the median file has ${median} lines, at most ${MAX_MEDIAN}`);
process.stdout.write(`layout: ${sizes.length} files, median ${median} lines, longest ${sizes.at(-1)}\n`);
for (const problem of problems) process.stderr.write(`layout: ${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);
