/** The graph of one content: up to what it was made from, one step down to what was made from it. */
import type { ContentProvenance, ProvenanceNode } from '../../../../contracts/messages/content/provenance.ts';
import type { ContentRecord } from '../../../../contracts/messages/content/registration.ts';
import type { Digest } from '../../../../contracts/messages/ids.ts';
import { digestOf } from '../../../../runtime/kernel/crypto/digest.ts';
import { eventsOf, recordIn } from './content-log.ts';
import type { ContentLog } from './content-log.ts';

/** Bounds of a graph. */
export const PROVENANCE_LIMITS = { nodes: 256, edges: 2_048, children: 64 } as const;

type Edge = ContentProvenance['edges'][number];

/** Undefined: the tenant's log does not know the content. Reads one list of entries for each node. */
export async function provenanceOf(
  log: ContentLog,
  tenant: string,
  contentHash: string,
): Promise<ContentProvenance | undefined> {
  const { logId } = log.ledger;
  const events = await log.ofContent(tenant, contentHash);
  const record = recordIn(events, logId);
  const links = eventsOf(events, 'content-child').map(({ payload }) => payload);
  if (!record) return undefined;
  const nodes = new Map<string, ProvenanceNode>([[contentHash, nodeOf(record, 0)]]);
  const edges: Edge[] = [];
  let isTruncated = links.length > PROVENANCE_LIMITS.children;
  const waiting = record.parents.map((parent) => ({ parent, child: record.contentHash, distance: 1 }));
  for (const { child, relation } of links.slice(0, PROVENANCE_LIMITS.children)) {
    // A link whose child was never registered is what a crash left; a marked copy need not be registered.
    const made = nodes.has(child) ? undefined : await log.record(tenant, child);
    if (made) nodes.set(child, nodeOf(made, -1));
    if (made || relation === 'watermarked') addEdge(edges, { child, parent: contentHash, relation } as Edge);
  }
  for (const { parent, child, distance } of waiting) {
    addEdge(edges, { child, parent, relation: 'made-from' });
    if (nodes.has(parent)) continue;
    if (nodes.size >= PROVENANCE_LIMITS.nodes || edges.length >= PROVENANCE_LIMITS.edges) {
      isTruncated = true;
      break;
    }
    const above = await log.record(tenant, parent);
    if (!above) continue;
    nodes.set(parent, nodeOf(above, distance));
    for (const next of above.parents) waiting.push({ parent: next, child: parent, distance: distance + 1 });
  }
  return { contentHash: record.contentHash, nodes: [...nodes.values()], edges, isTruncated };
}

function addEdge(edges: Edge[], edge: Edge): void {
  const isKnown = edges.some(
    ({ child, parent, relation }) =>
      child === edge.child && parent === edge.parent && relation === edge.relation,
  );
  if (!isKnown) edges.push(edge);
}

function nodeOf({ contentHash, origin, metadata, place }: ContentRecord, distance: number): ProvenanceNode {
  return {
    contentHash,
    origin,
    modelId: metadata.modelId,
    modelVersion: metadata.modelVersion ?? null,
    modelDigest: (metadata.modelDigest ?? null) as Digest | null,
    parametersDigest: digestOf(metadata.parameters),
    createdAt: metadata.createdAt,
    distance,
    place,
  };
}
