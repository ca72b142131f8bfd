/** The twelve seats that a node starts: data of the roster joined to the agents that fill it. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { rosterOf } from '../../../config/roster.ts';
import type { RosterEntry } from '../../../config/roster.ts';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { BUILT_IN_SEATS } from './built-in-seats.ts';

/** A seat that this node fills: what the configuration says of it, and its agent. */
export interface SeatedPlan {
  readonly entry: RosterEntry;
  readonly plan: SeatPlan;
}

/** How plans are changed before they sit. */
export interface SeatChanges {
  /** Gets the built-in plans in roster order, and gives as many (default: as they are). */
  readonly prepare?: ((plans: readonly SeatPlan[]) => readonly SeatPlan[]) | undefined;
  /** May put another plan in a seat's place. */
  readonly replace?: ((plan: SeatPlan) => SeatPlan) | undefined;
}

/**
 * Seats in roster order, prepared first and replaced then.
 * @throws config_invalid when the roster names a seat that no agent fills
 */
export function seatedPlans(
  settings: Settings['council'],
  { prepare = (plans) => plans, replace = (plan) => plan }: SeatChanges = {},
): readonly SeatedPlan[] {
  const entries = rosterOf(settings);
  const plans = prepare(entries.map(({ seat }) => builtIn(seat)));
  return entries.map((entry, at) => ({ entry, plan: replace(plans[at]!) }));
}

function builtIn(seat: string): SeatPlan {
  const plan = BUILT_IN_SEATS.find((candidate) => candidate.seat === seat);
  if (plan) return plan;
  throw new WitanError('config_invalid', `no agent fills the seat ${seat}`, {
    path: 'council.weightsBp',
    expected: `one of ${BUILT_IN_SEATS.map((known) => known.seat).join(', ')}`,
  });
}
