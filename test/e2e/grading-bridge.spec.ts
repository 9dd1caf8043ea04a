import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { foldAgain } from '../support/replays.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-bridge-from-scratch';

describeWith(['root', 'runc'], "container networking from scratch, typed into a sandbox's terminal", () => {
  let service: TestService;
  let operator: Api;
  let ada: LabPlayer;

  beforeAll(async () => {
    service = await startService();
    operator = new Api(service.url, service.operatorKey);
    ada = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
  }, 120_000);

  afterAll(async () => {
    try {
      await ada.leave(operator);
    } finally {
      await service.remove();
    }
  }, 60_000);

  const state = (id: string) => ada.progress.latest!.objectives.find((o) => o.id === id)!;
  const until = (id: string, wanted: string) =>
    ada.progress.until(`${id} ${wanted}`, () => state(id).state === wanted, 60_000);
  const explained = (id: string, part: string) =>
    ada.progress.until(`${id}: ${part}`, () => state(id).explanation?.text.includes(part) === true, 60_000);

  it('shows an untouched sandbox something behind its uplink, and scores it at nothing', async () => {
    const checked = await ada.api.post(`/v1/sandboxes/${ada.sandbox}/progress/check`);
    expect(checked.body.score).toEqual({ points: 0, max: 20, fraction: 0 });
    expect(await ada.type('curl -s http://198.51.100.1/')).toContain('You come from 198.51.100.2.');
  }, 60_000);

  it('gives each step its points, 100 % at the end', async () => {
    await ada.solve(LAB);
    expect(ada.progress.latest!.score.fraction).toBe(1);
    expect(ada.progress.latest!.objectives.every((o) => o.state === 'passed')).toBe(true);
    expect(await foldAgain(service.stateDir, ada.sandbox)).toMatchObject({
      differences: [],
      fraction: 1,
      complete: true,
    });
  }, 180_000);

  it('sees that the machine does not forward any more', async () => {
    await ada.type('sysctl -w net.ipv4.ip_forward=0');
    await until('routing', 'regressed');
    await explained('routing', 'net.ipv4.ip_forward');
    await until('nat', 'regressed');
    expect(state('east-west').state).toBe('passed');
    await ada.type('sysctl -w net.ipv4.ip_forward=1');
    await until('nat', 'passed');
  }, 180_000);

  it('says what is wrong where nothing translates, or where somebody answers in place of the outside', async () => {
    await ada.type('nft flush chain ip nat postrouting');
    await until('nat', 'regressed');
    await explained('nat', '10.10.0.2');
    // A listener of the learner's that says whatever it is told.
    await ada.type(
      "socat TCP-LISTEN:9000,fork,reuseaddr SYSTEM:'head -1' & nft add rule ip nat prerouting iifname br0 tcp dport 7070 redirect to :9000",
    );
    await explained('nat', 'détourne');
    expect(state('nat').state).toBe('regressed');
  }, 180_000);

  it('keeps publishing where the port leads to c1, and only there', async () => {
    await ada.type(
      'nft flush chain ip nat prerouting; nft add rule ip nat prerouting iifname uplink0 tcp dport 8080 redirect to :9000',
    );
    await until('publish', 'regressed');
    await ada.type('nft flush chain ip nat prerouting');
    await ada.type(
      'nft add rule ip nat prerouting iifname uplink0 tcp dport 8080 dnat to 10.10.0.2:80; nft add rule ip nat postrouting ip saddr 10.10.0.0/24 oifname uplink0 masquerade',
    );
    await ada.progress.until('full score again', (p) => p.score.fraction === 1, 60_000);
  }, 180_000);
});
