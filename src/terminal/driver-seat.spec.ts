import { INSTRUCTOR, LEARNER, SessionRig } from './session-rig.js';
import { FakeWire } from './wire/fake-wire.js';

const key = Buffer.from('x');

async function rig(): Promise<SessionRig> {
  const made = new SessionRig();
  await made.session.ensureStarted();
  return made;
}

function typed(r: SessionRig): string {
  return Buffer.concat(r.pty.written).toString();
}

describe('whoever watches', () => {
  it('is named to the learner at once, never drives, and its input is answered once and dropped', async () => {
    const r = await rig();
    const learner = r.attach();
    const watcher = r.attach({ visitor: { ...INSTRUCTOR, takeover: false } });
    expect(watcher.wire.info).toMatchObject({ role: 'view', writable: false, driver: false });
    expect(learner.wire.watching.map(({ user, role }) => [user.name, role])).toEqual([
      ['Ada', 'write'],
      ['R. Diaz', 'view'],
    ]);
    for (let i = 0; i < 3; i++) r.session.write(watcher.attachment, key);
    r.session.resize(watcher.attachment, { cols: 10, rows: 10 });
    expect(watcher.wire.errors).toEqual(['read_only']);
    expect([typed(r), r.session.driver]).toEqual(['', learner.attachment]);
    r.session.detach(watcher.attachment, true);
    expect(learner.wire.watching).toHaveLength(1);
  });

  it('is closed when it goes on sending', async () => {
    const r = await rig();
    const watcher = r.attach({ visitor: { ...INSTRUCTOR, takeover: false } });
    for (let i = 0; i < 101; i++) r.session.write(watcher.attachment, key);
    expect(watcher.wire.closed).toMatchObject({ code: 1008 });
  });

  it('does not drive when the learner leaves, and is no reason to keep a ghost from it', async () => {
    const r = await rig();
    const learner = r.attach();
    r.attach({ visitor: INSTRUCTOR });
    r.session.detach(learner.attachment, false);
    expect(r.session.driver).toBeUndefined();
    expect(r.session.seat.ghost).toMatchObject({ acked: 0 });
  });

  it('without the right may not take over', async () => {
    const r = await rig();
    r.attach();
    const watcher = r.attach({ visitor: { ...INSTRUCTOR, takeover: false } });
    expect(r.session.take(watcher.attachment)).toBe('forbidden');
  });
});

describe('a take-over', () => {
  it('shuts the learner out, tells it who and until when, and sets the size of the instructor', async () => {
    const r = await rig();
    const learner = r.attach({ cols: 100, rows: 30 });
    const other = r.attach({ cols: 60, rows: 20 });
    const teacher = r.attach({ visitor: INSTRUCTOR, cols: 120, rows: 40 });
    r.clock.advance(100);
    expect(r.session.take(teacher.attachment)).toBe('ok');
    for (const { wire } of [learner, other]) {
      expect(wire.drivers.at(-1)).toEqual({
        aid: teacher.attachment.id,
        user: { id: 'usr_i', name: 'R. Diaz' },
        kind: 'instructor',
        writable: false,
        until: new Date(100 + 15 * 60_000).toISOString(),
      });
    }
    expect(teacher.wire.drivers.at(-1)).toMatchObject({ writable: true });
    expect(r.session.size).toEqual({ cols: 120, rows: 40 });
    r.session.write(learner.attachment, Buffer.from('no'));
    r.session.write(teacher.attachment, Buffer.from('yes'));
    expect(learner.wire.errors).toEqual(['taken_over']);
    expect(typed(r)).toBe('yes');
    r.clock.advance(100);
    expect(r.session.seat.release(teacher.attachment)).toBe(true);
    expect(learner.wire.drivers.at(-1)).toMatchObject({ kind: 'owner', writable: true });
    r.session.write(learner.attachment, Buffer.from('mine'));
    expect(typed(r)).toBe('yesmine');
    expect(r.takeovers.map(({ what }) => what)).toEqual(['started', 'ended']);
  });

  it('is refused while the learner has no way to hear of it', async () => {
    const r = await rig();
    const teacher = r.attach({ visitor: INSTRUCTOR });
    expect(r.session.take(teacher.attachment)).toBe('learner_not_informable');
    const mute = new FakeWire();
    Object.assign(mute, { informs: false });
    r.attach({}, mute);
    expect(r.session.take(teacher.attachment)).toBe('learner_not_informable');
    r.learnerListens = true;
    expect(r.session.take(teacher.attachment)).toBe('ok');
  });

  it('outlives ten seconds without its socket, and the same instructor resumes it', async () => {
    const r = await rig();
    const learner = r.attach();
    const teacher = r.attach({ visitor: INSTRUCTOR });
    r.session.take(teacher.attachment);
    r.session.detach(teacher.attachment, false);
    r.clock.advance(9000);
    r.session.write(learner.attachment, key);
    expect(learner.wire.errors).toEqual(['taken_over']);
    const resume = { epoch: r.session.epoch, seq: 0, aid: teacher.attachment.id };
    const stranger = { ...INSTRUCTOR, user: { id: 'usr_j', name: 'J.' } };
    expect(r.attach({ visitor: stranger, resume }).attachment.isDriver).toBe(false);
    const back = r.attach({ visitor: INSTRUCTOR, resume });
    expect(back.wire.info).toMatchObject({ driver: true, writable: true });
    r.clock.advance(20_000);
    expect(r.session.seat.takenOver).toBe(true);
    r.session.detach(back.attachment, false);
    r.clock.advance(10_000);
    expect(r.session.seat.takenOver).toBe(false);
    expect(r.takeovers.at(-1)).toMatchObject({ what: 'ended', why: 'gone' });
    expect(r.session.driver).toBe(learner.attachment);
  });

  it('ends after a quarter of an hour without input of the instructor', async () => {
    const r = await rig();
    r.attach();
    const teacher = r.attach({ visitor: INSTRUCTOR });
    r.session.take(teacher.attachment);
    r.clock.advance(14 * 60_000);
    r.session.write(teacher.attachment, key);
    r.clock.advance(14 * 60_000);
    expect(r.session.seat.takenOver).toBe(true);
    r.clock.advance(60_000);
    expect(r.takeovers.at(-1)).toMatchObject({ why: 'idle' });
  });

  it('is one at a time, also for a learner that comes meanwhile', async () => {
    const r = await rig();
    r.attach();
    const one = r.attach({ visitor: INSTRUCTOR });
    const two = r.attach({ visitor: { ...INSTRUCTOR, user: { id: 'usr_k', name: 'K.' } } });
    r.session.take(one.attachment);
    expect(r.session.take(two.attachment)).toBe('taken_over');
    const late = r.attach();
    expect(late.wire.info).toMatchObject({ writable: false, driver: false });
    expect(late.wire.drivers).toEqual([expect.objectContaining({ kind: 'instructor', writable: false })]);
    await r.session.signal('INT', late.attachment);
    expect([late.wire.errors, r.pty.signals]).toEqual([['taken_over'], []]);
  });

  it('ends with the command', async () => {
    const r = await rig();
    r.attach();
    const teacher = r.attach({ visitor: INSTRUCTOR });
    r.session.take(teacher.attachment);
    r.pty.exit();
    expect(r.takeovers.at(-1)).toMatchObject({ what: 'ended', why: 'exited' });
  });
});

