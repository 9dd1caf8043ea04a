import { silentLogger } from '../../common/logger.js';
import { checkHosts, isKnownSafe } from './preflight.js';
import { runtimeCandidates } from './find-runtime.js';

describe('isKnownSafe', () => {
  it.each(['runc version 1.2.8', 'runc version 1.3.3', 'runc version 1.4.0', 'crun version 1.25'])(
    'accepts %s',
    (text) => {
      expect(isKnownSafe(text)).toBe(true);
    },
  );

  it.each(['runc version 1.1.5+ds1', 'runc version 1.2.7', 'runc version 1.3.2', 'crun version 1.8.1', ''])(
    'warns of %j',
    (text) => expect(isKnownSafe(text)).toBe(false),
  );
});

describe('runtimeCandidates', () => {
  it('takes a path as it is, if it can be run', () => {
    expect(runtimeCandidates('/bin/sh')).toEqual(['/bin/sh']);
    expect(runtimeCandidates('/etc/passwd')).toEqual([]);
    expect(runtimeCandidates('no-such-runtime')).toEqual([]);
  });
});

describe('preflight', () => {
  it('never rejects, and every failure says how to mend it', async () => {
    const { findings, program } = await checkHosts({
      stateDir: '/nonexistent',
      installId: 'test',
      uidBase: 0x50000000,
      runtime: 'no-such-runtime',
      imageDir: '/nonexistent/image',
      logger: silentLogger,
    });
    const failed = findings.filter((finding) => finding.level === 'fail');
    expect(failed.length).toBeGreaterThan(0);
    expect(findings.filter((finding) => finding.level !== 'ok' && !finding.fix)).toEqual([]);
    expect(program).toBeUndefined();
  });
});
