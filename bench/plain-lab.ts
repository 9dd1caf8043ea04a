import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/config/root.js';
import type { BenchContext } from './harness.js';

export const PLAIN_LAB = 'bench-plain';

const LAB_YAML = `apiVersion: wheelhouse/v1
kind: Lab
id: ${PLAIN_LAB}
version: 1.0.0
title: { fr: Mesure, en: Bench }
summary: { fr: Hôte sans commutateur., en: A host without a switch. }
locales: [fr, en]
duration: 45m
passMark: 1
sandbox: { host: {}, requires: [netns] }
observe:
  ns: { netns.list: {} }
objectives:
  - id: red
    title: { fr: Créer red, en: Create red }
    weight: 1
    assert: { match: { ns: [{ name: red }] } }
`;

const FILES: Record<string, string> = {
  'lab.yaml': LAB_YAML,
  'instructions.fr.md': '# Mesure\n\n`ip netns add red`\n',
  'instructions.en.md': '# Bench\n\n`ip netns add red`\n',
  'fixtures/pass-all.json': JSON.stringify({
    observations: { ns: [{ name: 'red', inode: 4026532200, main: false, dup: false }] },
    expect: { red: true },
  }),
  'fixtures/fail-red.json': JSON.stringify({ observations: { ns: [] }, expect: { red: false } }),
};

/** A folder of labs with one that asks for namespaces alone; removed with the bench. */
export function makePlainLab(context: BenchContext): string {
  const folder = mkdtempSync('/var/tmp/wheelhouse-labs-');
  context.defer(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, PLAIN_LAB, 'fixtures'), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, PLAIN_LAB, name), text);
  return folder;
}

/** The same folder with labs of this repository beside that one. */
export function makeBenchLabs(context: BenchContext, labs: readonly { lab: string }[]): string {
  const folder = makePlainLab(context);
  for (const { lab } of labs)
    cpSync(path.join(ROOT, 'labs', lab), path.join(folder, lab), { recursive: true });
  return folder;
}
