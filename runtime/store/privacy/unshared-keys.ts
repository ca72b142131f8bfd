/**
 * Keys of a node whose record other nodes share while nobody shares its keys: nothing is sealed under them.
 *
 * What one node sealed no other could open, no erasure would reach it, and it would be gone with one disk.
 * What was sealed before is still opened here.
 */
import { WitanError } from '../../../contracts/errors.ts';
import type {
  Commitment,
  Destruction,
  LegalHold,
  RecordKey,
  Renewal,
  SealedBytes,
  SubjectKeysPort,
} from '../../kernel/ports/crypto/subject-keys.ts';

/** See the head of the file. */
export class UnsharedKeys implements SubjectKeysPort {
  readonly #keys: SubjectKeysPort;

  /** `keys`: this node's; closed with this. */
  constructor(keys: SubjectKeysPort) {
    this.#keys = keys;
  }

  /** @throws not_supported */
  seal(): Promise<SealedBytes> {
    return refused();
  }

  /** @throws not_supported */
  commit(): Promise<Commitment> {
    return refused();
  }

  /** @throws not_supported */
  drawRecordKey(): Promise<RecordKey> {
    return refused();
  }

  /** @throws not_supported */
  sealRecord(): Promise<SealedBytes> {
    return refused();
  }

  /** @throws not_supported */
  destroy(): Promise<Destruction> {
    return refused();
  }

  /** @throws not_supported */
  renew(): Promise<Renewal> {
    return refused();
  }

  /** @throws not_supported */
  hold(): Promise<LegalHold> {
    return refused();
  }

  /** @throws not_supported */
  release(): Promise<void> {
    return refused();
  }

  /** See SubjectKeysPort. */
  open(sealed: SealedBytes): Promise<Uint8Array> {
    return this.#keys.open(sealed);
  }

  /** See SubjectKeysPort. */
  matches(commitment: Commitment, bytes: Uint8Array): Promise<boolean> {
    return this.#keys.matches(commitment, bytes);
  }

  /** See SubjectKeysPort. */
  saltOf(keyId: string): Promise<string> {
    return this.#keys.saltOf(keyId);
  }

  /** See SubjectKeysPort. */
  isErased(keyId: string): boolean {
    return this.#keys.isErased(keyId);
  }

  /** See SubjectKeysPort. */
  tagOf(...[choice]: Parameters<SubjectKeysPort['tagOf']>): string {
    return this.#keys.tagOf(choice);
  }

  /** See SubjectKeysPort. */
  holds(...[choice]: Parameters<SubjectKeysPort['holds']>): readonly LegalHold[] {
    return this.#keys.holds(choice);
  }

  /** See SubjectKeysPort. */
  keyIds(...[choice]: Parameters<SubjectKeysPort['keyIds']>): readonly string[] {
    return this.#keys.keyIds(choice);
  }

  /** See SubjectKeysPort. */
  keyCount(): number {
    return this.#keys.keyCount();
  }

  /** See SubjectKeysPort. */
  close(): Promise<void> {
    return this.#keys.close();
  }
}

function refused(): Promise<never> {
  const details = { path: 'subjects', expected: 'no persons named, or a node that is alone' };
  const message = 'nodes of a cluster do not share keys: they seal nothing, and erase nothing';
  return Promise.reject(new WitanError('not_supported', message, details));
}
