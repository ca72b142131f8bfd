/** Which families the approval rests on: signatures prove origin, not independence. */
import { ballotVote } from '../../contracts/messages/ballot.ts';
import type { Tally } from '../../contracts/messages/verdict.ts';
import type { SeatStanding } from './counted-ballots.ts';
import { WHOLE_BP, type TallyTerms } from './tally-terms.ts';

const HALF_BP = WHOLE_BP / 2;

/** Weight of approvals on evidence, in all and by family or provider, in basis points. */
export interface ApprovingWeights {
  /** Seats that approve on evidence; a not-applicable ballot rests on none and is left out. */
  readonly totalBp: number;
  /** Sorted by family, as recorded. A ballot of several families counts whole for each. */
  readonly families: Tally['families'];
  /** Heaviest remote provider: a prefix of `remoteFamilies` with the approving weight that rests on it. */
  readonly heaviestRemoteBp: number;
}

/** Adds approving weight up by family and by remote provider. */
export function approvingWeights(
  seats: readonly SeatStanding[],
  remoteFamilies: readonly string[],
): ApprovingWeights {
  const byFamily = new Map<string, number>();
  const byProvider = new Map<string, number>();
  let totalBp = 0;
  for (const { seat, ballot } of seats) {
    if (!ballot || ballotVote(ballot.body) !== 'approve') continue;
    totalBp += seat.weightBp;
    const families = new Set(ballot.body.families);
    for (const family of families) byFamily.set(family, (byFamily.get(family) ?? 0) + seat.weightBp);
    // Two models of one provider are one dependency, so the seat counts once for each provider.
    const providers = remoteFamilies.filter((prefix) =>
      [...families].some((family) => family.startsWith(prefix)),
    );
    for (const provider of new Set(providers)) {
      byProvider.set(provider, (byProvider.get(provider) ?? 0) + seat.weightBp);
    }
  }
  const families = [...byFamily]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([family, approvingWeightBp]) => ({
      family,
      approvingWeightBp,
      remote: remoteFamilies.some((prefix) => family.startsWith(prefix)),
    }));
  return { totalBp, families, heaviestRemoteBp: Math.max(0, ...byProvider.values()) };
}

/**
 * Whether more than the allowed share of the approving weight rests on one remote provider; the exact share
 * may.
 */
export function isConcentrated(
  weights: ApprovingWeights,
  terms: Pick<TallyTerms, 'providerShareMaxBp'>,
): boolean {
  const maxBp = terms.providerShareMaxBp ?? HALF_BP;
  return weights.heaviestRemoteBp * WHOLE_BP > weights.totalBp * maxBp;
}