describe('a resumed attachment', () => {
  it('takes the driver’s seat with it, past another page of the same learner', async () => {
    const r = await rig();
    const first = r.attach();
    const other = r.attach();
    r.clock.advance(10);
    r.session.write(other.attachment, key);
    r.session.write(first.attachment, key);
    const resume = { epoch: r.session.epoch, seq: 0, aid: first.attachment.id };
    const second = r.attach({ resume });
    expect(first.wire.closed).toMatchObject({ code: 4409 });
    expect(r.session.driver).toBe(second.attachment);
    expect(second.wire.watching).toHaveLength(2);
  });

  it('of somebody else is left alone', async () => {
    const r = await rig();
    const first = r.attach();
    const resume = { epoch: r.session.epoch, seq: 0, aid: first.attachment.id };
    r.attach({ visitor: { ...LEARNER, user: { id: 'usr_b', name: 'Bo' } }, resume });
    expect(first.wire.closed).toBeUndefined();
  });
});

describe('the size', () => {
  it('is the smallest of all that may type, where the policy says so', async () => {
    const r = new SessionRig({ sizePolicy: 'smallest' });
    await r.session.ensureStarted({ cols: 100, rows: 20 });
    const wide = r.attach({ cols: 100, rows: 20 });
    const tall = r.attach({ cols: 70, rows: 50 });
    r.attach({ visitor: INSTRUCTOR, cols: 10, rows: 5 });
    r.clock.advance(100);
    expect(r.session.size).toEqual({ cols: 70, rows: 20 });
    r.session.detach(tall.attachment, true);
    r.clock.advance(100);
    expect(r.session.size).toEqual({ cols: 100, rows: 20 });
    r.session.resize(wide.attachment, { cols: 90, rows: 25 });
    r.clock.advance(100);
    expect(r.session.size).toEqual({ cols: 90, rows: 25 });
  });

  it('never changes where it is fixed', async () => {
    const r = new SessionRig({ sizePolicy: 'fixed' });
    await r.session.ensureStarted({ cols: 100, rows: 20 });
    const { attachment } = r.attach({ cols: 100, rows: 20 });
    r.session.resize(attachment, { cols: 90, rows: 25 });
    expect(r.session.requestSize({ cols: 91, rows: 26 })).toEqual({ cols: 80, rows: 24 });
    r.clock.advance(100);
    expect(r.session.size).toEqual({ cols: 80, rows: 24 });
  });
});
