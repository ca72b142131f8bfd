/** One decision as its recorded entries tell it: pure. */
import type { DecisionView } from '../../../../contracts/messages/decision-view.ts';
import type { OpenedPayload, ResolutionPayload } from '../../../../contracts/messages/session.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import { verdictOf } from './verdict-maker.ts';

/** View of a decision of `tenant`; undefined when there is none, also for a decision of another tenant. */
export function viewOf(
  entries: readonly LedgerEntry[],
  tenant: string,
  logId: string,
): DecisionView | undefined {
  const opened = entries.find((entry) => entry.kind === 'opened');
  if (!opened || opened.tenant !== tenant) return undefined;
  const final = entries.find((entry) => entry.kind === 'final');
  const { terms, sessionDigest, request, submittedBy, openedAt, input } = opened.payload as OpenedPayload;
  return {
    decisionId: terms.decisionId,
    state: final ? 'final' : 'open',
    type: request.type,
    request,
    sessionDigest,
    submittedBy,
    openedAt,
    verdict: final ? verdictOf(final, logId) : null,
    record: { logId, openedIndex: opened.index, finalIndex: final?.index ?? null, state: 'pending' },
    resolutions: entries
      .filter((entry) => entry.kind === 'resolution')
      .map((entry) => entry.payload as ResolutionPayload),
    ...(input !== undefined && { input }),
  };
}
