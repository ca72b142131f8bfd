/** Content ids of IPFS and CAR files: the bytes of content as blocks that name themselves. */
import { CarReader, CarWriter } from '@ipld/car';
import { decode as decodeNode } from '@ipld/dag-pb';
import { importer } from 'ipfs-unixfs-importer';
import type { WritableStorage } from 'ipfs-unixfs-importer';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { concatBytes } from '../../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { sha256 } from '../../../../runtime/kernel/crypto/digest.ts';

/**
 * How bytes become blocks: CIDv1, SHA-256, raw leaves of 1 MiB, balanced tree of 1,024 links.
 *
 * Fixed for ever: other parameters give other ids of the same bytes.
 * @source IPIP-499, profile unixfs-v1-2025
 */
export const UNIXFS_PROFILE = 'unixfs-v1-2025';

const RAW = 0x55;
const DAG_PB = 0x70;
const SHA2_256 = 0x12;

/** Content id of bytes, base32; the same that `ipfs add` gives under the profile. */
export async function contentIdOf(bytes: Uint8Array): Promise<string> {
  return (await imported(bytes)).root.toString();
}

/** Content id of one raw block by its SHA-256: `sha256:` + hex. */
export function rawContentId(digest: string): string {
  const hash = createDigest(SHA2_256, fromHex(digest.replace('sha256:', '')));
  return CID.createV1(RAW, hash).toString();
}

/** Bytes as a CAR v1 file with one root, blocks in the order in which a reader needs them. */
export async function contentCar(bytes: Uint8Array): Promise<{ cid: string; car: Uint8Array }> {
  const { root, blocks } = await imported(bytes);
  const { writer, out } = CarWriter.create([root]);
  const parts: Uint8Array[] = [];
  const collecting = (async () => {
    for await (const part of out) parts.push(part);
  })();
  // A chunk that repeats is one block.
  for (const name of new Set(inOrder(root, blocks).map(String))) {
    await writer.put({ cid: CID.parse(name), bytes: blocks.get(name)! });
  }
  await writer.close();
  await collecting;
  return { cid: root.toString(), car: concatBytes(...parts) };
}

/**
 * Content of a CAR file. Every block is hashed: one that does not match its name is named.
 * @throws verification_failed for a changed, missing or foreign block, bad_encoding for another file
 */
export async function readContentCar(car: Uint8Array): Promise<{ cid: string; bytes: Uint8Array }> {
  const blocks = new Map<string, Uint8Array>();
  const roots = await readBlocks(car, blocks);
  const [root] = roots;
  if (!root || roots.length !== 1) throw damaged('roots', 'one root', `${roots.length}`);
  const parts = inOrder(root, blocks).flatMap((cid) =>
    cid.code === RAW ? [blocks.get(cid.toString())!] : [],
  );
  return { cid: root.toString(), bytes: concatBytes(...parts) };
}

async function readBlocks(car: Uint8Array, blocks: Map<string, Uint8Array>): Promise<CID[]> {
  let reader: CarReader;
  try {
    reader = await CarReader.fromBytes(car);
  } catch (cause) {
    const expected = 'a whole CAR v1 file';
    throw new WitanError(
      'bad_encoding',
      `the file cannot be read: ${(cause as Error).message}`,
      { expected },
      cause,
    );
  }
  for await (const { cid, bytes } of reader.blocks()) {
    if (cid.multihash.code !== SHA2_256)
      throw damaged(cid.toString(), 'SHA-256', `hash ${cid.multihash.code}`);
    const hash = toHex(sha256(bytes));
    if (hash !== toHex(cid.multihash.digest))
      throw damaged(cid.toString(), toHex(cid.multihash.digest), hash);
    blocks.set(cid.toString(), bytes);
  }
  return reader.getRoots();
}

/** Root, then what each node links to, left to right. @throws verification_failed for a missing block */
function inOrder(root: CID, blocks: ReadonlyMap<string, Uint8Array>): CID[] {
  const order: CID[] = [];
  const waiting = [root];
  for (let cid = waiting.pop(); cid; cid = waiting.pop()) {
    const bytes = blocks.get(cid.toString());
    if (!bytes) throw damaged(cid.toString(), 'the block', 'none');
    if (cid.code !== RAW && cid.code !== DAG_PB)
      throw damaged(cid.toString(), 'a raw block or a node', 'other');
    order.push(cid);
    // A file cannot hold more nodes than bytes: whoever links back to an ancestor ends here.
    if (order.length > blocks.size * 1_025) throw damaged(cid.toString(), 'a tree', 'a graph that grows');
    if (cid.code === DAG_PB)
      waiting.push(
        ...decodeNode(bytes)
          .Links.map((link) => link.Hash)
          .reverse(),
      );
  }
  return order;
}

async function imported(bytes: Uint8Array): Promise<{ root: CID; blocks: Map<string, Uint8Array> }> {
  const blocks = new Map<string, Uint8Array>();
  const store = {
    put: async (cid: CID, block: Uint8Array) => {
      blocks.set(cid.toString(), block);
      return cid;
    },
  } as unknown as WritableStorage;
  let root: CID | undefined;
  for await (const entry of importer([{ content: bytes }], store, { profile: UNIXFS_PROFILE }))
    root = entry.cid;
  return { root: root!, blocks };
}

function damaged(block: string, expected: string, actual: string): WitanError {
  return new WitanError('verification_failed', `block ${block} does not match`, { block, expected, actual });
}
