import { parseNft } from './nft.js';
import { NetnsError } from './netns-error.js';

const masquerade = {
  rule: {
    family: 'ip',
    table: 'nat',
    chain: 'post',
    handle: 4,
    expr: [{ counter: { packets: 7, bytes: 700 } }, { masquerade: null }],
  },
};
const post = {
  chain: {
    family: 'ip',
    table: 'nat',
    name: 'post',
    handle: 1,
    type: 'nat',
    hook: 'postrouting',
    prio: 100,
    policy: 'accept',
  },
};
const jumpedTo = { chain: { family: 'ip', table: 'filter', name: 'mine', handle: 9 } };
const text = (...parts: object[]): string =>
  JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, { table: { name: 'nat' } }, ...parts] });

describe('the rules of nft', () => {
  it('stand in their chains, by name, and without what they counted', () => {
    expect(parseNft(text(post, masquerade, jumpedTo))).toEqual([
      {
        family: 'ip',
        table: 'filter',
        chain: 'mine',
        type: null,
        hook: null,
        prio: null,
        policy: null,
        rules: [],
      },
      {
        family: 'ip',
        table: 'nat',
        chain: 'post',
        type: 'nat',
        hook: 'postrouting',
        prio: 100,
        policy: 'accept',
        rules: [{ expr: [{ counter: null }, { masquerade: null }] }],
      },
    ]);
  });

  it('are the same whatever order nft names the chains in', () => {
    expect(parseNft(text(jumpedTo, post, masquerade))).toEqual(parseNft(text(masquerade, post, jumpedTo)));
  });

  it('are none where there are none, and a fault of ours where nft says something else', () => {
    expect(parseNft(text())).toEqual([]);
    for (const wrong of ['', '{}', '{"nftables": [{"chain": 3}]}'])
      expect(() => parseNft(wrong)).toThrow(NetnsError);
  });
});
