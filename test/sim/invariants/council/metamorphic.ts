/** What one change to a council may never do: turn a non-approval into an approval. */
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { RunResult } from '../../run-scenario.ts';
import { loggedDecisions } from '../../world/history.ts';
import type { PairInvariant } from '../invariant.ts';

/** Raising the confidence of a rejecting seat never brings an approval. */
export const surerRejection: PairInvariant = {
  name: 'surer-rejection',
  check: (before, after) => newApprovals(before, after, 'a seat became surer of its rejection'),
};

/** Losing a rejecting or veto seat, in any round, never brings an approval. */
export const lostSeat: PairInvariant = {
  name: 'lost-seat',
  check: (before, after) => newApprovals(before, after, 'a rejecting or veto seat was lost'),
};

/** The order and number of copies in which ballots arrive change neither outcome nor tally. */
export const ballotOrder: PairInvariant = {
  name: 'ballot-order',
  check(before, after) {
    const other = finalsOf(after);
    return [...finalsOf(before)].flatMap(([decisionId, { body }]) => {
      const shuffled = other.get(decisionId)?.body;
      const isSame =
        shuffled !== undefined &&
        shuffled.outcome === body.outcome &&
        shuffled.heldReason === body.heldReason &&
        shuffled.tally?.weighted === body.tally?.weighted &&
        shuffled.tally?.ballotCount === body.tally?.ballotCount;
      if (isSame) return [];
      return [
        `${decisionId} is ${body.outcome}, and ${shuffled?.outcome} when ballots come in another order`,
      ];
    });
  },
};

/** Final payloads by decision. */
export function finalsOf({ history }: RunResult): Map<string, FinalPayload> {
  return new Map(
    loggedDecisions(history).flatMap(({ decisionId, finals: [final] }) =>
      final ? [[decisionId, final.payload as FinalPayload] as const] : [],
    ),
  );
}

function newApprovals(before: RunResult, after: RunResult, change: string): string[] {
  const changed = finalsOf(after);
  return [...finalsOf(before)].flatMap(([decisionId, { body }]) => {
    const isNew = body.outcome !== 'approved' && changed.get(decisionId)?.body.outcome === 'approved';
    return isNew ? [`${decisionId} was ${body.outcome} and is approved when ${change}`] : [];
  });
}
