/** A verdict that was released is the recorded final, and was recorded before it was released. */
import { canonicalJson } from '../../../../contracts/ledger/canonical-json.ts';
import { loggedDecisions } from '../../world/history.ts';
import type { ReleasedVerdict } from '../../world/history.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import type { RunInvariant } from '../invariant.ts';

/** Every verdict that left a node, by answer, read or event, equals the final entry of its decision. */
export const releasedIsRecorded: RunInvariant = {
  name: 'released-is-recorded',
  check({ history }) {
    const finals = new Map(
      loggedDecisions(history).map(({ decisionId, finals: [final] }) => [decisionId, final]),
    );
    return history.released.flatMap((released) => {
      const { decisionId, via, isDurable } = released;
      const final = finals.get(decisionId);
      if (!final) return [`${decisionId}: ${via} gave a verdict that is not in the log`];
      if (!isSame(released, final))
        return [`${decisionId}: ${via} gave another verdict than the recorded one`];
      return isDurable ? [] : [`${decisionId}: ${via} gave a verdict before the log had acknowledged it`];
    });
  },
};

function isSame({ verdict }: ReleasedVerdict, final: LedgerEntry): boolean {
  const { body, signature } = final.payload as { body: unknown; signature: string };
  return (
    verdict.record.index === final.index &&
    verdict.record.leafHash === final.leafHash &&
    verdict.signature === signature &&
    canonicalJson(verdict.body) === canonicalJson(body)
  );
}
