/** What the absent seats could still make of a running tally. */
import type { TallyForm } from '../../contracts/messages/session.ts';
import { absentPotential, inBasisPoints, type TallySums } from './tally-sums.ts';

/**
 * Lowest and highest value that absent seats could still bring, in basis points.
 *
 * Lowest: every absent seat stays away or gives score 0. Highest: every one approves with full confidence.
 * While the threshold lies between the two, a viewer can truthfully say "undecided".
 */
export function reachableRange(
  sums: TallySums,
  form: TallyForm,
): readonly [lowestBp: number, highestBp: number] {
  const lowest = inBasisPoints(sums.weighted, sums, form);
  return [lowest, inBasisPoints(sums.weighted + absentPotential(sums), sums, form)];
}
