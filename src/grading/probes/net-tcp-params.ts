import { z } from 'zod';
import { OUTSIDE, UPLINK } from '../../linux/netns/outside-net.js';
import { ipAddress, nsName, viaParams } from './netns-params.js';

/** The namespace behind the uplink, which is ours. */
export const OUTSIDE_NS = 'outside';

const port = z.int().min(1).max(65_535);
/** Where a helper of ours has no rights. */
const FIRST_FREE_PORT = 1024;

/** `uplink` is the lab host's address on its uplink, `outside` that of the other side. */
const address = z
  .union([z.enum(['uplink', OUTSIDE_NS]), ipAddress], {
    error: 'must be an IP address, uplink or outside',
  })
  .transform(literalOf);

function literalOf(addr: string): string {
  if (addr === 'uplink') return UPLINK.address;
  return addr === OUTSIDE_NS ? OUTSIDE.address : addr;
}

export const netTcpParams = z
  .strictObject({
    /** A namespace of the lab host, or `outside`. */
    from: nsName,
    to: z.strictObject({
      /** Where it must arrive. */
      ns: nsName.optional(),
      /** What is connected to. */
      addr: address,
      port,
      /** The port on which it must arrive, where that is another one. */
      listen: port.optional(),
    }),
    /** `auto`: whether it is really there that it arrives; `none`: whether anybody answers. */
    nonce: z.enum(['auto', 'none']).default('auto'),
    via: viaParams,
  })
  .refine(({ nonce, to }) => nonce === 'none' || to.ns !== undefined, {
    message: 'names where it must arrive, or nonce is none',
    path: ['to', 'ns'],
  })
  .refine(({ to }) => to.ns !== OUTSIDE_NS || (to.listen ?? to.port) >= FIRST_FREE_PORT, {
    message: `must be ${FIRST_FREE_PORT} or higher, as 80 is the web server's`,
    path: ['to', 'port'],
  });
export type NetTcpParams = z.infer<typeof netTcpParams>;
