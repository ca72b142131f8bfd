/** Rendezvous hashing: which node should have what, without anybody keeping a table. */
import { hash32, mix32 } from './hash.ts';

/** A node that may be wished for. */
export interface RendezvousNode {
  readonly node: string;
  /** Share of the work relative to the others, above 0 (default 1). */
  readonly weight?: number;
}

const SECOND_SEED = 0x9747b28c;
const TWO_53 = 2 ** 53;

/**
 * Orders `nodes` by their score for `key`, the highest first; ties go to the lower name.
 *
 * When a node leaves, only what it was first for gets another first; when one joins, only what it is now
 * first for. With weights, a node is first for a share of the keys that is its weight's. O(nodes log nodes).
 * @source Thaler and Ravishankar 1998; weights: Schindelhauer and Schomaker 2005, score −weight / ln(hash)
 */
export function rendezvous(key: string, nodes: readonly RendezvousNode[]): string[] {
  const scored = nodes.map((candidate) => ({ node: candidate.node, score: scoreOf(key, candidate) }));
  scored.sort((left, right) => right.score - left.score || (left.node < right.node ? -1 : 1));
  return scored.map(({ node }) => node);
}

/** First of {@link rendezvous} for each of `keys`, in their order; undefined without nodes. O(keys × nodes). */
export function winners(
  keys: readonly string[],
  nodes: readonly RendezvousNode[],
): readonly (string | undefined)[] {
  const hashed = nodes.map(({ node, weight = 1 }) => ({
    node,
    weight,
    low: hash32(node),
    high: highOf(node),
  }));
  return keys.map((key) => {
    const [low, high] = [hash32(key), highOf(key)];
    let best: { node: string; score: number } | undefined;
    for (const one of hashed) {
      const score = weigh(mix32(one.low, low), mix32(one.high, high), one.weight);
      const isBetter = !best || score > best.score || (score === best.score && one.node < best.node);
      if (isBetter) best = { node: one.node, score };
    }
    return best?.node;
  });
}

/** Shard of an entity, in [0, `count`). The same for ever: what is stored by shard depends on it. */
export function shardOf(kind: string, entityId: string, count: number): number {
  return hash32(`${kind}/${entityId}`) % count;
}

function scoreOf(key: string, { node, weight = 1 }: RendezvousNode): number {
  return weigh(mix32(hash32(node), hash32(key)), mix32(highOf(node), highOf(key)), weight);
}

function highOf(text: string): number {
  return hash32(text, SECOND_SEED);
}

function weigh(low: number, high: number, weight: number): number {
  // 53 bits, and never 0 or 1: the logarithm is finite and below 0.
  const uniform = ((high >>> 11) * 2 ** 32 + low + 0.5) / TWO_53;
  return -weight / Math.log(uniform);
}
