/** The twelve seats that a node starts: data of the roster joined to the agents that fill it. */
import { accountabilitySeat } from '../../../agents/council/accountability/seat.ts';
import { alignmentSeat } from '../../../agents/council/alignment/seat.ts';
import { compassionSeat } from '../../../agents/council/compassion/seat.ts';
import { governanceSeat } from '../../../agents/council/governance/seat.ts';
import { guardianSeat } from '../../../agents/council/guardian/seat.ts';
import { innovationSeat } from '../../../agents/council/innovation/seat.ts';
import { justiceSeat } from '../../../agents/council/justice/seat.ts';
import { privacySeat } from '../../../agents/council/privacy/seat.ts';
import { securitySeat } from '../../../agents/council/security/seat.ts';
import { transparencySeat } from '../../../agents/council/transparency/seat.ts';
import { truthSeat } from '../../../agents/council/truth/seat.ts';
import { wisdomSeat } from '../../../agents/council/wisdom/seat.ts';
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { rosterOf } from '../../../config/roster.ts';
import type { RosterEntry } from '../../../config/roster.ts';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';

const PLANS: readonly SeatPlan[] = [
  guardianSeat,
  truthSeat,
  justiceSeat,
  wisdomSeat,
  compassionSeat,
  transparencySeat,
  accountabilitySeat,
  privacySeat,
  securitySeat,
  alignmentSeat,
  governanceSeat,
  innovationSeat,
];

/** A seat that this node fills: what the configuration says of it, and its agent. */
export interface SeatedPlan {
  readonly entry: RosterEntry;
  readonly plan: SeatPlan;
}

/**
 * Seats in roster order; `replace` may put another plan in a seat's place.
 * @throws config_invalid when the roster names a seat that no agent fills
 */
export function seatedPlans(
  settings: Settings['council'],
  replace: (plan: SeatPlan) => SeatPlan = (plan) => plan,
): readonly SeatedPlan[] {
  return rosterOf(settings).map((entry) => {
    const plan = PLANS.find((candidate) => candidate.seat === entry.seat);
    if (!plan) {
      const expected = `one of ${PLANS.map((known) => known.seat).join(', ')}`;
      throw new WitanError('config_invalid', `no agent fills the seat ${entry.seat}`, {
        path: 'council.weightsBp',
        expected,
      });
    }
    return { entry, plan: replace(plan) };
  });
}
