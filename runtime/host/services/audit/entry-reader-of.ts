/** The one reader of a node's trail, and the salt that it hashes inputs with. */
import type { ServiceParts } from '../open-together.ts';
import { anchorTransaction } from './anchor-transaction.ts';
import { EntryReader } from './entry-reader.ts';
import { InputSalt } from './input-salt.ts';

/** Both, made once a node. */
export interface NodeEntryReader {
  readonly reader: EntryReader;
  readonly salt: InputSalt;
}

const readers = new WeakMap<object, Promise<NodeEntryReader>>();

/** Reader of the node that is being opened. @throws storage_failed */
export function entryReaderOf(
  parts: Pick<ServiceParts, 'stores' | 'trail' | 'system'>,
): Promise<NodeEntryReader> {
  const known = readers.get(parts.trail);
  if (known) return known;
  const made = makeReader(parts);
  readers.set(parts.trail, made);
  return made;
}

async function makeReader({
  stores,
  system,
}: Pick<ServiceParts, 'stores' | 'system'>): Promise<NodeEntryReader> {
  const { ledger, keys } = stores;
  const salt = new InputSalt(stores.subjectKeys);
  return {
    salt,
    reader: new EntryReader({
      ledger,
      keys,
      salt,
      transactionOf: (index) => anchorTransaction(system, { origin: ledger.logId, index }),
    }),
  };
}
