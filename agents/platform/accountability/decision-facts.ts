/** One decision as an investigator sees it: its entries, taken apart. */
import type { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { OpenedPayload, ResolutionPayload } from '../../../contracts/messages/session.ts';
import type { IndexedDatum } from '../../../runtime/kernel/ports/audit/audit-index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';

/** A payload and the index of its entry. */
export interface Recorded<P> {
  readonly index: number;
  readonly atWallMs: number;
  readonly payload: P;
}

/** See the file's head. */
export interface DecisionFacts {
  readonly decisionId: DecisionId;
  readonly tenant: string;
  readonly opened: Recorded<OpenedPayload>;
  /** Undefined while it is open. */
  readonly final: Recorded<FinalPayload> | undefined;
  readonly resolutions: readonly Recorded<ResolutionPayload>[];
  /** Ballots that did not count: late, advisory, refused. */
  readonly notices: readonly LedgerEntry[];
  readonly data: readonly IndexedDatum[];
}

/**
 * Facts of a decision's entries, whatever their order.
 * @returns undefined where the entries hold none that opened a decision
 */
export function decisionFacts(
  entries: readonly LedgerEntry[],
  data: readonly IndexedDatum[] = [],
): DecisionFacts | undefined {
  const inOrder = [...entries].sort((one, other) => one.index - other.index);
  const opened = inOrder.find(({ kind }) => kind === 'opened');
  if (opened?.decisionId === undefined) return undefined;
  const final = inOrder.find(({ kind }) => kind === 'final');
  return {
    decisionId: opened.decisionId,
    tenant: opened.tenant,
    opened: recorded<OpenedPayload>(opened),
    final: final && recorded<FinalPayload>(final),
    resolutions: inOrder.filter(({ kind }) => kind === 'resolution').map(recorded<ResolutionPayload>),
    notices: inOrder.filter(
      ({ kind, payload }) => kind === 'late-ballot' || (kind === 'event' && hasNotice(payload)),
    ),
    data,
  };
}

function hasNotice(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'notice' in payload;
}

function recorded<P>({ index, atWallMs, payload }: LedgerEntry): Recorded<P> {
  return { index, atWallMs, payload: payload as P };
}
