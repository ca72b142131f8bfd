/** A decision as readers see it, built from its recorded entries alone. */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionView } from '../../../contracts/messages/decision-view.ts';
import { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionId, Digest } from '../../../contracts/messages/ids.ts';
import { OpenedPayload, ResolutionPayload } from '../../../contracts/messages/session.ts';
import type { RecordState, Verdict } from '../../../contracts/messages/verdict.ts';
import type { LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';

/** Entries of one decision, taken apart. */
export interface RecordedDecision {
  readonly opened: LedgerEntry;
  readonly final: LedgerEntry | undefined;
  readonly resolutions: readonly LedgerEntry[];
}

/** Reads the entries of a decision of `tenant`. @throws not_found, also for another tenant's */
export async function readRecorded(
  ledger: LedgerPort,
  decisionId: DecisionId,
  tenant: string,
): Promise<RecordedDecision> {
  const entries = await ledger.byDecision(decisionId);
  const opened = entries.find((entry) => entry.kind === 'opened');
  if (!opened || opened.tenant !== tenant) {
    throw new WitanError('not_found', `there is no decision ${decisionId}`, {
      path: 'decisionId',
      expected: 'a recorded decision',
    });
  }
  return {
    opened,
    final: entries.find((entry) => entry.kind === 'final'),
    resolutions: entries.filter((entry) => entry.kind === 'resolution'),
  };
}

/** State of a record: acknowledged entries are covered by a signed head; anchoring is another part's word. */
export async function recordStateOf(ledger: LedgerPort, index: number): Promise<RecordState> {
  const { size } = await ledger.checkpoint();
  return index < size ? 'checkpointed' : 'pending';
}

/** The verdict as callers get it. @throws ZodError (a programmer's error) when the entry is no final entry */
export function verdictOf(final: LedgerEntry, logId: string, state: RecordState): Verdict {
  const { body, ballots, keyId, signature } = FinalPayload.parse(final.payload);
  return {
    body,
    ballots,
    keyId,
    signature,
    record: { logId, index: final.index, leafHash: final.leafHash as Digest, state },
  };
}

/** View of a decision. `anchorStateOf` knows how far an entry is on a chain; undefined: not on its way. */
export async function decisionViewOf(
  ledger: LedgerPort,
  recorded: RecordedDecision,
  anchorStateOf?: (index: number) => RecordState | undefined,
): Promise<DecisionView> {
  const { opened, final, resolutions } = recorded;
  const payload = OpenedPayload.parse(opened.payload);
  const { terms, request, sessionDigest, submittedBy, openedAt, input } = payload;
  const { index } = final ?? opened;
  const state = anchorStateOf?.(index) ?? (await recordStateOf(ledger, index));
  return {
    decisionId: terms.decisionId,
    state: final ? 'final' : 'open',
    type: request.type,
    request,
    sessionDigest,
    submittedBy,
    openedAt,
    verdict: final ? verdictOf(final, ledger.logId, state) : null,
    record: { logId: ledger.logId, openedIndex: opened.index, finalIndex: final?.index ?? null, state },
    resolutions: resolutions.map((entry) => ResolutionPayload.parse(entry.payload)),
    ...(input !== undefined && { input }),
  };
}
