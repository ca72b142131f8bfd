/** Checks one decision offline: both records, every signature, and the tally recomputed from the ballots. */
import type { LogKey } from '../../../contracts/ledger/checkpoint.ts';
import type { LedgerCrypto } from '../../../contracts/ledger/crypto.ts';
import type { StoredEntry } from '../../../contracts/ledger/leaf.ts';
import type { Mismatch } from '../../../contracts/ledger/verification.ts';
import { verifyProof } from '../../../contracts/ledger/verify-proof.ts';
import { verifySignatures } from '../../../contracts/ledger/verify-signatures.ts';
import { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { ProofKey, RecordProof } from '../../../contracts/messages/proof.ts';
import { OpenedPayload } from '../../../contracts/messages/session.ts';
import type { VerdictBody } from '../../../contracts/messages/verdict.ts';
import { verifyTally } from '../../../council/tally/verify-tally.ts';

/** What a verification found. */
export interface DecisionVerification {
  readonly ok: boolean;
  readonly decisionId: DecisionId | null;
  /** Name of the log and positions of the two records, as the proof states them. */
  readonly logId: string | null;
  readonly openedIndex: number | null;
  readonly finalIndex: number | null;
  /** Set only when everything held. */
  readonly verdict: VerdictBody | null;
  /** Checks that held, in order. */
  readonly checked: readonly string[];
  /** The first thing that does not match; `record` names the entry (`opened #4`, `final #9`). */
  readonly mismatch: (Mismatch & { readonly record: string }) | null;
}

/**
 * Checks a bundle of any origin against keys that the reader pinned. Never throws.
 *
 * @param bundle whatever was read
 * @param pinned keys that the reader trusts for the log
 */
export function verifyDecision(
  bundle: unknown,
  pinned: readonly LogKey[],
  crypto: LedgerCrypto,
): DecisionVerification {
  const parsed = DecisionProof.safeParse(bundle);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return failed(NOTHING, 'proof', {
      check: 'form',
      field: issue!.path.join('.') || 'proof',
      expected: 'the form witan-decision-proof/1',
      actual: issue!.message,
    });
  }
  return new DecisionCheck(parsed.data, pinned, crypto).run();
}

const NOTHING: Omit<DecisionVerification, 'ok' | 'mismatch'> = {
  decisionId: null,
  logId: null,
  openedIndex: null,
  finalIndex: null,
  verdict: null,
  checked: [],
};

class DecisionCheck {
  readonly #proof: DecisionProof;
  readonly #pinned: readonly LogKey[];
  readonly #crypto: LedgerCrypto;
  readonly #checked: string[] = [];

  constructor(proof: DecisionProof, pinned: readonly LogKey[], crypto: LedgerCrypto) {
    this.#proof = proof;
    this.#pinned = pinned;
    this.#crypto = crypto;
  }

  run(): DecisionVerification {
    const { opened, final, resolutions } = this.#proof;
    const openedName = `opened #${opened.index}`;
    const finalName = `final #${final.index}`;
    const openedEntry = this.#entry(opened, 'opened', openedName);
    if ('mismatch' in openedEntry) return openedEntry;
    const finalEntry = this.#entry(final, 'final', finalName);
    if ('mismatch' in finalEntry) return finalEntry;
    if (
      openedEntry.decisionId !== finalEntry.decisionId ||
      opened.logId !== final.logId ||
      opened.index >= final.index
    ) {
      const expected = `the end of ${openedEntry.decisionId} in ${opened.logId}, after #${opened.index}`;
      const actual = `${finalEntry.decisionId} in ${final.logId} at #${final.index}`;
      return this.#failed(finalName, { check: 'same-decision', field: 'decisionId', expected, actual });
    }
    for (const resolution of resolutions) {
      const entry = this.#entry(resolution, 'resolution', `resolution #${resolution.index}`);
      if ('mismatch' in entry) return entry;
    }
    return this.#content(openedEntry, finalEntry, finalName);
  }

  #entry(proof: RecordProof, kind: string, name: string): StoredEntry | DecisionVerification {
    const { ok, checked, mismatch, entry } = verifyProof(proof, this.#pinned, this.#crypto);
    this.#checked.push(...checked.map((check) => `${name}: ${check}`));
    if (!ok || !entry) return this.#failed(name, mismatch!);
    if (entry.kind === kind) return entry;
    return this.#failed(name, { check: 'kind', field: 'canonical.kind', expected: kind, actual: entry.kind });
  }

  #content(openedEntry: StoredEntry, finalEntry: StoredEntry, finalName: string): DecisionVerification {
    const opened = openedEntry.payload as OpenedPayload;
    const final = finalEntry.payload as FinalPayload;
    const keys = mergeKeys(this.#proof.opened.keys, this.#proof.final.keys);
    const signed = verifySignatures({ opened, final, keys }, this.#crypto);
    this.#checked.push(...signed.checked.map((check) => `${finalName}: ${check}`));
    if (!signed.ok) return this.#failed(finalName, signed.mismatch!);
    const { body, ballots, superseded } = FinalPayload.parse(final);
    const { outcome, heldReason, rounds, tally } = body;
    // Without a tally only a hold may name the council: it failed, and there is nothing to recompute.
    if (tally !== null || (body.decidedBy === 'council' && outcome !== 'held')) {
      const terms = OpenedPayload.parse(opened).terms;
      const [difference] = verifyTally(terms, { outcome, heldReason, rounds, tally, ballots, superseded });
      if (difference) {
        const { field, recorded, recomputed } = difference;
        const [expected, actual] = [
          JSON.stringify(recomputed) ?? 'nothing',
          JSON.stringify(recorded) ?? 'nothing',
        ];
        return this.#failed(finalName, { check: 'tally', field: `body.${field}`, expected, actual });
      }
      this.#checked.push(`${finalName}: tally`);
    }
    return { ...this.#known(), ok: true, mismatch: null, decisionId: body.decisionId, verdict: body };
  }

  #known(): Omit<DecisionVerification, 'ok' | 'mismatch'> {
    const { opened, final } = this.#proof;
    const place = { logId: final.logId, openedIndex: opened.index, finalIndex: final.index };
    return { ...NOTHING, ...place, checked: this.#checked };
  }

  #failed(record: string, mismatch: Mismatch): DecisionVerification {
    return failed(this.#known(), record, mismatch);
  }
}

function failed(
  known: Omit<DecisionVerification, 'ok' | 'mismatch'>,
  record: string,
  mismatch: Mismatch,
): DecisionVerification {
  return { ...known, ok: false, mismatch: { ...mismatch, record } };
}

/** Keys of both bundles; a key that either calls revoked is revoked. */
function mergeKeys(...lists: readonly (readonly ProofKey[])[]): ProofKey[] {
  const merged = new Map<string, ProofKey>();
  for (const key of lists.flat()) {
    if (merged.get(key.keyId)?.state !== 'revoked') merged.set(key.keyId, key);
  }
  return [...merged.values()];
}
