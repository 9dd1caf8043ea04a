import { Claim, type ClaimDeps } from './claim.js';
import { UnitCare, type UnitCareDeps } from './unit-care.js';
import { UnitMaker, type UnitMakerDeps } from './unit-maker.js';
import { WarmPool, type WarmPoolDeps } from './warm-pool.js';

export interface Pool {
  warm: WarmPool;
  claim: Claim;
  care: UnitCare;
}

export type PoolDeps = Omit<ClaimDeps, 'discard' | 'onClaim'> &
  UnitCareDeps &
  UnitMakerDeps &
  Omit<WarmPoolDeps, 'maker' | 'care'>;

/** The parts of the warm pool. */
export function makePool(d: PoolDeps): Pool {
  const care = new UnitCare(d);
  const claim = new Claim({
    ...d,
    discard: (entry, why) => care.discard(entry, why),
    onClaim: (entry, from, ms) =>
      d.logger.info({ sandbox: entry.row.id, from, ms: Math.round(ms) }, 'a warm unit was claimed'),
  });
  const warm = new WarmPool({ ...d, maker: new UnitMaker(d), care });
  return { warm, claim, care };
}
