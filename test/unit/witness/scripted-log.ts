/** A log that a test writes: it signs whatever it is told to, also what it must not. */
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { signNote } from '../../../contracts/ledger/checkpoint.ts';
import { toBase64 } from '../../../contracts/ledger/bytes.ts';
import { leafHashOf } from '../../../contracts/ledger/tree/merkle.ts';
import { MerkleTree } from '../../../contracts/ledger/tree/merkle-tree.ts';
import type { WitnessSigner } from '../../../contracts/ledger/tlog/cosign.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../contracts/ledger/tlog/add-checkpoint.ts';
import type { AddCheckpoint } from '../../../contracts/ledger/tlog/add-checkpoint.ts';
import { NOTE_KEY_TYPES } from '../../../contracts/ledger/tlog/note-key.ts';
import type { NoteKey } from '../../../contracts/ledger/tlog/note-key.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';

/** Primitives that the tests verify with. */
export const CRYPTO = { sha256, verifyEd25519 };

const clock = { monotonicMs: () => 0, wallMs: () => 0, setTimer: () => ({ cancel: () => {} }) };

/** A key by its seed. */
export function keyOf(name: string, type: NoteKey['type'], seed = name): WitnessSigner {
  const keys = new MemoryKeys({ clock, seed });
  const { keyId, publicKey } = keys.active('test');
  return { key: { name, type, publicKey }, sign: (message) => keys.sign(keyId, message) };
}

/** Key of a witness. */
export const WITNESS = keyOf('witness.example/w', NOTE_KEY_TYPES.cosignature);

/** One history of a log; two of the same origin and seed are a fork. */
export class ScriptedLog {
  readonly origin: string;
  readonly signer: WitnessSigner;
  readonly tree = new MerkleTree(sha256);

  constructor(origin = 'log.example/a', seed = origin) {
    this.origin = origin;
    this.signer = keyOf(origin, NOTE_KEY_TYPES.ed25519, seed);
  }

  /** Appends entries `name/0` to `name/count-1`. */
  grow(count: number, name = 'entry'): this {
    for (let at = 0; at < count; at += 1)
      this.tree.append(leafHashOf(utf8(`${name}/${this.tree.size}`), sha256));
    return this;
  }

  /** Signed checkpoint over the first `size` entries, or over whatever root is given. */
  note(size: number = this.tree.size, root: Uint8Array = this.tree.root(size)): string {
    const { key, sign } = this.signer;
    const text = `${this.origin}\n${size}\n${toBase64(root)}\n`;
    return signNote(text, { logId: key.name, publicKey: key.publicKey }, { sha256, sign });
  }

  /** Request as an honest log makes it. */
  request(oldSize: number, size: number = this.tree.size): AddCheckpoint {
    return parseAddCheckpoint(this.requestText(oldSize, size));
  }

  /** The same as text. */
  requestText(oldSize: number, size: number = this.tree.size): string {
    const proves = oldSize > 0 && oldSize < size;
    const proof = proves ? this.tree.consistencyProof(oldSize, size) : [];
    return formatAddCheckpoint(oldSize, proof, this.note(size));
  }
}
