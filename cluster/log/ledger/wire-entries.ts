/** Lists of entries as they go between nodes. */
import { z } from 'zod';
import { WireEntry } from '../../../contracts/messages/cluster/log-wire.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { RemoteEntry, wireEntry } from './remote-entry.ts';

const Entries = z.array(WireEntry);

/** Bytes of a list of entries. */
export function entriesBytes(entries: readonly LedgerEntry[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(entries.map(wireEntry)));
}

/** Entries of such bytes. @throws the error of the parser */
export function entriesOf(bytes: Uint8Array): LedgerEntry[] {
  return Entries.parse(JSON.parse(new TextDecoder().decode(bytes))).map((entry) => new RemoteEntry(entry));
}
