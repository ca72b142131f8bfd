/**
 * Keys of signed notes in their published text form: logs, witnesses and cosigners of any owner.
 *
 * @source C2SP signed-note (verifier keys, signature types), C2SP tlog-cosignature (key ids)
 */
import { WitanError } from '../../errors.ts';
import { concatBytes, fromBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import { checkLogId } from '../checkpoint.ts';
import type { Sha256 } from '../crypto.ts';

/** Signature types that are read here, by their byte; what each signs is said where it is verified. */
export const NOTE_KEY_TYPES = {
  /** Ed25519 over the text of a note: logs. */
  ed25519: 0x01,
  /** Ed25519 over `cosignature/v1`, time and text: witnesses. */
  cosignature: 0x04,
  /** ML-DSA-44 over name, time, origin, size and root: witnesses and logs. */
  mlDsa44: 0x06,
} as const;

/** One of {@link NOTE_KEY_TYPES}. */
export type NoteKeyType = (typeof NOTE_KEY_TYPES)[keyof typeof NOTE_KEY_TYPES];

/** Key that a reader trusts: name and id of a signature line must both be its own. */
export interface NoteKey {
  /** Name on the signature line; of a log its origin. */
  readonly name: string;
  readonly type: NoteKeyType;
  /** 32 bytes, or 1,312 for ML-DSA-44. */
  readonly publicKey: Uint8Array;
}

const KEY_BYTES: Readonly<Record<number, number>> = { 0x01: 32, 0x04: 32, 0x06: 1_312 };
const KEY_TEXT = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/;

/** Id of a key on signature lines: 8 hex digits. @source C2SP signed-note (key ID) */
export function noteKeyId({ name, type, publicKey }: NoteKey, sha256: Sha256): string {
  return toHex(sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4));
}

/** `name+id+key`, as it is published. @throws invalid_argument for a name that no signature line carries */
export function encodeNoteKey(key: NoteKey, sha256: Sha256): string {
  checkLogId(key.name);
  const material = toBase64(concatBytes(Uint8Array.of(key.type), key.publicKey));
  return `${key.name}+${noteKeyId(key, sha256)}+${material}`;
}

/** Key of its text form: type and length known, id fitting. @throws bad_encoding */
export function parseNoteKey(text: string, sha256: Sha256): NoteKey {
  const found = KEY_TEXT.exec(text);
  if (!found) throw noKey('name+8 hex digits+base64');
  const [, name, id, material] = found as unknown as [string, string, string, string];
  if (/[\s\p{C}]/u.test(name) || name.length > 200) throw noKey('a name without spaces and plus');
  const bytes = fromBase64(material);
  const length = KEY_BYTES[bytes[0] ?? 0];
  if (length === undefined) throw noKey('a key of type 0x01, 0x04 or 0x06');
  if (bytes.length !== length + 1) throw noKey(`${length} bytes of key`);
  const key = { name, type: bytes[0] as NoteKeyType, publicKey: bytes.slice(1) };
  if (noteKeyId(key, sha256) !== id) throw noKey('an id that fits name and key');
  return key;
}

function noKey(expected: string): WitanError {
  return new WitanError('bad_encoding', `not the key of a note: expected ${expected}`, { expected });
}
