import type { PreparedTripwire } from '../labs/prepared-lab.js';

export interface Trip {
  /** On the run's clock. */
  at: number;
  evidenceId: string | null;
}

/** Objectives that the tripped wires fail, whatever else holds, each with the first of its wires. */
export function condemnedBy(
  tripwires: readonly PreparedTripwire[],
  trips: ReadonlyMap<string, Trip>,
): Map<string, string> {
  const condemned = new Map<string, string>();
  for (const { spec } of tripwires) {
    const { id, onTrip } = spec;
    if (!trips.has(id) || typeof onTrip !== 'object' || !('fail' in onTrip)) continue;
    for (const objective of onTrip.fail) if (!condemned.has(objective)) condemned.set(objective, id);
  }
  return condemned;
}

/** Share of the maximum that the tripped wires take. */
export function tripCost(tripwires: readonly PreparedTripwire[], trips: ReadonlyMap<string, Trip>): number {
  return tripwires.reduce((sum, { spec }) => {
    const { id, onTrip } = spec;
    return trips.has(id) && typeof onTrip === 'object' && 'cost' in onTrip ? sum + onTrip.cost : sum;
  }, 0);
}
