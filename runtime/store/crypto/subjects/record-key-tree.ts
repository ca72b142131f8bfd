/** Draws, derives and destroys the keys of single records over the stored secrets of their trees. */
import { randomBytes } from 'node:crypto';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import type { DataKey } from './envelope.ts';
import {
  leafSecret,
  nodeAbove,
  nodesBeside,
  recordKeyId,
  recordKeyPlace,
  TREE_DEPTH,
  TREE_KEY_COUNT,
  type RecordKeyPlace,
  type TreeNode,
} from './record-keys.ts';

/** Where the secrets of nodes are stored. */
export interface TreeNodeStore {
  /** Name of a node's stored secret, if there is one. */
  idOf(node: TreeNode): string | undefined;
  /** Stored secret by name. @throws not_found */
  secretOf(keyId: string): Promise<DataKey>;
  /** Makes a secret by chance for a node; durable when this resolves. */
  make(node: TreeNode): Promise<void>;
  /** Stores secrets with one wait for the disk. */
  add(nodes: readonly { readonly node: TreeNode; readonly secret: Uint8Array }[]): Promise<void>;
  /** Destroys stored secrets and notes that keys of records are gone with them. */
  destroy(keyIds: readonly string[], recordKeyIds: readonly string[]): Promise<void>;
}

interface StoredNode {
  readonly node: TreeNode;
  readonly keyId: string;
}

/** Keys of records of one vault. */
export class RecordKeyTree {
  readonly #nodes: TreeNodeStore;
  /** Tree that the next key is taken from; its root is stored. */
  #tree: Promise<string> | undefined;
  #nextLeaf = 0;

  constructor(nodes: TreeNodeStore) {
    this.#nodes = nodes;
  }

  /** Name of one more key. */
  async draw(): Promise<string> {
    if (this.#tree === undefined || this.#nextLeaf >= TREE_KEY_COUNT) {
      this.#nextLeaf = 0;
      this.#tree = this.#newTree();
    }
    const leaf = this.#nextLeaf;
    this.#nextLeaf += 1;
    const tree = this.#tree;
    try {
      return recordKeyId({ tree: await tree, leaf });
    } catch (error) {
      // The next one tries again.
      if (this.#tree === tree) this.#tree = undefined;
      throw error;
    }
  }

  /** Key of a name; undefined when nothing stored gives it. */
  async derive(keyId: string): Promise<DataKey | undefined> {
    const place = recordKeyPlace(keyId);
    for (;;) {
      // The root first: nearly every tree is whole.
      const above = place && this.#highest(place);
      if (!place || !above) return undefined;
      const { secret } = await this.#nodes.secretOf(above.keyId);
      // Overwritten if it was destroyed meanwhile: then another node gives the key, or none.
      if (this.#nodes.idOf(above.node) === above.keyId)
        return { keyId, secret: leafSecret(secret, above.node, place) };
    }
  }

  /**
   * Destroys keys of records, those of one tree at once; all others of their trees stay. Repeating it is
   * safe.
   */
  async puncture(keyIds: readonly string[]): Promise<void> {
    const byTree = new Map<string, string[]>();
    for (const keyId of new Set(keyIds)) {
      const tree = recordKeyPlace(keyId)?.tree;
      if (tree === undefined) continue;
      const own = byTree.get(tree);
      if (own) own.push(keyId);
      else byTree.set(tree, [keyId]);
    }
    for (const own of byTree.values()) await this.#punctureTree(own);
  }

  async #punctureTree(keyIds: readonly string[]): Promise<void> {
    const tops = new Map<string, StoredNode & { readonly places: RecordKeyPlace[] }>();
    const above = new Set<string>();
    const gone: string[] = [];
    for (const keyId of keyIds) {
      const place = recordKeyPlace(keyId)!;
      const stored = this.#above(place);
      const [top] = stored;
      if (!top) continue;
      gone.push(keyId);
      for (const one of stored) above.add(one.keyId);
      const known = tops.get(top.keyId) ?? { ...top, places: [] };
      known.places.push(place);
      tops.set(top.keyId, known);
    }
    if (gone.length === 0) return;
    const kept: { readonly node: TreeNode; readonly secret: Uint8Array }[] = [];
    for (const { node, keyId, places } of tops.values()) {
      const { secret } = await this.#nodes.secretOf(keyId);
      kept.push(...nodesBeside(secret, node, places));
    }
    await this.#nodes.add(kept.filter(({ node }) => this.#nodes.idOf(node) === undefined));
    await this.#nodes.destroy([...above], gone);
  }

  #highest(place: RecordKeyPlace): StoredNode | undefined {
    for (let depth = 0; depth <= TREE_DEPTH; depth += 1) {
      const node = nodeAbove(place, depth);
      const keyId = this.#nodes.idOf(node);
      if (keyId !== undefined) return { node, keyId };
    }
    return undefined;
  }

  /** Stored secrets above a place; a destruction that was cut off may have left more than one. */
  #above(place: RecordKeyPlace): StoredNode[] {
    return Array.from({ length: TREE_DEPTH + 1 }, (_, depth) => nodeAbove(place, depth)).flatMap((node) => {
      const keyId = this.#nodes.idOf(node);
      return keyId === undefined ? [] : [{ node, keyId }];
    });
  }

  async #newTree(): Promise<string> {
    const tree = toHex(randomBytes(12));
    await this.#nodes.make({ tree, depth: 0, prefix: 0 });
    return tree;
  }
}
