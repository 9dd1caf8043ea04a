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

const params = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

describe('the texts of the page', () => {
  it('say the same in both languages, with the same parameters', async () => {
    const [{ en }, { fr }] = await Promise.all([load('text-en.js'), load('text-fr.js')]);
    expect(Object.keys(fr)).toEqual(Object.keys(en));
    for (const key of Object.keys(en)) expect([key, params(fr[key])]).toEqual([key, params(en[key])]);
  });
});
