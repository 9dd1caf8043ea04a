import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/config/root.js';
import { parseSolution } from '../src/labs/solution.js';
import { PLAIN_LAB } from './plain-lab.js';

/** A lab, what is typed for full marks, and one line that takes an objective away and one that gives it back. */
export interface GradedLab {
  lab: string;
  lines: string[];
  objective: string;
  undo: string;
  redo: string;
}

/** The reference transcript without the pings that a person would end by hand. */
function linesOf(lab: string): string[] {
  const text = readFileSync(path.join(ROOT, 'labs', lab, 'solution.sh'), 'utf8');
  return parseSolution(text).flatMap((step) => (step.kind === 'type' ? [step.text] : []));
}

export const NETWORK: GradedLab = {
  lab: 'net-ovs-two-namespaces',
  lines: linesOf('net-ovs-two-namespaces'),
  objective: 'up-red',
  undo: 'ip link set veth-r down',
  redo: 'ip link set veth-r up',
};

export const BRIDGE: GradedLab = {
  lab: 'net-bridge-from-scratch',
  lines: linesOf('net-bridge-from-scratch'),
  objective: 'pairs',
  undo: 'ip link set veth2 nomaster',
  redo: 'ip link set veth2 master br0',
};

export const CONTAINER: GradedLab = {
  lab: 'container-from-scratch',
  lines: linesOf('container-from-scratch'),
  objective: 'uts',
  undo: 'hostname other',
  redo: 'hostname box',
};

export const PLAIN: GradedLab = {
  lab: PLAIN_LAB,
  lines: ['ip netns add red'],
  objective: 'red',
  undo: 'ip netns del red',
  redo: 'ip netns add red',
};

/** Of each lab so many that the class has that size; the same ones in the same order every time. */
export function mixed(labs: readonly GradedLab[], size: number): GradedLab[] {
  return Array.from({ length: size }, (_, i) => labs[i % labs.length]!);
}
