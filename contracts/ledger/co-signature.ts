/**
 * ML-DSA-44 co-signatures of checkpoints: a second signature line that stays good if Ed25519 falls.
 *
 * They cover origin, size and root. The extension line (the hash chain) is not under them, so a reader still
 * needs the log's own signature for it.
 * @source C2SP tlog-cosignature (ML-DSA-44 signed message), C2SP signed-note (signature type 0x06), FIPS 204
 */
import { WitanError } from '../errors.ts';
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts';
import { parseCheckpointText, type CheckpointBody, type ParsedNote } from './checkpoint.ts';
import type { LedgerCrypto, Sha256 } from './crypto.ts';

/** Key that a reader trusts for co-signatures. */
export interface CoSignerKey {
  /** Name on the signature line; a log that co-signs its own checkpoints uses its own. */
  readonly name: string;
  /** 1,312 bytes. */
  readonly publicKey: Uint8Array;
}

/** What {@link coSignNote} signs with. */
export interface CoSigner {
  readonly key: CoSignerKey;
  readonly sha256: Sha256;
  /** 2,420 bytes over the message, context empty. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /**
   * Seconds since 1970, or 0: no statement that the tree was the largest seen. A log says nothing of that
   * kind about itself, and its clock is no evidence.
   */
  readonly timestampS: number;
}

const ML_DSA_44 = 0x06;
const PUBLIC_KEY_BYTES = 1_312;
const SIGNATURE_BYTES = 2_420;
const TIMESTAMP_BYTES = 8;
const LABEL = 'subtree/v1\n\0';
const MAX_NAME_BYTES = 255;

/** Bytes that a co-signature of a checkpoint covers. @throws invalid_argument for a name that is too long */
export function coSignedMessage(
  name: string,
  body: Pick<CheckpointBody, 'logId' | 'size' | 'root'>,
  timestampS: number,
): Uint8Array {
  return concatBytes(
    utf8(LABEL),
    named(name),
    uint64(timestampS),
    named(body.logId),
    uint64(0),
    uint64(body.size),
    fromHex(body.root),
  );
}

/** First four bytes of SHA-256 over name, newline, type 0x06 and key. @source C2SP tlog-cosignature */
export function coSignerKeyHash({ name, publicKey }: CoSignerKey, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(ML_DSA_44), publicKey)).subarray(0, 4);
}

/** `name+hash+key`, the form in which a reader pins the key. @source C2SP signed-note (vkey) */
export function encodeCoSignerKey(key: CoSignerKey, sha256: Sha256): string {
  const encoded = toBase64(concatBytes(Uint8Array.of(ML_DSA_44), key.publicKey));
  return `${key.name}+${toHex(coSignerKeyHash(key, sha256))}+${encoded}`;
}

/** Key of its text form; the hash inside must fit. @throws bad_encoding */
export function parseCoSignerKey(text: string, sha256: Sha256): CoSignerKey {
  const expected = 'name+8 hex digits+base64 of an ML-DSA-44 key';
  const found = /^([^+\s]{1,200})\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!found) throw new WitanError('bad_encoding', `no co-signer's key: expected ${expected}`, { expected });
  const bytes = fromBase64(found[3]!);
  const key = { name: found[1]!, publicKey: bytes.slice(1) };
  const isFit = bytes.length === PUBLIC_KEY_BYTES + 1 && bytes[0] === ML_DSA_44;
  if (isFit && toHex(coSignerKeyHash(key, sha256)) === found[2]) return key;
  throw new WitanError('bad_encoding', `no co-signer's key: expected ${expected}`, { expected });
}

/** The note with one more signature line. @throws bad_encoding when it is no checkpoint */
export function coSignNote(
  note: string,
  body: CheckpointBody,
  { key, sha256, sign, timestampS }: CoSigner,
): string {
  const signature = sign(coSignedMessage(key.name, body, timestampS));
  const line = toBase64(concatBytes(coSignerKeyHash(key, sha256), uint64(timestampS), signature));
  return `${note}— ${key.name} ${line}\n`;
}

/**
 * Whether the note bears the key's co-signature, and every line of that key holds; false where the platform
 * has no verifier for it. @throws bad_encoding
 */
export function verifyCoSignature(note: ParsedNote, key: CoSignerKey, crypto: LedgerCrypto): boolean {
  const { verifyMlDsa44 } = crypto;
  if (verifyMlDsa44 === undefined) return false;
  const hash = toHex(coSignerKeyHash(key, crypto.sha256));
  const mine = note.signatures.filter((line) => line.keyName === key.name && line.keyHash === hash);
  const body = parseCheckpointText(note.text);
  return (
    mine.length > 0 &&
    mine.every(({ signature }) => {
      if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return false;
      const timestampS = timestampOf(signature);
      if (timestampS === undefined) return false;
      const message = coSignedMessage(key.name, body, timestampS);
      return verifyMlDsa44(key.publicKey, message, signature.slice(TIMESTAMP_BYTES));
    })
  );
}

function named(name: string): Uint8Array {
  const bytes = utf8(name);
  if (bytes.length >= 1 && bytes.length <= MAX_NAME_BYTES)
    return concatBytes(Uint8Array.of(bytes.length), bytes);
  const expected = `1 to ${MAX_NAME_BYTES} bytes`;
  throw new WitanError('invalid_argument', `name: expected ${expected}`, { path: 'name', expected });
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Undefined beyond what a number holds exactly: no clock gets there. */
function timestampOf(signature: Uint8Array): number | undefined {
  const view = new DataView(signature.buffer, signature.byteOffset, TIMESTAMP_BYTES);
  const value = view.getBigUint64(0);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
