/**
 * Keys of single records: leaves of a tree of hashes, so that drawing one costs no disk and each can be
 * destroyed by itself.
 *
 * One stored secret stands for 65,536 keys. To destroy some of them, the secret above them is destroyed after
 * the nodes beside their paths were stored: they give every other key, and none of them gives one of these.
 * @source Goldreich, Goldwasser, Micali 1986 (the tree); Boneh, Waters 2013 (puncturing it)
 */
import { createHmac, hash } from 'node:crypto';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import type { SubjectScope } from '../../../kernel/ports/crypto/subject-keys.ts';
import { DATA_KEY_BYTES, type DataKey } from './envelope.ts';

/** Levels of a tree. */
export const TREE_DEPTH = 16;
/** Keys of one tree. */
export const TREE_KEY_COUNT = 2 ** TREE_DEPTH;
/** Hex digits of a tree's name; those of a place in it make up the 32 of a key's name. */
const TREE_DIGITS = 24;
const BRANCH_LABELS = ['witan-branch/1 left\n', 'witan-branch/1 right\n'] as const;
const LABEL_BYTES = 32;
const JOINT_LABEL = utf8('witan-joint/1\n');
const SALT_LABEL = utf8('witan-salt/1\n');

/** Place of a record's key. */
export interface RecordKeyPlace {
  /** 24 hex digits, by chance. */
  readonly tree: string;
  /** 0 to 65,535. */
  readonly leaf: number;
}

/** Node of a tree: the first `depth` bits of the places below it. */
export interface TreeNode {
  readonly tree: string;
  readonly depth: number;
  readonly prefix: number;
}

/** Name of the key at a place. */
export function recordKeyId({ tree, leaf }: RecordKeyPlace): string {
  return tree + leaf.toString(16).padStart(32 - TREE_DIGITS, '0');
}

/** Place that a key's name would have; undefined when no tree has such a place. */
export function recordKeyPlace(keyId: string): RecordKeyPlace | undefined {
  const leaf = Number.parseInt(keyId.slice(TREE_DIGITS), 16);
  return leaf < TREE_KEY_COUNT ? { tree: keyId.slice(0, TREE_DIGITS), leaf } : undefined;
}

/** Scope under which the secret of a node is stored. */
export function nodeScope({ tree, depth, prefix }: TreeNode): SubjectScope {
  return { tenant: '-', subject: `record-keys/${tree}`, purpose: `${depth}/${prefix}` };
}

/** Node above a place; at depth 0 the root, at {@link TREE_DEPTH} the place itself. */
export function nodeAbove({ tree, leaf }: RecordKeyPlace, depth: number): TreeNode {
  return { tree, depth, prefix: leaf >>> (TREE_DEPTH - depth) };
}

/** Secret of the place below a node. */
export function leafSecret(secret: Uint8Array, { depth }: TreeNode, { leaf }: RecordKeyPlace): Uint8Array {
  let current = Uint8Array.from(secret);
  for (let level = depth; level < TREE_DEPTH; level += 1) {
    const next = branch(current, (leaf >>> (TREE_DEPTH - 1 - level)) & 1);
    current.fill(0);
    current = next;
  }
  return current;
}

/** Fewest nodes below a node that give all of its keys but those at some places, with their secrets. */
export function nodesBeside(
  secret: Uint8Array,
  node: TreeNode,
  places: readonly RecordKeyPlace[],
): { readonly node: TreeNode; readonly secret: Uint8Array }[] {
  if (places.length === 0) return [{ node, secret: Uint8Array.from(secret) }];
  if (node.depth === TREE_DEPTH) return [];
  const depth = node.depth + 1;
  return [0, 1].flatMap((bit) => {
    const below = { tree: node.tree, depth, prefix: node.prefix * 2 + bit };
    const child = branch(secret, bit);
    const beside = nodesBeside(
      child,
      below,
      places.filter((place) => nodeAbove(place, depth).prefix === below.prefix),
    );
    child.fill(0);
    return beside;
  });
}

/** One key out of several: whoever lacks one of them has nothing. */
export function jointKey(keys: readonly DataKey[]): DataKey {
  const [first, ...rest] = keys;
  if (rest.length === 0) return first!;
  const secret = rest.reduce(
    (joint, key) => hmac(joint, JOINT_LABEL, key.secret),
    Uint8Array.from(first!.secret),
  );
  return { keyId: keys.map(({ keyId }) => keyId).join('+'), secret };
}

/** Salt that is gone with the key, 64 hex digits. */
export function saltUnder({ secret }: DataKey): string {
  return Buffer.from(hmac(secret, SALT_LABEL)).toString('hex');
}

/** SHA-256 of a label and the secret, of one length always: an HMAC costs five times as much. */
function branch(secret: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const input = Buffer.alloc(LABEL_BYTES + DATA_KEY_BYTES);
  input.write(BRANCH_LABELS[bit]!, 'latin1');
  input.set(secret, LABEL_BYTES);
  const digest = hash('sha256', input, 'buffer');
  input.fill(0);
  return Uint8Array.from(digest);
}

function hmac(secret: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const mac = createHmac('sha256', secret);
  for (const part of parts) mac.update(part);
  const digest = mac.digest();
  const key = Uint8Array.from(digest.subarray(0, DATA_KEY_BYTES));
  digest.fill(0);
  return key;
}
