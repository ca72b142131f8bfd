/**
 * Rows: what is kept of each entry beside the log, at a place that follows from its index.
 *
 * | bytes | field |
 * |---|---|
 * | 0–3 | segment |
 * | 4–7 | offset of the frame in the segment |
 * | 8–11 | length of the frame in bytes |
 * | 12 | kind, as KINDS counts |
 * | 13 | 1 when the entry belongs to a decision |
 * | 16–31 | the decision's id, 16 bytes |
 */
import { KINDS } from './append-batch.ts';
import type { LedgerEntryKind } from '../../../kernel/ports/ledger.ts';

/** Bytes of a row. */
export const ROW_BYTES = 32;
/** Where the id stands in a row. */
export const ROW_ID_AT = 16;

/** Place of one entry. */
export interface EntryPlace {
  readonly segment: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** What a row tells of an entry. */
export interface EntryRow extends EntryPlace {
  readonly kind: LedgerEntryKind;
  readonly decisionId: string | undefined;
}

/** Writes place and kind of an entry at `at`; the caller writes the id. */
export function writeRow(rows: Buffer, at: number, place: EntryPlace & { readonly kindCode: number }): void {
  rows.writeUInt32LE(place.segment, at);
  rows.writeUInt32LE(place.offset, at + 4);
  rows.writeUInt32LE(place.byteLength, at + 8);
  rows[at + 12] = place.kindCode;
}

/** Writes the id of a decision, which stands as text at `id.at`, into the row at `at`. */
export function writeRowId(
  rows: Buffer,
  at: number,
  id: { readonly bytes: Buffer; readonly at: number },
): void {
  rows[at + 13] = 1;
  // The text is `d` and hex digits, checked when it was handed in.
  for (let byte = 0; byte < 16; byte += 1) {
    const digits = id.at + 1 + 2 * byte;
    rows[at + ROW_ID_AT + byte] = (hexDigit(id.bytes[digits]!) << 4) | hexDigit(id.bytes[digits + 1]!);
  }
}

function hexDigit(code: number): number {
  return code < 0x40 ? code - 0x30 : code - 0x57;
}

/** Whole row. */
export function encodeRow({ kind, decisionId, ...place }: EntryRow): Buffer {
  const row = Buffer.alloc(ROW_BYTES);
  writeRow(row, 0, { ...place, kindCode: KINDS.indexOf(kind) });
  if (decisionId === undefined) return row;
  row[13] = 1;
  row.write(decisionId.slice(1), ROW_ID_AT, 16, 'hex');
  return row;
}

/** Place of the entry whose row lies at `at`. */
export function placeIn(rows: Buffer, at: number): EntryPlace {
  return {
    segment: rows.readUInt32LE(at),
    offset: rows.readUInt32LE(at + 4),
    byteLength: rows.readUInt32LE(at + 8),
  };
}

/** Kind of the entry whose row lies at `at`. */
export function kindIn(rows: Buffer, at: number): LedgerEntryKind {
  return KINDS[rows[at + 12]!]!;
}

/** Decision of the entry whose row lies at `at`. */
export function decisionIn(rows: Buffer, at: number): string | undefined {
  if (rows[at + 13] === 0) return undefined;
  return `d${rows.toString('hex', at + ROW_ID_AT, at + ROW_BYTES)}`;
}
