/** Signs checkpoints and bundles proofs with the node's keys. */
import {
  checkLogId,
  checkpointText,
  signNote,
  type CheckpointBody,
  type LogKey,
} from '../../../contracts/ledger/checkpoint.ts';
import { coSignNote } from '../../../contracts/ledger/co-signature.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { RecordProof } from '../../../contracts/messages/proof.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import type { LedgerCheckpoint, LedgerEntry } from '../../kernel/ports/ledger.ts';
import { proofKeyOf } from '../keys/proof-key.ts';

/** Purpose of the key that signs checkpoints: the one that readers pin. */
export const CHECKPOINT_PURPOSE = 'checkpoint';

/** Signs the heads of one log. */
export class LogSigner {
  readonly logId: string;
  readonly #keys: KeysPort;

  /** @throws invalid_argument for a name that a note cannot carry */
  constructor(logId: string, keys: KeysPort) {
    checkLogId(logId);
    this.logId = logId;
    this.#keys = keys;
  }

  /** Key that signs now, as readers pin it. */
  logKey(): LogKey {
    return { logId: this.logId, publicKey: this.#keys.active(CHECKPOINT_PURPOSE).publicKey };
  }

  /** Id of the key that signs now. */
  keyId(): string {
    return this.#keys.active(CHECKPOINT_PURPOSE).keyId;
  }

  /** Signed checkpoint. The caller has made (size, root) durable before. */
  sign(body: CheckpointBody): LedgerCheckpoint {
    const { keyId, publicKey } = this.#keys.active(CHECKPOINT_PURPOSE);
    const sign = (message: Uint8Array): Uint8Array => this.#keys.sign(keyId, message);
    const note = signNote(checkpointText(body), { logId: this.logId, publicKey }, { sha256, sign });
    return { ...body, note: this.#coSigned(note, body) };
  }

  #coSigned(note: string, body: CheckpointBody): string {
    const { coSigner } = this.#keys;
    if (!coSigner) return note;
    const key = { name: this.logId, publicKey: coSigner.publicKey };
    return coSignNote(note, body, { key, sha256, sign: (bytes) => coSigner.sign(bytes), timestampS: 0 });
  }

  /** Bundle that proves `entry` under `checkpoint` by its path, with every public key that the node knows. */
  bundle(entry: LedgerEntry, checkpoint: LedgerCheckpoint, inclusion: readonly Uint8Array[]): RecordProof {
    const { logId, size, root, chainHash, note } = checkpoint;
    return {
      format: 'witan-proof/1',
      logId: this.logId,
      index: entry.index,
      canonical: entry.canonical,
      leafHash: entry.leafHash,
      chainHash: entry.chainHash,
      inclusion: inclusion.map(toHex),
      checkpoint: { logId, size, root, chainHash, note },
      keys: this.#keys.list().map(proofKeyOf),
    };
  }
}
