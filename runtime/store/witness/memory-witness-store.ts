/** Memory of a witness that ends with the process: for tests and for nodes that keep nothing. */
import { toHex, utf8 } from '../../../contracts/ledger/bytes.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type {
  ForkEvidence,
  WitnessedHead,
  WitnessStorePort,
} from '../../kernel/ports/witness/witness-store.ts';

/** See {@link WitnessStorePort}; nothing here outlives the process. */
export class MemoryWitnessStore implements WitnessStorePort {
  readonly #heads = new Map<string, WitnessedHead>();
  readonly #notes = new Map<string, string>();
  readonly #evidence = new Map<string, ForkEvidence>();

  async head(origin: string): Promise<WitnessedHead | undefined> {
    return this.#heads.get(origin);
  }

  async saveHead(head: WitnessedHead): Promise<void> {
    this.#heads.set(head.origin, head);
  }

  async saveNote(origin: string, note: string): Promise<void> {
    this.#notes.set(toHex(sha256(utf8(origin))), note);
  }

  async savePublished(_note: string): Promise<void> {}

  async note(originHash: string): Promise<string | undefined> {
    return this.#notes.get(originHash);
  }

  async keepEvidence(evidence: ForkEvidence): Promise<boolean> {
    const name = `${bodyOf(evidence.first)}\n${bodyOf(evidence.second)}`;
    if (this.#evidence.has(name)) return false;
    this.#evidence.set(name, evidence);
    return true;
  }

  async evidence(): Promise<ForkEvidence[]> {
    return [...this.#evidence.values()];
  }
}

function bodyOf(note: string): string {
  return note.slice(0, note.indexOf('\n\n') + 1);
}
