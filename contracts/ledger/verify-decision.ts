/** Checks one decision offline: its records, the log, every signature, and the tally where the caller can. */
import { parseNote, type LogKey } from './checkpoint.ts';
import { verifyCoSignature, type CoSignerKey } from './co-signature.ts';
import { aggregateFound, type AggregateFound } from './aggregate/check-aggregate.ts';
import type { LedgerCrypto } from './crypto.ts';
import type { StoredEntry } from './leaf.ts';
import type { Mismatch } from './verification.ts';
import { verifyProof } from './verify-proof.ts';
import { erasureIn, type ErasureFound } from './erasure/verify-erasure.ts';
import { verifySignatures } from './verify-signatures.ts';
import { DecisionProof } from '../messages/decision-proof.ts';
import { FinalPayload } from '../messages/final.ts';
import type { DecisionId } from '../messages/ids.ts';
import type { ProofKey, RecordProof } from '../messages/proof.ts';
import { RecordedOpened } from '../messages/privacy/sealed-record.ts';
import type { SessionTerms } from '../messages/session.ts';
import type { VerdictBody } from '../messages/verdict.ts';

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
  /**
   * How the request was checked: as recorded, as disclosed with the proof, or not at all, because it is
   * sealed
   * or erased. Null: the verification did not come that far.
   */
  readonly input: 'plain' | 'disclosed' | 'sealed' | 'erased' | null;
  /** The entry that certifies the erasure. */
  readonly erasure: ErasureFound | null;
  /** What the record says of the seats' aggregate; null: nothing, or the verification did not come that far. */
  readonly aggregate: AggregateFound | null;
  /** Checks that held, in order. */
  readonly checked: readonly string[];
  /** The first thing that does not match; `record` names the entry (`opened #4`, `final #9`). */
  readonly mismatch: (Mismatch & { readonly record: string }) | null;
}

/** A field of a verdict that is not what its ballots give. */
export interface TallyFault {
  readonly field: string;
  readonly recorded: unknown;
  readonly recomputed: unknown;
}

/** Recomputes a verdict from the frozen terms and its ballots; gives the first field that differs. */
export type CheckTally = (terms: SessionTerms, final: FinalPayload) => TallyFault | undefined;

/** What a verifier trusts and can do. */
export interface DecisionVerifier {
  /** Keys that the reader pinned for the log. */
  readonly pinned: readonly LogKey[];
  readonly crypto: LedgerCrypto;
  /** Where there are any, one of them must have co-signed each checkpoint. */
  readonly coSigners?: readonly CoSignerKey[];
  /** Absent: the tally is taken as the seats and the node signed it. */
  readonly checkTally?: CheckTally;
}

/**
 * Checks a bundle of any origin against keys that the reader pinned. Never throws.
 *
 * @param bundle whatever was read
 */
export function verifyDecision(bundle: unknown, verifier: DecisionVerifier): DecisionVerification {
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
  return new DecisionCheck(parsed.data, verifier).run();
}

const NOTHING: Omit<DecisionVerification, 'ok' | 'mismatch'> = {
  decisionId: null,
  logId: null,
  openedIndex: null,
  finalIndex: null,
  verdict: null,
  input: null,
  erasure: null,
  aggregate: null,
  checked: [],
};

class DecisionCheck {
  readonly #proof: DecisionProof;
  readonly #verifier: DecisionVerifier;
  readonly #checked: string[] = [];
  #erasure: ErasureFound | null = null;

  constructor(proof: DecisionProof, verifier: DecisionVerifier) {
    this.#proof = proof;
    this.#verifier = verifier;
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
    const { erasure } = this.#proof;
    if (erasure) {
      const entry = this.#entry(erasure, 'event', `erasure #${erasure.index}`);
      if ('mismatch' in entry) return entry;
      const found = erasureIn(
        entry,
        RecordedOpened.safeParse(openedEntry.payload).data,
        this.#verifier.crypto,
        {
          keys: mergeKeys(opened.keys, final.keys, erasure.keys),
        },
      );
      if ('mismatch' in found) return this.#failed(`erasure #${erasure.index}`, found.mismatch);
      this.#erasure = found;
      this.#checked.push(`erasure #${erasure.index}: certificate`);
    }
    return this.#content(openedEntry, finalEntry, finalName);
  }

  #entry(proof: RecordProof, kind: string, name: string): StoredEntry | DecisionVerification {
    const { ok, checked, mismatch, entry } = verifyProof(proof, this.#verifier.pinned, this.#verifier.crypto);
    this.#checked.push(...checked.map((check) => `${name}: ${check}`));
    if (!ok || !entry) return this.#failed(name, mismatch!);
    if (!this.#isCoSigned(proof.checkpoint.note)) {
      const expected = 'a co-signature (ML-DSA-44) by a pinned key';
      const actual = 'there is none that verifies';
      return this.#failed(name, { check: 'co-signature', field: 'checkpoint.note', expected, actual });
    }
    if (entry.kind === kind) return entry;
    return this.#failed(name, { check: 'kind', field: 'canonical.kind', expected: kind, actual: entry.kind });
  }

  /** The note was taken apart before, so it is well-formed. */
  #isCoSigned(note: string): boolean {
    const { coSigners = [], crypto } = this.#verifier;
    const parsed = parseNote(note);
    return coSigners.length === 0 || coSigners.some((key) => verifyCoSignature(parsed, key, crypto));
  }

  #content(openedEntry: StoredEntry, finalEntry: StoredEntry, finalName: string): DecisionVerification {
    const opened = openedEntry.payload as RecordedOpened;
    const final = finalEntry.payload as FinalPayload;
    const keys = mergeKeys(this.#proof.opened.keys, this.#proof.final.keys);
    const { disclosure } = this.#proof;
    const signed = verifySignatures({ opened, final, disclosure, keys }, this.#verifier.crypto);
    this.#checked.push(...signed.checked.map((check) => `${finalName}: ${check}`));
    if (!signed.ok) return this.#failed(finalName, signed.mismatch!);
    const { checkTally } = this.#verifier;
    const parsed = FinalPayload.parse(final);
    const { body } = parsed;
    // Without a tally only a hold may name the council: it failed, and there is nothing to recompute.
    if (checkTally && (body.tally !== null || (body.decidedBy === 'council' && body.outcome !== 'held'))) {
      const fault = checkTally(RecordedOpened.parse(opened).terms, parsed);
      if (fault) {
        const [expected, actual] = [fault.recomputed, fault.recorded].map(
          (value) => JSON.stringify(value) ?? 'nothing',
        );
        const field = `body.${fault.field}`;
        return this.#failed(finalName, { check: 'tally', field, expected: expected!, actual: actual! });
      }
      this.#checked.push(`${finalName}: tally`);
    }
    const read = 'request' in opened ? 'plain' : disclosure ? 'disclosed' : 'sealed';
    const input = this.#erasure ? 'erased' : read;
    const found = { decisionId: body.decisionId, verdict: body, input, erasure: this.#erasure } as const;
    const aggregate = aggregateFound(parsed, this.#verifier.crypto);
    return { ...this.#known(), ok: true, mismatch: null, ...found, aggregate };
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
