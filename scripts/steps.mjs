import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const isRoot = process.getuid?.() === 0;

const started = performance.now();

/** One line of progress, with the seconds since the start. */
export function say(text) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`[${seconds} s] ${text}\n`);
}

/** Runs a command with its output shown only if it fails; rejects with the command and its last lines. */
export function run(argv, { env = {}, cwd = ROOT, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let tail = '';
    const keep = (bytes) => (tail = (tail + bytes).slice(-8000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(tail);
      else reject(new Error(`${argv.join(' ')} ended with ${code}\n${tail}`));
    });
  });
}

/** Says every ten seconds that a long step still runs. */
export async function long(what, task) {
  say(what);
  const begun = performance.now();
  const timer = setInterval(
    () => say(`  … ${what}: ${Math.round((performance.now() - begun) / 1000)} s`),
    10_000,
  );
  try {
    return await task();
  } finally {
    clearInterval(timer);
  }
}

function* filesOf(entry) {
  if (!existsSync(entry)) return;
  if (!statSync(entry).isDirectory()) {
    yield entry;
    return;
  }
  for (const name of readdirSync(entry).sort()) yield* filesOf(path.join(entry, name));
}

/** SHA-256 over the given files and folders of the checkout. */
export function digest(entries, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const entry of entries) {
    for (const file of filesOf(path.join(ROOT, entry))) {
      hash.update(path.relative(ROOT, file)).update('\0').update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/** Runs `task` unless it ran with the same inputs before. Stamps live in node_modules and go with it. */
export async function once(name, inputs, task) {
  const folder = path.join(ROOT, 'node_modules/.wheelhouse');
  const file = path.join(folder, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === inputs) return false;
  await task();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, inputs);
  return true;
}
