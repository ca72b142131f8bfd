/** Cell of a replicated log: who writes it, which copies hold what was acknowledged, and what may be signed. */
import { z } from 'zod';
import { NodeName } from './member.ts';

/** Identity of one copy of a log: made with its folder, so that a new disk is another copy. 16 hex digits. */
export const LogCopyId = z.string().regex(/^[0-9a-f]{16}$/);

/** A copy that must have an entry on its disk before the entry is acknowledged. */
export const LogMember = z.object({ node: NodeName, copy: LogCopyId });
/** See {@link LogMember}. */
export type LogMember = z.infer<typeof LogMember>;

/** Value of `logs.<name>`, changed by compare-and-set only. */
export const LogCell = z.object({
  format: z.literal('witan-log-cell/1'),
  logId: z.string(),
  /** Of the writer's claim; rises with each promotion and fences the set changes of earlier writers. */
  generation: z.int().min(1),
  writer: NodeName,
  /** Counts the writer's changes: tells an own write whose answer was lost from another. */
  change: z.int().min(1),
  /** The writer is one of them. */
  inSync: z.array(LogMember).min(1).max(15),
  /** Entries that a checkpoint may cover: all of them are on the disks of `inSync`. */
  size: z.int().min(0),
  /** Merkle root over them, 64 hex digits. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
});
/** See {@link LogCell}. */
export type LogCell = z.infer<typeof LogCell>;
