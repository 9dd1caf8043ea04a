import path from 'node:path';
import { ROOT } from '../../src/config/root.js';

/** The modules of the page that need no browser. */
const load = (name: string): Promise<any> => import(path.join(ROOT, 'web/js', name));

describe('the event stream reader of the page', () => {
  it('reads events whose text is cut at any byte', async () => {
    const { sseParser } = await load('sse.js');
    const text = ': heartbeat\n\nid: 7-1\nevent: progress\ndata: {"a":1}\n\ndata: x\r\ndata: y\r\n\r\n';
    const wanted = [
      { type: 'progress', id: '7-1', data: '{"a":1}' },
      { type: 'message', id: '7-1', data: 'x\ny' },
    ];
    for (let size = 1; size < text.length; size++) {
      const seen: unknown[] = [];
      const parse = sseParser((event: unknown) => seen.push(event));
      for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
      expect(seen).toEqual(wanted);
    }
  });
});

describe('the input window of the page', () => {
  it('never has more on its way than the server allows, and loses none of it', async () => {
    const { TtyInput } = await load('tty-input.js');
    const sent: Uint8Array[] = [];
    const total = () => sent.reduce((sum, bytes) => sum + bytes.length, 0);
    const input = new TtyInput((bytes: Uint8Array) => sent.push(bytes));
    input.start(65536);
    const paste = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    expect(input.push(paste)).toBe(0);
    let accepted = 0;
    while (accepted < paste.length) {
      expect(total() - accepted).toBeLessThanOrEqual(65536);
      expect(total()).toBeGreaterThan(accepted);
      input.accepted((accepted = total()), 'open');
    }
    expect(Buffer.concat(sent).equals(Buffer.from(paste))).toBe(true);
  });

  it('says how much may be lost when the connection breaks, and never sends it again', async () => {
    const { TtyInput } = await load('tty-input.js');
    const sent: Uint8Array[] = [];
    const input = new TtyInput((bytes: Uint8Array) => sent.push(bytes));
    input.start(10);
    input.push(Buffer.from('0123456'));
    input.accepted(3, 'open');
    input.push(Buffer.from('abcdefghij'));
    expect(input.stop()).toBe(4 + 10);
    input.push(Buffer.from('typed while down'));
    input.start(10);
    expect(sent.map(String)).toEqual([String(Buffer.from('0123456'))]);
  });

  it('refuses what does not fit into its memory instead of growing', async () => {
    const { TtyInput } = await load('tty-input.js');
    const input = new TtyInput(() => undefined);
    input.start(65536);
    expect(input.push(new Uint8Array(1_000_000))).toBe(0);
    expect(input.push(new Uint8Array(200_000))).toBe(200_000);
  });
});

describe('the offsets of the page', () => {
  it('acknowledges what was drawn, and not what was drawn before a jump', async () => {
    const { TtyOffsets } = await load('tty-offsets.js');
    const offsets = new TtyOffsets();
    offsets.jump(1000);
    const early = offsets.take(40);
    const late = offsets.take(60);
    expect(offsets.received).toBe(1100);
    expect(early(50)).toBeUndefined();
    expect(late(50)).toBe(1100);
    const stale = offsets.take(500);
    offsets.jump(9000);
    expect(stale(50)).toBeUndefined();
    expect(offsets.take(50)(50)).toBe(9050);
  });
});

const params = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

describe('the texts of the page', () => {
  it('say the same in both languages, with the same parameters', async () => {
    const [{ en }, { fr }] = await Promise.all([load('text-en.js'), load('text-fr.js')]);
    expect(Object.keys(fr)).toEqual(Object.keys(en));
    for (const key of Object.keys(en)) expect([key, params(fr[key])]).toEqual([key, params(en[key])]);
  });
});
