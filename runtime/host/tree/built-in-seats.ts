/** The agents that fill the twelve seats of the printed roster. */
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

/** Every built-in seat; settings say which of them sit, and in which order. */
export const BUILT_IN_SEATS: readonly SeatPlan[] = [
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
