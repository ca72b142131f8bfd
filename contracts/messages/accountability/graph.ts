/** Who is responsible for a decision: people, agents, rules, data and how they are connected (ACC-04). */
import { z } from 'zod';
import { DecisionId } from '../ids.ts';

/** Kinds of nodes. */
export const ResponsibilityKind = z.enum([
  'decision',
  'human',
  'service',
  'seat',
  'check',
  'evaluator',
  'policy',
  'oversight',
  'datum',
  'subject',
]);
/** See {@link ResponsibilityKind}. */
export type ResponsibilityKind = z.infer<typeof ResponsibilityKind>;

/** One party, rule or datum. */
export const ResponsibilityNode = z.strictObject({
  /** `kind:name`; unique within the graph. */
  id: z.string().max(600),
  kind: ResponsibilityKind,
  label: z.string().max(500),
  /** Facts about it: JSON values. */
  facts: z.record(z.string(), z.json()),
});
/** See {@link ResponsibilityNode}. */
export type ResponsibilityNode = z.infer<typeof ResponsibilityNode>;

/** What connects two nodes: `from` did, `to` it was done to. */
export const ResponsibilityRelation = z.enum([
  'submitted',
  'owns',
  'decided',
  'voted-for',
  'voted-against',
  'abstained',
  'vetoed',
  'absent-from',
  'advised',
  'informed',
  'applied-to',
  'approved',
  'rejected',
  'overrode',
  'oversees',
  'used-by',
  'affects',
  'another-attempt-at',
]);
/** See {@link ResponsibilityRelation}. */
export type ResponsibilityRelation = z.infer<typeof ResponsibilityRelation>;

/** One connection, and the entry of the log that it stands in. */
export const ResponsibilityEdge = z.strictObject({
  from: z.string(),
  relation: ResponsibilityRelation,
  to: z.string(),
  facts: z.record(z.string(), z.json()),
  /** Index of the entry; null: follows from several. */
  record: z.int().min(0).nullable(),
});
/** See {@link ResponsibilityEdge}. */
export type ResponsibilityEdge = z.infer<typeof ResponsibilityEdge>;

/** Answer of `GET /api/v1/responsibility/{decision_id}` (ACC-12). */
export const ResponsibilityGraph = z.strictObject({
  format: z.literal('witan-responsibility/1'),
  decision_id: DecisionId,
  /** `open` while nothing is decided. */
  outcome: z.enum(['open', 'approved', 'rejected', 'held']),
  nodes: z.array(ResponsibilityNode),
  edges: z.array(ResponsibilityEdge),
  /** What was in place to oversee it, one sentence each. */
  oversight: z.array(z.string()),
});
/** See {@link ResponsibilityGraph}. */
export type ResponsibilityGraph = z.infer<typeof ResponsibilityGraph>;
