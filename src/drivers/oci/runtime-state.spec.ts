import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processStart } from '../../linux/process-start.js';
import { isAlive, recordedInit } from './runtime-state.js';

describe('records of a runtime', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'runtime-'));
    mkdirSync(path.join(root, 'one'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('are read from runc', () => {
    writeFileSync(
      path.join(root, 'one/state.json'),
      JSON.stringify({ id: 'x', init_process_pid: 7, init_process_start: 99, config: {} }),
    );
    expect(recordedInit(root, 'one')).toEqual({ pid: 7, start: 99 });
  });

  it('are read from crun', () => {
    writeFileSync(path.join(root, 'one/status'), JSON.stringify({ pid: 8, 'process-start-time': 100 }));
    expect(recordedInit(root, 'one')).toEqual({ pid: 8, start: 100 });
  });

  it('are absent before the container is made', () => {
    expect(recordedInit(root, 'one')).toBeUndefined();
    expect(recordedInit(root, 'other')).toBeUndefined();
  });

  it('are refused when they are half-written', () => {
    writeFileSync(path.join(root, 'one/state.json'), '{"init_pro');
    expect(() => recordedInit(root, 'one')).toThrow('record of runc');
  });

  it('tell a process from a later one with its pid', () => {
    const start = processStart(process.pid) ?? 0;
    expect(start).toBeGreaterThan(0);
    expect(isAlive({ pid: process.pid, start })).toBe(true);
    expect(isAlive({ pid: process.pid, start: start - 1 })).toBe(false);
  });
});
