/** Bundles of entries: length-prefixed, as tlog-tiles has them. @source C2SP tlog-tiles (Log entries) */
import { WitanError } from '../../../../contracts/errors.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';

/** Bytes that a length prefix of two bytes can tell of. */
export const MAX_BUNDLED_ENTRY_BYTES = 65_535;

/**
 * Entries `first` to `first + width - 1`. @throws not_found outside the log, too_large with the index of an
 * entry that the format cannot hold
 */
export async function entryBundle(
  ledger: Pick<LedgerPort, 'read' | 'size'>,
  first: number,
  width: number,
): Promise<Uint8Array> {
  if (first + width > ledger.size())
    throw new WitanError('not_found', 'the log does not fill the bundle', { first, width });
  const parts: Buffer[] = [];
  for await (const { index, canonical } of ledger.read(first)) {
    if (index >= first + width) break;
    const bytes = Buffer.from(canonical, 'utf8');
    if (bytes.length > MAX_BUNDLED_ENTRY_BYTES) {
      const details = { path: `entry ${index}`, expected: `${MAX_BUNDLED_ENTRY_BYTES} bytes at most`, index };
      throw new WitanError(
        'too_large',
        `entry ${index} is too large for a bundle: ask for its proof`,
        details,
      );
    }
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
