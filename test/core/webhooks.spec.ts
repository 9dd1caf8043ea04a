import { ManualClock } from '../../src/common/manual-clock.js';
import { silentLogger } from '../../src/common/logger.js';
import { Bus } from '../../src/events/bus.js';
import type { EventType } from '../../src/events/event-payloads.js';
import { Feed, type FeedEvent } from '../../src/events/feed.js';
import { EventOutbox } from '../../src/events/outbox.js';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { Deliverer } from '../../src/webhooks/deliverer.js';
import { DeliveryRepository } from '../../src/webhooks/delivery.repository.js';
import { EndpointRepository } from '../../src/webhooks/endpoint.repository.js';
import { SecretBox } from '../../src/webhooks/sealed-secret.js';
import { newSigningSecret } from '../../src/webhooks/signature.js';
import type { Delivery } from '../../src/webhooks/webhook.js';
import { CoreRig } from '../support/core-rig.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const HOUR = 3_600_000;
const n = (event: FeedEvent) => (event.payload as { n: number }).n;

/** Days of a receiver's failures, on a clock that moves when told; database and sockets are real. */
describe('the deliverer of webhooks', () => {
  let rig: CoreRig;
  let bus: Bus;
  let outbox: EventOutbox;
  let clock: ManualClock;
  let deliverer: Deliverer;
  let endpoints: EndpointRepository;
  let deliveries: DeliveryRepository;
  let receiver: WebhookReceiver;
  let notices: string[];
  let id = '';
  let made = 0;

  beforeAll(async () => {
    rig = await CoreRig.start();
    endpoints = new EndpointRepository(rig.prisma);
    deliveries = new DeliveryRepository(rig.prisma);
  }, 60_000);

  afterAll(() => rig.stop(), 60_000);

  const secrets = new SecretBox(new Uint8Array(32));

  /** A deliverer as after a start of the service. */
  async function start(): Promise<void> {
    bus = new Bus();
    outbox = new EventOutbox(bus);
    deliverer = new Deliverer({
      endpoints,
      deliveries,
      guard: new AddressGuard(['127.0.0.1/32']),
      secrets,
      bus,
      clock,
      logger: silentLogger,
      random: () => 0.5,
      notice: (endpoint, why) => Promise.resolve(void notices.push(`${endpoint.id} ${why}`)),
    });
    await deliverer.start();
  }

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    notices = [];
    receiver = new WebhookReceiver();
    receiver.now = () => clock.now();
    receiver.secret = newSigningSecret();
    await receiver.open();
    id = `whe_${++made}`;
    await endpoints.create({
      tenantId: rig.tenants[0]!,
      id,
      url: receiver.url,
      description: '',
      types: ['sandbox.*'],
      secret: secrets.seal(receiver.secret, id),
      cursor: await new Feed(rig.prisma).head(),
    });
    await start();
  });

  afterEach(async () => {
    await deliverer.stop();
    await endpoints.delete(id);
    await receiver.close();
  });

  async function happen(
    sandboxId: string,
    number: number,
    type: EventType = 'sandbox.state',
    tenant = 0,
  ): Promise<void> {
    const tenantId = rig.tenants[tenant]!;
    await outbox.append(rig.prisma.client, { tenantId, type, sandboxId, payload: { n: number } });
    outbox.committed(sandboxId);
  }

  /** Moves the clock until `test` holds; what is under way has its time in between. */
  async function until(test: () => Promise<boolean> | boolean, step: number): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await test())) {
      if (Date.now() > deadline) throw new Error('not within a minute');
      clock.advance(step);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const all = async (): Promise<Delivery[]> => (await deliveries.page(id, { limit: 200 })).toReversed();
  const got = (sandbox: string) =>
    receiver.all.filter((m) => m.body.data.sandboxId === sandbox).map((m) => n(m.body.data));

  it('sends what was asked for, of its tenant alone, in the order of each sandbox', async () => {
    await happen('sb_foreign', 1, 'sandbox.state', 1);
    await happen('sb_a', 1, 'objective.state');
    for (let i = 1; i <= 5; i++) for (const sandbox of ['sb_a', 'sb_b']) await happen(sandbox, i);
    await until(() => receiver.all.length >= 10, 50);
    await until(async () => (await all()).every((d) => d.status === 'delivered'), 50);
    expect([got('sb_a'), got('sb_b')]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
    expect([receiver.all.length, receiver.wrong]).toEqual([10, []]);
  });

  it('lets no sandbox wait for one that fails, gives that up after 24 h, and sends it again when asked', async () => {
    let well = false;
    const began = clock.now();
    receiver.answer = ({ body }) => (body.data.sandboxId === 'sb_bad' && !well ? 500 : 204);
    await happen('sb_bad', 1);
    for (let i = 1; i <= 4; i++) await happen('sb_good', i);
    await until(() => got('sb_good').length === 4, 50);
    const find = async (status: string) => (await all()).find((d) => d.status === status);
    await until(async () => (await find('dead')) !== undefined, HOUR / 2);
    const dead = (await find('dead'))!;
    expect(dead).toMatchObject({ lastStatus: 500, lastError: 'HTTP 500' });
    expect(dead.attempts).toBeGreaterThan(2);
    expect(clock.now() - began).toBeGreaterThanOrEqual(24 * HOUR);
    expect(got('sb_bad')).toEqual([]);

    well = true;
    await happen('sb_bad', 2);
    await until(() => got('sb_bad').length === 1, 50);
    await deliveries.again(id, dead.n, new Date(clock.now()));
    deliverer.wake(id, 'sb_bad');
    await until(() => got('sb_bad').length === 2, 50);
    expect(got('sb_bad')).toEqual([2, 1]);
  });

  it('goes on after a start where it was, and soon after the receiver is back', async () => {
    await receiver.close();
    for (let i = 1; i <= 3; i++) for (const sandbox of ['sb_a', 'sb_b', 'sb_c']) await happen(sandbox, i);
    const heads = async () => (await all()).filter((d) => d.attempts >= 6);
    await until(async () => (await heads()).length === 3, 1000);
    expect((await heads())[0]!.lastError).toBe('ECONNREFUSED');
    await deliverer.stop();
    await start();
    await until(async () => (await all()).filter((d) => d.attempts >= 8).length === 3, 1000);
    await receiver.open();
    const back = clock.now();
    const later = new Date(back + 20 * HOUR);
    await rig.prisma.pool.query(`UPDATE "WebhookDelivery" SET "nextAt" = $1 WHERE lane <> 'sb_a'`, [later]);
    await until(() => receiver.all.length >= 9, 1000);
    // One of them found it there; the others did not wait for the rest of their hours.
    expect(clock.now()).toBeLessThan(later.getTime());
    for (const sandbox of ['sb_a', 'sb_b', 'sb_c']) expect(got(sandbox)).toEqual([1, 2, 3]);
  });

  it('is sent the same again with the same id when the answer was lost with the service', async () => {
    const cut = new Promise<void>((resolve) => {
      receiver.answer = async (message) => {
        receiver.all.push(message);
        resolve();
        await new Promise((done) => setTimeout(done, 50));
        return 500;
      };
    });
    await happen('sb_a', 1);
    const moving = until(() => receiver.all.length > 0, 50);
    await cut;
    await moving;
    await deliverer.stop();
    receiver.answer = () => 204;
    await start();
    await until(() => receiver.all.length >= 2, 50);
    expect(receiver.all[1]!.id).toBe(receiver.all[0]!.id);
  });

  it('disables an endpoint at which nothing arrived for three days, and one that is gone at once', async () => {
    receiver.answer = () => 503;
    const disabled = async () => (await endpoints.find(rig.tenants[0]!, id))!.disabledWhy;
    let number = 0;
    await until(async () => {
      if (number++ % 10 === 0) await happen('sb_a', number);
      return (await disabled()) !== null;
    }, HOUR);
    expect([await disabled(), notices]).toEqual(['failing', [`${id} failing`]]);

    receiver.answer = () => 410;
    await endpoints.enable(id);
    await deliveries.restart(id, new Date(clock.now()));
    await deliverer.put((await endpoints.find(rig.tenants[0]!, id))!, true);
    await until(async () => (await disabled()) !== null, 50);
    expect(await disabled()).toBe('gone');
    // What was not delivered waits for the day that it is enabled again.
    receiver.answer = () => 204;
    const waiting = (await all()).filter((d) => d.status === 'pending').length;
    expect(waiting).toBeGreaterThan(0);
    await endpoints.enable(id);
    await deliveries.restart(id, new Date(clock.now()));
    await deliverer.put((await endpoints.find(rig.tenants[0]!, id))!, true);
    await until(() => receiver.all.length >= waiting, 50);
    expect(got('sb_a')).toEqual(got('sb_a').toSorted((a, b) => a - b));
  });
});
