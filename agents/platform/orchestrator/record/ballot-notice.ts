/** Entries for ballots that are recorded and not counted: late, advisory, refused. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { LedgerEntry, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { BallotNotice } from '../messages.ts';

/** A notice on the record. */
export interface Noted {
  readonly entry: LedgerEntry;
  /** It was there before. */
  readonly isRepeat: boolean;
}

/** Brings notices onto the record, one with an id once: the record itself is the memory of what was handled. */
export class NoticeDesk {
  readonly #ledger: LedgerPort;
  /** Appends under way, by id: a second delivery waits for the first. */
  readonly #open = new Map<string, Promise<Noted>>();

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  /**
   * Appends the entry of a notice, under the tenant of its decision.
   *
   * @throws not_found for a decision that was never opened: nothing is recorded on the word of a sender alone
   */
  record(notice: BallotNotice): Promise<Noted> {
    const { noticeId } = notice;
    if (noticeId === undefined) return this.#append(notice);
    const open = this.#open.get(noticeId);
    if (open) return open.then(({ entry }) => ({ entry, isRepeat: true }));
    const recording = this.#append(notice).finally(() => this.#open.delete(noticeId));
    this.#open.set(noticeId, recording);
    return recording;
  }

  async #append(notice: BallotNotice): Promise<Noted> {
    const { kind, decisionId, seat, round, ballot, reason, noticeId } = notice;
    const entries = await this.#ledger.byDecision(decisionId);
    const opened = entries.find((entry) => entry.kind === 'opened');
    if (!opened) throw new WitanError('not_found', 'there is no such decision', { decisionId });
    const known = noticeId === undefined ? undefined : entries.find((entry) => idOf(entry) === noticeId);
    if (known) return { entry: known, isRepeat: true };
    const id = noticeId === undefined ? {} : { noticeId };
    const payload = { notice: kind, seat, round, ...id, ballot: ballot ?? null, reason: reason ?? null };
    const { entry } = await this.#ledger.append({
      kind: kind === 'late-ballot' ? 'late-ballot' : 'event',
      tenant: opened.tenant,
      decisionId,
      payload,
    });
    return { entry, isRepeat: false };
  }
}

function idOf({ payload }: LedgerEntry): unknown {
  return typeof payload === 'object' && payload !== null && 'noticeId' in payload
    ? payload.noticeId
    : undefined;
}
