/** Entries for ballots that are recorded and not counted: late, advisory, refused. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { LedgerEntryInput, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { BallotNotice } from '../messages.ts';

/**
 * Entry of a notice, under the tenant of its decision.
 * @throws not_found for a decision that was never opened: nothing is recorded on the word of a sender alone
 */
export async function noticeEntry(
  notice: BallotNotice,
  { ledger }: { readonly ledger: LedgerPort },
): Promise<LedgerEntryInput> {
  const { kind, decisionId, seat, round, ballot, reason } = notice;
  const opened = (await ledger.byDecision(decisionId)).find((entry) => entry.kind === 'opened');
  if (!opened) throw new WitanError('not_found', 'there is no such decision', { decisionId });
  const payload = { notice: kind, seat, round, ballot: ballot ?? null, reason: reason ?? null };
  return {
    kind: kind === 'late-ballot' ? 'late-ballot' : 'event',
    tenant: opened.tenant,
    decisionId,
    payload,
  };
}
