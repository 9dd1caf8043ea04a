import type { PreparedTripwire } from '../labs/prepared-lab.js';

export interface Trip {
  /** On the run's clock. */
  at: number;
  evidenceId: string | null;
}

/** Objectives that the tripped wires fail, whatever else holds. */
export function condemnedBy(
  tripwires: readonly PreparedTripwire[],
  trips: ReadonlyMap<string, Trip>,
): Set<string> {
  return new Set(
    tripwires.flatMap(({ spec: { id, onTrip } }) =>
      trips.has(id) && typeof onTrip === 'object' && 'fail' in onTrip ? onTrip.fail : [],
    ),
  );
}

/** Share of the maximum that the tripped wires take. */
export function tripCost(tripwires: readonly PreparedTripwire[], trips: ReadonlyMap<string, Trip>): number {
  return tripwires.reduce((sum, { spec }) => {
    const { id, onTrip } = spec;
    return trips.has(id) && typeof onTrip === 'object' && 'cost' in onTrip ? sum + onTrip.cost : sum;
  }, 0);
}
