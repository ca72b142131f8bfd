/**
 * Signature lines that a witness gives for a checkpoint that it has found consistent.
 *
 * @source C2SP tlog-cosignature (Ed25519 and ML-DSA-44 signed messages)
 */
import { concatBytes, fromHex, toBase64 } from '../bytes.ts';
import { coSignedMessage } from '../co-signature.ts';
import type { Sha256 } from '../crypto.ts';
import { NOTE_KEY_TYPES, noteKeyId, type NoteKey } from './note-key.ts';
import { cosignatureMessage, type OpenCheckpoint } from './open-checkpoint.ts';

/** One key of a witness. */
export interface WitnessSigner {
  /** Of type 0x04 or 0x06. */
  readonly key: NoteKey;
  /** 64 bytes over the message, or 2,420 for ML-DSA-44 with an empty context. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/**
 * One line, with its newline: `— name base64(id ‖ time ‖ signature)`. `timestampS`: seconds since 1970, not
 * 0, for a witness says when. The caller has made the checkpoint's size and root durable before.
 */
export function cosignatureLine(
  checkpoint: OpenCheckpoint,
  { key, sign }: WitnessSigner,
  { timestampS, sha256 }: { readonly timestampS: number; readonly sha256: Sha256 },
): string {
  const { origin, size, root, note } = checkpoint;
  const message =
    key.type === NOTE_KEY_TYPES.mlDsa44
      ? coSignedMessage(key.name, { logId: origin, size, root }, timestampS)
      : cosignatureMessage(note.text, timestampS);
  const id = fromHex(noteKeyId(key, sha256));
  return `— ${key.name} ${toBase64(concatBytes(id, uint64(timestampS), sign(message)))}\n`;
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
