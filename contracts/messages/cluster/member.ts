/** A node as it stands in the cluster's key-value store: one key per run of a node. */
import { z } from 'zod';

/** Name of a node in its cluster, as `node.name` of its settings. */
export const NodeName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** One run of a node: 16 hex digits, made new at each start, and when a node lost its lease. */
export const Incarnation = z.string().regex(/^[0-9a-f]{16}$/);

/** What a node may do for others. `gone`: another node saw its lease end, and wrote so in its stead. */
export const MemberState = z.enum(['joining', 'up', 'draining', 'gone']);
/** See {@link MemberState}. */
export type MemberState = z.infer<typeof MemberState>;

const label = z.string().min(1).max(63);

/** Value of a member's key. Only its node renews it; another writes it once, to say that it is gone. */
export const MemberRecord = z.object({
  format: z.literal('witan-member/1'),
  node: NodeName,
  incarnation: Incarnation,
  state: MemberState,
  /** Versions of the protocol between nodes that it speaks, both included. */
  protocol: z.object({ min: z.int().min(1), max: z.int().min(1) }),
  /** Version of the program, for people. */
  version: z.string().max(60),
  roles: z.array(z.string().max(40)).max(20),
  /** Capacity labels: `gpu`, `region`, `zone`, `cloud` (CLU-02). */
  labels: z.record(label, z.string().max(200)),
  /** Counts renewals, from 1: tells an own write whose answer was lost from that of another. */
  beat: z.int().min(0),
  /** How late the main loop ran when this was written, ms: a slow node is not a dead one. */
  lagMs: z.number().min(0),
  /** Open decisions, for those who choose where to send work. */
  load: z.int().min(0),
  /** `gone` only: the node that saw its lease end. */
  goneBy: NodeName.optional(),
});
/** See {@link MemberRecord}. */
export type MemberRecord = z.infer<typeof MemberRecord>;
