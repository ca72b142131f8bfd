/**
 * Checkpoints: the signed head of a log, readable by public transparency-log tools.
 *
 * @source C2SP tlog-checkpoint (body: origin, size, root, extension lines) and C2SP signed-note (signature
 * lines, key hash). The body has one extension line, the hash chain at that size.
 */
import { WitanError } from '../errors.ts';
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts';
import type { LedgerCrypto, Sha256 } from './crypto.ts';

/** Head of a log before it is signed. */
export interface CheckpointBody {
  /** Name of the log: the origin line. */
  readonly logId: string;
  readonly size: number;
  /** Merkle root, 64 hex digits. */
  readonly root: string;
  /** Hash chain at that size, `sha256:` + hex. */
  readonly chainHash: string;
}

/** One signature line of a note. */
export interface NoteSignature {
  readonly keyName: string;
  /** First four bytes of the key hash, 8 hex digits. */
  readonly keyHash: string;
  readonly signature: Uint8Array;
}

/** A note taken apart; nothing in it is verified yet. */
export interface ParsedNote {
  /** What the signatures cover, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Key that a reader trusts for a log: its name and raw Ed25519 key. */
export interface LogKey {
  readonly logId: string;
  readonly publicKey: Uint8Array;
}

const ED25519 = 0x01;
const CHAIN_LINE = /^witan-chain sha256:[0-9a-f]{64}$/;
const MAX_NOTE_LENGTH = 65_536;
const MAX_SIGNATURES = 16;

/**
 * Text of a checkpoint, with its final newline: what is signed. @throws invalid_argument for a bad log name
 * or size
 */
export function checkpointText(body: CheckpointBody): string {
  checkLogId(body.logId);
  if (!Number.isSafeInteger(body.size) || body.size < 0) throw malformed('size', 'a whole number ≥ 0');
  if (!CHAIN_LINE.test(`witan-chain ${body.chainHash}`))
    throw malformed('chainHash', 'sha256: and 64 hex digits');
  return `${body.logId}\n${body.size}\n${toBase64(rootBytes(body.root))}\nwitan-chain ${body.chainHash}\n`;
}

/** Body of a checkpoint's text; one spelling only. @throws bad_encoding */
export function parseCheckpointText(text: string): CheckpointBody {
  const [logId, size, root, chain, end, ...more] = text.split('\n');
  if (end !== '' || more.length > 0)
    throw noNote('origin, size, root and chain lines, each ended by a newline');
  if (!isKeyName(logId!)) throw noNote('a log name on the first line');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size!) || !Number.isSafeInteger(Number(size)))
    throw noNote('a decimal size');
  const bytes = fromBase64(root!);
  if (bytes.length !== 32) throw noNote('a root of 32 bytes');
  if (!CHAIN_LINE.test(chain!)) throw noNote('the line witan-chain sha256:…');
  return {
    logId: logId!,
    size: Number(size),
    root: toHex(bytes),
    chainHash: chain!.slice('witan-chain '.length),
  };
}

/** Refuses names that a signature line could not carry. @throws invalid_argument */
export function checkLogId(logId: string): void {
  if (!isKeyName(logId)) throw malformed('logId', '1 to 200 printable characters without spaces and +');
}

/**
 * First four bytes of SHA-256 over key name, newline, type 0x01 and key: 4 bytes. @source C2SP signed-note
 */
export function keyHash(key: LogKey, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(utf8(`${key.logId}\n`), Uint8Array.of(ED25519), key.publicKey)).subarray(0, 4);
}

/** `name+hash+key`, the published text form of a log's public key. @source C2SP signed-note (vkey) */
export function encodeLogKey(key: LogKey, sha256: Sha256): string {
  const encoded = toBase64(concatBytes(Uint8Array.of(ED25519), key.publicKey));
  return `${key.logId}+${toHex(keyHash(key, sha256))}+${encoded}`;
}

/** Key of its text form; the hash inside must fit. @throws bad_encoding */
export function parseLogKey(text: string, sha256: Sha256): LogKey {
  const found = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim());
  if (!found || !isKeyName(found[1]!)) throw noNote('name+8 hex digits+base64 key');
  const bytes = fromBase64(found[3]!);
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw noNote('an Ed25519 key');
  const key = { logId: found[1]!, publicKey: bytes.slice(1) };
  if (toHex(keyHash(key, sha256)) !== found[2]) throw noNote('a key hash that fits the key');
  return key;
}

/** Signed note: the text, an empty line, one signature line. `sign` gives 64 bytes over the text. */
export function signNote(text: string, key: LogKey, signer: NoteSigner): string {
  const signature = concatBytes(keyHash(key, signer.sha256), signer.sign(utf8(text)));
  return `${text}\n— ${key.logId} ${toBase64(signature)}\n`;
}

/** What {@link signNote} signs with. */
export interface NoteSigner {
  readonly sha256: Sha256;
  /** 64 bytes over the message. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Parts of a note; refuses what a strict reader must. @throws bad_encoding @source C2SP signed-note */
export function parseNote(note: string): ParsedNote {
  if (note.length > MAX_NOTE_LENGTH) throw noNote('a note of at most 64 Ki characters');
  // Control characters would let two readers see two different texts.
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(note)) throw noNote('a note without control characters');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw noNote('text, an empty line, signature lines');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw noNote(`at most ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** Whether some signature line of the note verifies under `key`. Lines of other keys are ignored. */
export function verifyNote(note: ParsedNote, key: LogKey, crypto: LedgerCrypto): boolean {
  const hash = toHex(keyHash(key, crypto.sha256));
  const mine = note.signatures.filter((line) => line.keyName === key.logId && line.keyHash === hash);
  const message = utf8(note.text);
  return (
    mine.length > 0 && mine.every((line) => crypto.verifyEd25519(key.publicKey, message, line.signature))
  );
}

function parseSignatureLine(line: string): NoteSignature {
  const found = /^— (\S+) (\S+)$/u.exec(line);
  if (!found || !isKeyName(found[1]!)) throw noNote('a signature line: — name base64');
  const bytes = fromBase64(found[2]!);
  if (bytes.length < 5) throw noNote('a key hash and a signature');
  return { keyName: found[1]!, keyHash: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

function isKeyName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && !/[\s+\p{C}]/u.test(name);
}

function rootBytes(root: string): Uint8Array {
  const bytes = fromHex(root);
  if (bytes.length !== 32) throw malformed('root', '64 hex digits');
  return bytes;
}

function malformed(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected });
}

function noNote(expected: string): WitanError {
  return new WitanError('bad_encoding', `not a signed checkpoint: expected ${expected}`, { expected });
}
