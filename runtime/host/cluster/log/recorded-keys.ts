/** Keys of every node of the cluster, as the shared record tells of them: proofs carry them, readers pin them. */
import { CHECKPOINT_PURPOSE } from '../../../store/ledger/log-signer.ts';
import type { ProofKey, RecordProof } from '../../../../contracts/messages/proof.ts';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { keyHash, parseNote } from '../../../../contracts/ledger/checkpoint.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { withAppend } from '../../../kernel/ports/ledger.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import { keyPayloadOf, proofKeyIn } from '../../record/record-keys.ts';

/** Reads on from where it was; what the record says last of a key counts. */
export class RecordedKeys {
  readonly #ledger: LedgerPort;
  readonly #keys = new Map<string, ProofKey>();
  readonly #listeners = new Set<() => void>();
  #position = 0;
  #reading: Promise<void> | undefined;

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  /** Brings the book up to what this node's copy of the record holds. O(new entries) */
  async refresh(): Promise<void> {
    // Whoever comes while it is read may need what comes after.
    if (this.#reading) await this.#reading.catch(() => undefined);
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Every key there was, in the order of the record. */
  list(): readonly ProofKey[] {
    return [...this.#keys.values()];
  }

  /** Public keys that heads of the log may be signed with, hex: none that was revoked. */
  checkpointKeys(): readonly string[] {
    const isGood = ({ purpose, state }: ProofKey): boolean =>
      purpose === CHECKPOINT_PURPOSE && state !== 'revoked';
    return this.list()
      .filter(isGood)
      .map(({ publicKey }) => publicKey);
  }

  /** Told after each key that is new or changed; returns an unsubscribe. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #read(): Promise<void> {
    let isNews = false;
    for await (const entry of this.#ledger.read(this.#position)) {
      this.#position = entry.index + 1;
      const key = keyPayloadOf(entry);
      if (!key) continue;
      this.#keys.set(key.keyId, proofKeyIn(key));
      isNews = true;
    }
    if (isNews) for (const listener of this.#listeners) listener();
  }
}

/**
 * The same ledger, whose proofs carry the keys of other nodes too: those that the entry names, and the one
 * that signed the head.
 */
export function withRecordedKeys(ledger: LedgerPort, book: RecordedKeys): LedgerPort {
  const proof = async (index: number): Promise<RecordProof> => {
    const [made] = await Promise.all([ledger.proof(index), book.refresh()]);
    const own = new Set(made.keys.map(({ keyId }) => keyId));
    const signed = signersOf(made);
    const isWanted = (key: ProofKey): boolean =>
      !own.has(key.keyId) && (made.canonical.includes(key.keyId) || signed(key));
    return { ...made, keys: [...made.keys, ...book.list().filter(isWanted)] };
  };
  return { ...withAppend(ledger, (entry, term) => ledger.append(entry, term)), proof };
}

/** Tells keys that a line of the head's note names from the others. */
function signersOf({ logId, checkpoint }: RecordProof): (key: ProofKey) => boolean {
  const lines = parseNote(checkpoint.note).signatures.map((line) => line.keyHash);
  return ({ purpose, publicKey }) =>
    purpose === CHECKPOINT_PURPOSE &&
    lines.includes(toHex(keyHash({ logId, publicKey: fromHex(publicKey) }, sha256)));
}
