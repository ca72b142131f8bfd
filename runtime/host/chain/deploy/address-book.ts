/** Where this node's contracts are on one chain: a file, written before each transaction is sent. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ContractName } from '../../../../contracts/chain/abi/index.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { makePrivateFolder, writeSyncedFile } from '../../../store/synced-file.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`));

const BookEntry = z.strictObject({
  address: hex(20),
  txHash: hex(32),
  /** Signed transaction, sent again as it is after a crash; absent once its code stands. */
  rawTransaction: z.string().optional(),
  /** Keccak-256 of the code at the address; absent until it stands. */
  codeHash: hex(32).optional(),
});

const Book = z.strictObject({
  version: z.literal(1),
  chainId: z.int().positive(),
  /** Tells two dev chains of one id apart. */
  genesisHash: hex(32),
  contracts: z.record(z.string(), BookEntry),
});

/** One contract: where it will be or is. */
export type AddressBookEntry = z.infer<typeof BookEntry>;

/** Identity of a chain. */
export interface ChainIdentity {
  readonly chainId: number;
  /** Hash of block 0. */
  readonly genesisHash: string;
}

/** File of addresses on one chain. */
export class AddressBook {
  readonly chain: ChainIdentity;
  private readonly path: string;
  private readonly contracts: Map<ContractName, AddressBookEntry>;

  private constructor(path: string, chain: ChainIdentity, contracts: Map<ContractName, AddressBookEntry>) {
    this.path = path;
    this.chain = chain;
    this.contracts = contracts;
  }

  /**
   * Opens the book of a chain below `folder`; an empty one where there is none.
   * @throws storage_failed when the file cannot be read or is not of the expected form
   */
  static async open(folder: string, chain: ChainIdentity): Promise<AddressBook> {
    const path = join(folder, `${chain.chainId}-${chain.genesisHash.slice(2, 10)}.json`);
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new WitanError('storage_failed', 'the address book cannot be read', { path }, cause);
    });
    if (text === undefined) return new AddressBook(path, chain, new Map());
    const book = parseBook(text, path);
    if (book.chainId !== chain.chainId || book.genesisHash !== chain.genesisHash) {
      throw new WitanError('conflict', 'the address book is of another chain', { path });
    }
    return new AddressBook(path, chain, new Map(Object.entries(book.contracts)) as never);
  }

  get(name: ContractName): AddressBookEntry | undefined {
    return this.contracts.get(name);
  }

  /** Keeps an entry; when it resolves, it is on the disk. @throws storage_failed */
  async put(name: ContractName, entry: AddressBookEntry): Promise<void> {
    this.contracts.set(name, entry);
    const contracts = Object.fromEntries(this.contracts);
    await makePrivateFolder(dirname(this.path));
    await writeSyncedFile(
      this.path,
      `${JSON.stringify({ version: 1, ...this.chain, contracts }, null, 2)}\n`,
    );
  }
}

function parseBook(text: string, path: string): z.infer<typeof Book> {
  try {
    return Book.parse(JSON.parse(text));
  } catch (cause) {
    throw new WitanError('storage_failed', 'the address book is damaged', { path }, cause);
  }
}
