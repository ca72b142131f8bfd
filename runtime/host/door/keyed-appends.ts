/** Appends that a caller may repeat under a key of its own: the first wins, and every repetition gets it. */
import { WitanError } from '../../../contracts/errors.ts';
import { decisionIdOf } from '../../../contracts/ledger/signing.ts';
import type { DecisionId, Digest } from '../../../contracts/messages/ids.ts';
import { TenantId } from '../../../contracts/messages/ids.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';

/** One append under a key. */
export interface KeyedAppend {
  readonly tenant: string;
  /** The caller's own key, with what it is a key of before it (`audit-event:…`). */
  readonly key: string;
  /** Digest of what is appended; stands in the payload as `eventDigest`. */
  readonly digest: Digest;
  /** Appends under the id that the key gives. */
  readonly append: (id: DecisionId) => Promise<LedgerEntry>;
  /** Digest of what was appended first, where it does not stand plain in the payload. */
  readonly digestIn?: (first: LedgerEntry) => Promise<unknown>;
}

/** One after the other for each key, so that the first wins. */
export class KeyedAppends {
  readonly #ledger: Pick<LedgerPort, 'byDecision'>;
  readonly #underWay = new Map<DecisionId, Promise<LedgerEntry>>();

  constructor(ledger: Pick<LedgerPort, 'byDecision'>) {
    this.#ledger = ledger;
  }

  /** Gives the entry that stands under the key. @throws conflict when the key came with another event */
  async append(given: KeyedAppend): Promise<LedgerEntry> {
    // The same derivation as a decision's id, under a key that no decision can have.
    const id = decisionIdOf(TenantId.parse(given.tenant), given.key, sha256);
    const before = Promise.resolve(this.#underWay.get(id)?.catch(() => undefined));
    const turn = before.then(() => this.#once(id, given));
    this.#underWay.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#underWay.get(id) === turn) this.#underWay.delete(id);
    }
  }

  async #once(id: DecisionId, { digest, append, digestIn = plainDigest }: KeyedAppend): Promise<LedgerEntry> {
    const [first] = await this.#ledger.byDecision(id);
    if (!first) return append(id);
    if ((await digestIn(first)) === digest) return first;
    throw new WitanError('conflict', 'the key came with another event before', { path: 'idempotency-key' });
  }
}

function plainDigest({ payload }: LedgerEntry): Promise<unknown> {
  return Promise.resolve((payload as { readonly eventDigest: string }).eventDigest);
}
