/**
 * Checkpoints of any log: Witan's own and those of strangers that a witness looks at.
 *
 * @source C2SP tlog-checkpoint (note text), C2SP signed-note (which signatures a reader must verify)
 */
import { WitanError } from '../../errors.ts';
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from '../bytes.ts';
import { parseNote, type NoteSignature, type ParsedNote } from '../checkpoint.ts';
import { coSignedMessage } from '../co-signature.ts';
import type { LedgerCrypto, Sha256 } from '../crypto.ts';
import { NOTE_KEY_TYPES, noteKeyId, type NoteKey } from './note-key.ts';

/** Head of a log of whatever origin; nothing in it is verified yet. */
export interface OpenCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** Merkle root, 64 hex digits. */
  readonly root: string;
  /** Lines after the root; opaque. */
  readonly extensions: readonly string[];
  readonly note: ParsedNote;
}

/** What the lines of one key on a note say: nothing there, all hold, or one that does not. */
export type SignatureState =
  | { readonly state: 'absent' | 'bad' }
  /** `timestampS` is 0 where the signature bears no time. */
  | { readonly state: 'good'; readonly timestampS: number };

const TIMESTAMP_BYTES = 8;
const ML_DSA_44_BYTES = 2_420;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/** Checkpoint of a note's text, one spelling only. @throws bad_encoding */
export function parseOpenCheckpoint(text: string): OpenCheckpoint {
  const note = parseNote(text);
  const [origin, size, root, ...rest] = note.text.split('\n');
  const extensions = rest.slice(0, -1);
  if (rest.at(-1) !== '' || extensions.some((line) => line === '')) throw noCheckpoint('non-empty lines');
  if (origin === '' || origin === undefined) throw noCheckpoint('an origin on the first line');
  if (size === undefined || !SIZE.test(size) || !Number.isSafeInteger(Number(size)))
    throw noCheckpoint('a decimal size of at most 2^53 - 1');
  const bytes = fromBase64(root ?? '');
  if (bytes.length !== 32) throw noCheckpoint('a root of 32 bytes');
  return { origin, size: Number(size), root: toHex(bytes), extensions, note };
}

/** Bytes that a timestamped Ed25519 cosignature covers. @source C2SP tlog-cosignature */
export function cosignatureMessage(noteText: string, timestampS: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timestampS}\n${noteText}`);
}

/** State of one key's lines on a checkpoint; lines of other keys are passed over. Never throws. */
export function signatureState(
  checkpoint: OpenCheckpoint,
  key: NoteKey,
  crypto: LedgerCrypto,
): SignatureState {
  const id = noteKeyId(key, crypto.sha256);
  const mine = checkpoint.note.signatures.filter((line) => line.keyName === key.name && line.keyHash === id);
  if (mine.length === 0) return { state: 'absent' };
  const times = mine.map((line) => verifiedTime(checkpoint, { line, key, crypto }));
  const timestampS = times[0];
  return timestampS === undefined || times.includes(undefined)
    ? { state: 'bad' }
    : { state: 'good', timestampS };
}

/**
 * Whether a log signed a checkpoint: `good` when some trusted key of its origin did, `bad` as soon as a line
 * of a trusted key does not verify. @source C2SP signed-note (Signatures), tlog-witness (403)
 */
export function logSignatureState(
  checkpoint: OpenCheckpoint,
  keys: readonly NoteKey[],
  crypto: LedgerCrypto,
): SignatureState['state'] {
  const own = keys.filter((key) => key.name === checkpoint.origin && key.type !== NOTE_KEY_TYPES.cosignature);
  const states = own.map((key) => signatureState(checkpoint, key, crypto).state);
  if (states.includes('bad')) return 'bad';
  return states.includes('good') ? 'good' : 'absent';
}

/** The note with the lines of these keys alone: what strangers appended is left out. */
export function noteOfKeys({ note }: OpenCheckpoint, keys: readonly NoteKey[], sha256: Sha256): string {
  const ids = new Set(keys.map((key) => `${key.name} ${noteKeyId(key, sha256)}`));
  const lines = note.signatures.filter((line) => ids.has(`${line.keyName} ${line.keyHash}`));
  return `${note.text}\n${lines.map(signatureLine).join('')}`;
}

/** One signature line of a note, with its newline. */
export function signatureLine({ keyName, keyHash, signature }: NoteSignature): string {
  return `— ${keyName} ${toBase64(concatBytes(fromHex(keyHash), signature))}\n`;
}

function verifiedTime(
  { note, origin, size, root }: OpenCheckpoint,
  { line, key, crypto }: { line: NoteSignature; key: NoteKey; crypto: LedgerCrypto },
): number | undefined {
  const { signature } = line;
  const { type, publicKey, name } = key;
  if (type === NOTE_KEY_TYPES.ed25519)
    return crypto.verifyEd25519(publicKey, utf8(note.text), signature) ? 0 : undefined;
  const isPostQuantum = type === NOTE_KEY_TYPES.mlDsa44;
  if (signature.length !== TIMESTAMP_BYTES + (isPostQuantum ? ML_DSA_44_BYTES : 64)) return undefined;
  const timestampS = timestampOf(signature);
  if (timestampS === undefined) return undefined;
  const rest = signature.slice(TIMESTAMP_BYTES);
  if (!isPostQuantum) {
    const message = cosignatureMessage(note.text, timestampS);
    return crypto.verifyEd25519(publicKey, message, rest) ? timestampS : undefined;
  }
  if (utf8(origin).length > 255 || crypto.verifyMlDsa44 === undefined) return undefined;
  const message = coSignedMessage(name, { logId: origin, size, root }, timestampS);
  return crypto.verifyMlDsa44(publicKey, message, rest) ? timestampS : undefined;
}

/** Undefined beyond what a number holds exactly: no clock gets there. */
function timestampOf(signature: Uint8Array): number | undefined {
  const value = new DataView(signature.buffer, signature.byteOffset, TIMESTAMP_BYTES).getBigUint64(0);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

function noCheckpoint(expected: string): WitanError {
  return new WitanError('bad_encoding', `not a checkpoint: expected ${expected}`, { expected });
}
