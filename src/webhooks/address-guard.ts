import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isAllowed, isInternal } from './internal-address.js';

export type Resolve = (host: string) => Promise<LookupAddress[]>;

export class RefusedAddress extends Error {
  readonly code = 'REFUSED_ADDRESS';
}

const resolveByMachine: Resolve = (host) =>
  new Promise((done, fail) => {
    lookup(host, { all: true }, (error, found) => (error ? fail(error) : done(found)));
  });

/**
 * Keeps webhooks out of internal networks. Names are resolved here and the connection is made to the very addresses that
 * were checked: a name that answers differently the second time changes nothing. The operator's networks are the
 * exception, and the only ones that plain HTTP may go to.
 */
export class AddressGuard {
  constructor(
    private readonly allowed: readonly string[],
    private readonly resolve: Resolve = resolveByMachine,
  ) {}

  permits(address: string, protocol: string): boolean {
    return isAllowed(address, this.allowed) || (protocol === 'https:' && !isInternal(address));
  }

  /** What is wrong with the URL, as far as that shows without sending anything; a name unknown today may come tomorrow. */
  async problem(url: URL): Promise<string | undefined> {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
    if (url.username !== '' || url.password !== '') return 'must hold no user name and no password';
    if (url.protocol === 'http:' && this.allowed.length === 0) return 'must begin with https://';
    try {
      await this.addresses(url);
      return undefined;
    } catch (error) {
      return error instanceof RefusedAddress ? error.message : undefined;
    }
  }

  /** All addresses of the URL's host that may be connected to, at least one; else RefusedAddress. */
  async addresses(url: URL): Promise<LookupAddress[]> {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    const found = family === 0 ? await this.resolve(host) : [{ address: host, family }];
    const fit = found.filter(({ address }) => this.permits(address, url.protocol));
    if (fit.length > 0) return fit;
    const why = url.protocol === 'http:' ? 'takes https alone' : 'is an internal address';
    throw new RefusedAddress(`${host} ${why}: the operator can allow its network (WHEELHOUSE_WEBHOOK_ALLOW)`);
  }
}

/** A lookup that answers with addresses that are known already, whatever name is asked. */
export function pinned(addresses: LookupAddress[]): LookupFunction {
  return (_host, options, done) => {
    const first = addresses[0]!;
    if (options.all === true) done(null, addresses);
    else done(null, first.address, first.family);
  };
}
