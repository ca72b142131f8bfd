/** From entry to leaf: the canonical text of an entry, its leaf hash, and the hash chain over leaves. */
import { z } from 'zod';
import { WitanError } from '../errors.ts';
import { concatBytes, toHex, utf8 } from './bytes.ts';
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts';
import type { Sha256 } from './crypto.ts';
import { leafHashOf } from './tree/merkle.ts';

/** Version of the entry's form; stands in every entry. */
export const ENTRY_FORMAT = 'witan-entry/1';

/** UTF-8 bytes that one canonical entry may have. */
export const MAX_ENTRY_BYTES = 4_194_304;

/** Entry as it is hashed: header fields and the payload. */
export const StoredEntry = z.strictObject({
  format: z.literal(ENTRY_FORMAT),
  index: z.int().min(0),
  atWallMs: z.int().min(0),
  kind: z.enum(['opened', 'final', 'resolution', 'late-ballot', 'key', 'admin', 'event']),
  tenant: z.string().max(200),
  decisionId: z
    .string()
    .regex(/^d[0-9a-f]{32}$/)
    .optional(),
  payload: z.json(),
  /** Hash chain up to the entry before: every record commits to all that came earlier. */
  previous: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});
/** See {@link StoredEntry}. */
export type StoredEntry = z.infer<typeof StoredEntry>;

/** Header of an entry: everything but the payload. */
export interface EntryHeader {
  readonly index: number;
  /** Whole milliseconds; display only, order is the index. */
  readonly atWallMs: number;
  readonly kind: StoredEntry['kind'];
  readonly tenant: string;
  readonly decisionId?: string | undefined;
  /** Hash chain before this entry, `sha256:` + hex. */
  readonly previous: string;
}

/**
 * What stands before and after the payload in an entry's canonical text.
 *
 * The payload is made canonical once, when it is handed in; index, time and previous hash are known only when
 * the batch is built. Keys are joined in their canonical order, so head, payload and tail together equal
 * {@link canonicalJson} of the whole.
 */
export function entryFrame(header: EntryHeader): readonly [head: string, tail: string] {
  const decision = header.decisionId === undefined ? '' : `"decisionId":"${header.decisionId}",`;
  const head =
    `{"atWallMs":${header.atWallMs},${decision}"format":"${ENTRY_FORMAT}","index":${header.index},` +
    `"kind":"${header.kind}","payload":`;
  return [head, `,"previous":"${header.previous}","tenant":${canonicalJson(header.tenant)}}`];
}

/** Canonical text of an entry, given its payload's canonical text. */
export function entryCanonical(header: EntryHeader, payloadCanonical: string): string {
  const [head, tail] = entryFrame(header);
  return head + payloadCanonical + tail;
}

/** Entry of a canonical text. @throws bad_encoding when not canonical, invalid_argument when not an entry */
export function parseEntry(canonical: string): StoredEntry {
  const parsed = StoredEntry.safeParse(parseCanonicalJson(canonical));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const details = { path: issue.path.join('.'), expected: issue.message };
  throw new WitanError('invalid_argument', `not a ledger entry: ${issue.message}`, details);
}

/**
 * Header of an entry's text without reading its payload; undefined when the text does not begin as an entry.
 */
export function peekHeader(canonical: string): Omit<EntryHeader, 'tenant' | 'previous'> | undefined {
  const found = HEADER.exec(canonical);
  if (!found) return undefined;
  const [, atWallMs, decisionId, index, kind] = found;
  return { atWallMs: Number(atWallMs), decisionId, index: Number(index), kind: kind as StoredEntry['kind'] };
}

/** RFC 6962 leaf hash of a canonical entry: 32 bytes. */
export function entryLeafHash(canonical: string, sha256: Sha256): Uint8Array {
  return leafHashOf(utf8(canonical), sha256);
}

/** Start of a log's hash chain, bound to the log's name: 32 bytes. */
export function chainStart(logId: string, sha256: Sha256): Uint8Array {
  return sha256(utf8(`witan-chain/1\n${logId}`));
}

/** Next link of the hash chain: SHA-256 over the previous link and the leaf hash. */
export function chainNext(previous: Uint8Array, leafHash: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(previous, leafHash));
}

/** `sha256:` and hex, the form of hashes in entries and messages. */
export function hashText(hash: Uint8Array): string {
  return `sha256:${toHex(hash)}`;
}

const HEADER =
  /^\{"atWallMs":(\d{1,16}),(?:"decisionId":"(d[0-9a-f]{32})",)?"format":"witan-entry\/1","index":(\d{1,16}),"kind":"([a-z-]{1,20})","payload":/;
