import type { Duplex } from 'node:stream';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

describeWith(['root', 'runc'], 'files and sockets of a lab host, seen from inside', () => {
  let lab: OciLab;

  beforeAll(async () => {
    lab = makeOciLab();
    await provision(lab.driver, 'soc', { slot: 0, requires: ['netns'] });
  });

  afterAll(() => lab.remove());

  const shout = (socket: Duplex): void => {
    let asked = '';
    socket.on('data', (bytes: Buffer) => (asked += bytes.toString()));
    socket.on('end', () => socket.end(asked.toUpperCase()));
  };
  const ask = (text: string) => lab.inside('soc', `printf ${text} | nc -N -U /run/wheelhouse/test.sock`);

  it('let the learner ask the service, and a service that came after it', async () => {
    await lab.driver.listen('soc', 1, 'test.sock', shout, within());
    expect(await ask('hello')).toBe('HELLO');
    await lab.restart();
    await expect(ask('hello')).rejects.toThrow('exit status');
    await lab.driver.listen('soc', 1, 'test.sock', shout, within());
    expect(await ask('again')).toBe('AGAIN');
  });

  it('can be neither changed nor removed by the learner', async () => {
    await lab.driver.publish('soc', 1, { kubeconfig: 'secret of one\n' }, within());
    const attack = [
      'mount -o remount,bind,rw $d',
      'rm -f $d/test.sock $d/kubeconfig',
      'echo x > $d/kubeconfig',
    ];
    const more = ['mv $d/kubeconfig $d/other', 'touch $d/new', 'chmod 777 $d/test.sock'];
    await lab.inside('soc', `d=/run/wheelhouse; (${[...attack, ...more].join('; ')}) 2>/dev/null; true`);
    expect(await lab.inside('soc', 'cat /run/wheelhouse/kubeconfig; stat -c %a /run/wheelhouse/*')).toBe(
      'secret of one\n644\n666\n',
    );
    expect(await ask('still')).toBe('STILL');
  });

  it('are seen whole by whoever reads while they are replaced', async () => {
    const texts = ['a', 'b'].map((letter) => `${letter.repeat(20_000)}\n`);
    await lab.driver.publish('soc', 1, { big: texts[0]! }, within());
    const reading = lab.inside(
      'soc',
      'for i in {1..60}; do cat /run/wheelhouse/big; done | sort -u | cut -c 1-20000 | wc -cl',
    );
    for (let n = 0; n < 200; n += 1) {
      await lab.driver.publish('soc', 1, { big: texts[n % 2]! }, within());
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [lines, bytes] = (await reading).trim().split(/\s+/).map(Number);
    expect(bytes).toBe(lines! * 20_001);
    expect(lines).toBeLessThanOrEqual(2);
  });
});
