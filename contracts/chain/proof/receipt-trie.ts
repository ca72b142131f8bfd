/**
 * The Merkle-Patricia trie of a block's receipts: built by who proves, walked by who checks.
 *
 * Keys are RLP numbers of the places in the block. Built whole from a block's receipts, which are at hand
 * once; a block holds a few hundred.
 * @source Ethereum yellow paper, appendix D
 */
import { WitanError } from '../../errors.ts';
import { concatBytes, equalBytes } from '../../ledger/bytes.ts';
import type { Keccak256 } from './hex-data.ts';
import { decodeRlp, encodeRlp, rlpNumber } from './rlp.ts';
import type { Rlp } from './rlp.ts';

interface Entry {
  readonly nibbles: Uint8Array;
  readonly value: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Root of the trie of `receipts` in block order, and the nodes from it down to receipt `index`. */
export function proveReceipt(
  receipts: readonly Uint8Array[],
  index: number,
  keccak256: Keccak256,
): { readonly root: Uint8Array; readonly nodes: readonly Uint8Array[] } {
  const entries = receipts.map((value, place) => ({ nibbles: nibblesOf(rlpNumberKey(place)), value }));
  const nodes: Uint8Array[] = [];
  if (entries.length === 0) return { root: keccak256(encodeRlp(EMPTY)), nodes };
  const target = nibblesOf(rlpNumberKey(index));
  const build = (part: readonly Entry[], depth: number, onPath: boolean): Rlp => {
    const place = onPath ? nodes.push(EMPTY) - 1 : -1;
    const node = shape(part, depth, (inner, at) =>
      reference(build(inner, at, onPath && leads(inner, target)), keccak256),
    );
    const bytes = encodeRlp(node);
    if (place >= 0) nodes[place] = bytes;
    return node;
  };
  const root = encodeRlp(build(entries, 0, true));
  // A node of less than 32 bytes lies inside its parent and is no node of the proof.
  return { root: keccak256(root), nodes: nodes.filter((node, place) => place === 0 || node.length >= 32) };
}

/**
 * Receipt at `index` under `root`, or why the proof does not lead there.
 * @throws verification_failed with the node in `details.path`; bad_encoding
 */
export function receiptUnder(
  root: Uint8Array,
  { index, nodes }: { readonly index: number; readonly nodes: readonly Uint8Array[] },
  keccak256: Keccak256,
): Uint8Array {
  const key = nibblesOf(rlpNumberKey(index));
  let expected: Uint8Array = root;
  let depth = 0;
  for (const [place, bytes] of nodes.entries()) {
    if (!equalBytes(keccak256(bytes), expected)) throw broken(place, 'a node with the hash that leads to it');
    let node: Rlp = decodeRlp(bytes);
    for (;;) {
      const step = walk(node, key, depth, place);
      if ('value' in step) {
        if (place !== nodes.length - 1) throw broken(place, 'no node after the receipt');
        return step.value;
      }
      depth = step.depth;
      node = step.next;
      if (node instanceof Uint8Array) break;
    }
    if (node.length !== 32) throw broken(place, 'a hash of 32 bytes');
    expected = node;
  }
  throw broken(nodes.length, 'nodes down to the receipt');
}

type Step = { readonly value: Uint8Array } | { readonly next: Rlp; readonly depth: number };

function walk(node: Rlp, key: Uint8Array, depth: number, place: number): Step {
  if (node instanceof Uint8Array) throw broken(place, 'a node');
  if (node.length === 17) {
    const nibble = key[depth];
    if (nibble === undefined) return { value: leafValue(node[16], place) };
    return { next: node[nibble]!, depth: depth + 1 };
  }
  if (node.length !== 2 || !(node[0] instanceof Uint8Array))
    throw broken(place, 'a branch, an extension or a leaf');
  const { isLeaf, nibbles } = pathOf(node[0], place);
  const here = key.subarray(depth, depth + nibbles.length);
  if (!equalBytes(here, nibbles)) throw broken(place, 'the path to the receipt');
  const next = depth + nibbles.length;
  if (!isLeaf) return { next: node[1]!, depth: next };
  if (next !== key.length) throw broken(place, 'the whole path to the receipt');
  return { value: leafValue(node[1], place) };
}

function leafValue(value: Rlp | undefined, place: number): Uint8Array {
  if (value instanceof Uint8Array && value.length > 0) return value;
  throw broken(place, 'a receipt');
}

type Reference = (part: readonly Entry[], depth: number) => Rlp;

function shape(part: readonly Entry[], depth: number, refer: Reference): Rlp {
  const [first] = part;
  if (part.length === 1) return [compactPath(first!.nibbles.subarray(depth), true), first!.value];
  let shared = depth;
  while (
    part.every(({ nibbles }) => nibbles[shared] !== undefined && nibbles[shared] === first!.nibbles[shared])
  )
    shared += 1;
  if (shared > depth)
    return [compactPath(first!.nibbles.subarray(depth, shared), false), refer(part, shared)];
  const branch: Rlp[] = [];
  for (let nibble = 0; nibble < 16; nibble += 1) {
    const inner = part.filter(({ nibbles }) => nibbles[depth] === nibble);
    branch.push(inner.length === 0 ? EMPTY : refer(inner, depth + 1));
  }
  branch.push(part.find(({ nibbles }) => nibbles.length === depth)?.value ?? EMPTY);
  return branch;
}

/** Whether the way to `target` goes through these entries. */
function leads(part: readonly Entry[], target: Uint8Array): boolean {
  return part.some(({ nibbles }) => equalBytes(nibbles, target));
}

function reference(node: Rlp, keccak256: Keccak256): Rlp {
  const bytes = encodeRlp(node);
  return bytes.length < 32 ? node : keccak256(bytes);
}

function rlpNumberKey(index: number): Uint8Array {
  return encodeRlp(rlpNumber(index));
}

function nibblesOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => [byte >> 4, byte & 15]));
}

function compactPath(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  const padded = concatBytes(Uint8Array.from(nibbles.length % 2 ? [flag] : [flag, 0]), nibbles);
  return Uint8Array.from(
    { length: padded.length / 2 },
    (_, at) => padded[at * 2]! * 16 + padded[at * 2 + 1]!,
  );
}

function pathOf(bytes: Uint8Array, place: number): { isLeaf: boolean; nibbles: Uint8Array } {
  const nibbles = nibblesOf(bytes);
  const flag = nibbles[0];
  if (flag === undefined || flag > 3 || (flag % 2 === 0 && nibbles[1] !== 0)) throw broken(place, 'a path');
  return { isLeaf: flag >= 2, nibbles: nibbles.subarray(flag % 2 ? 1 : 2) };
}

function broken(place: number, expected: string): WitanError {
  const path = `receiptProof.${place}`;
  return new WitanError('verification_failed', `${path}: expected ${expected}`, { path, expected });
}
