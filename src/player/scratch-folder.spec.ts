import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processStart } from '../linux/process-start.js';
import { abandonedScratchFolders, makeScratchFolder } from './scratch-folder.js';

describe('folders of trials', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wh-scratch-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Marked with a process that is gone, or with one that runs. */
  function made(name: string, owner: string): string {
    const scratch = path.join(folder, name);
    mkdirSync(scratch);
    writeFileSync(path.join(scratch, 'owner'), owner);
    return scratch;
  }

  it('are abandoned once their process is gone, also when another one has its pid', () => {
    const gone = made('wheelhouse-try-gone', '4194304 1\n');
    const other = made('wheelhouse-try-other', `${process.pid} ${processStart(process.pid)! + 1}\n`);
    made('wheelhouse-try-lives', `${process.pid} ${processStart(process.pid)}\n`);
    makeScratchFolder(folder);
    expect(abandonedScratchFolders(folder).sort()).toEqual([gone, other]);
  });

  it('are only those that nobody else could have made or filled', () => {
    chmodSync(made('wheelhouse-try-open', '4194304 1\n'), 0o777);
    made('somebody-elses', '4194304 1\n');
    mkdirSync(path.join(folder, 'wheelhouse-try-bare'));
    writeFileSync(path.join(folder, 'wheelhouse-try-file'), '');
    expect(abandonedScratchFolders(folder)).toEqual([]);
  });
});
