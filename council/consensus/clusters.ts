/**
 * Which responses say the same: pure, and the same whatever the order of the responses.
 *
 * Two rules keep apart what must not be counted together. Responses with different stances are never of one
 * cluster, however alike their words: an embedding hardly sees a negation. And a cluster is as close as its
 * least alike pair (complete linkage): a chain of neighbours does not make strangers agree.
 */
import type { ModelResponse, ResponseCluster } from '../../contracts/messages/models/consensus.ts';

/** Responses as they are clustered. */
export interface Clustering {
  readonly responses: readonly Pick<ModelResponse, 'stance' | 'confidenceBp' | 'text' | 'model'>[];
  /** See `similarityMatrix`. */
  readonly similarity: readonly (readonly number[])[];
  /** Least similarity of two members, −1 to 1. */
  readonly leastSimilarity: number;
}

/** Clusters, the majority first: by size, then by what members say of their confidence, then by caution. */
export function clustersOf({ responses, similarity, leastSimilarity }: Clustering): ResponseCluster[] {
  // Places in an order that does not depend on who answered first.
  const places = responses.map((_, at) => at).sort((left, right) => byName(responses, left, right));
  let groups = places.map((at) => [at]);
  for (;;) {
    const pair = closestPair(groups, { responses, similarity, leastSimilarity });
    if (!pair) break;
    const [left, right] = pair;
    groups = groups
      .filter((_, at) => at !== right)
      .map((group, at) => (at === left ? [...group, ...groups[right]!] : group));
  }
  return groups.map((members) => clusterOf(members, { responses, similarity })).sort(byWeight(responses));
}

/** Places of the two groups that are most alike and may be one; undefined when none may. */
function closestPair(
  groups: readonly number[][],
  { responses, similarity, leastSimilarity }: Clustering,
): [number, number] | undefined {
  let best: [number, number] | undefined;
  let closest = leastSimilarity;
  for (let left = 0; left < groups.length; left += 1) {
    for (let right = left + 1; right < groups.length; right += 1) {
      if (responses[groups[left]![0]!]!.stance !== responses[groups[right]![0]!]!.stance) continue;
      const least = leastBetween(groups[left]!, groups[right]!, similarity);
      if (least < closest || (best && least === closest)) continue;
      [best, closest] = [[left, right], least];
    }
  }
  return best;
}

function leastBetween(
  left: readonly number[],
  right: readonly number[],
  similarity: Clustering['similarity'],
): number {
  return Math.min(...left.flatMap((one) => right.map((other) => similarity[one]![other]!)));
}

function clusterOf(
  members: readonly number[],
  { responses, similarity }: Pick<Clustering, 'responses' | 'similarity'>,
): ResponseCluster {
  const sorted = [...members].sort((left, right) => left - right);
  const nearness = (one: number): number => members.reduce((sum, other) => sum + similarity[one]![other]!, 0);
  const spokesman = [...members].sort(
    (left, right) => nearness(right) - nearness(left) || byName(responses, left, right),
  )[0]!;
  return {
    stance: responses[spokesman]!.stance,
    members: sorted,
    spokesman,
    confidenceBpSum: members.reduce((sum, at) => sum + responses[at]!.confidenceBp, 0),
  };
}

/** Of equally large and sure clusters the more cautious one leads. */
const CAUTION = { reject: 0, unsure: 1, approve: 2 } as const;

function byWeight(responses: Clustering['responses']) {
  return (left: ResponseCluster, right: ResponseCluster): number =>
    right.members.length - left.members.length ||
    right.confidenceBpSum - left.confidenceBpSum ||
    CAUTION[left.stance] - CAUTION[right.stance] ||
    byName(responses, left.spokesman, right.spokesman);
}

function byName(responses: Clustering['responses'], left: number, right: number): number {
  const [one, other] = [responses[left]!, responses[right]!];
  return compare(one.model, other.model) || compare(one.text, other.text) || left - right;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
