/**
 * Ids of audit entries: a UUID that holds the place in the log, so that an entry is found without an index.
 *
 * @source RFC 9562 §5.8 (UUID version 8): 48 + 12 bits name the log, the last 62 are the entry's index.
 */
import { toHex, utf8 } from '../bytes.ts';
import type { Sha256 } from '../crypto.ts';

const FORM = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/;

/** Id of the entry at `index` of a log. */
export function auditLogId(logName: string, index: number, sha256: Sha256): string {
  const name = nameOf(logName, sha256);
  const place = ((2n << 62n) | BigInt(index)).toString(16).padStart(16, '0');
  const [head, middle, low] = [name.slice(0, 8), name.slice(8, 12), name.slice(12, 15)];
  return `${head}-${middle}-8${low}-${place.slice(0, 4)}-${place.slice(4)}`;
}

/** Index that an id of this log names; undefined for any other UUID. */
export function indexOfAuditLogId(id: string, logName: string, sha256: Sha256): number | undefined {
  const found = FORM.exec(id);
  if (!found) return undefined;
  const [, head, middle, low, high, rest] = found;
  if (`${head}${middle}${low}` !== nameOf(logName, sha256)) return undefined;
  const index = BigInt(`0x${high}${rest}`) & ((1n << 62n) - 1n);
  return index <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(index) : undefined;
}

/** 15 hex digits that stand for a log. */
function nameOf(logName: string, sha256: Sha256): string {
  return toHex(sha256(utf8(`witan-audit-log-id/1\n${logName}`))).slice(0, 15);
}
