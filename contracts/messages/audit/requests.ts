/** What is asked of the trail over a wire: a new entry, a search, a live stream. */
import { z } from 'zod';
import type { JsonLimits } from '../../parse-json.ts';
import { DecisionId } from '../ids.ts';
import { EventSubjects } from '../privacy/sealed-event.ts';
import { ActionType, AuditActor, AuditEntry } from './entry.ts';
import { AUDIT_CATEGORIES } from './event-kinds.ts';

/** Limits of one entry that a caller makes. */
export const AUDIT_LOG_LIMITS: JsonLimits = { maxBytes: 262_144, maxDepth: 16, maxNodes: 5_000 };

const Facts = z.record(z.string().max(500), z.json());

/** Body of `POST /api/v1/audit/log` (ACC-08). Time, tenant and place come from the node. */
export const AuditLogRequest = z.strictObject({
  action_type: ActionType,
  /** Who acted, as the caller says; absent: the caller. */
  actor: AuditActor.optional(),
  system_id: z.string().min(1).max(200).optional(),
  /** A decision of the caller's tenant. */
  decision_id: DecisionId.optional(),
  input: z.json().optional(),
  /** Absent: true. A sensitive input leaves a salted hash and nothing else. */
  sensitive: z.boolean().optional(),
  output: z.json().optional(),
  context: Facts.optional(),
  reasoning: z.array(z.string().max(4_000)).max(50).optional(),
  confidence: z.number().min(0).max(1).optional(),
  reviewed_by: z.string().min(1).max(200).optional(),
  /** Persons that it concerns: then all that was said of them is sealed on the record, and can be erased. */
  subjects: EventSubjects.optional(),
});
/** See {@link AuditLogRequest}. */
export type AuditLogRequest = z.infer<typeof AuditLogRequest>;

/** Filters of `GET /api/v1/audit/search`; all that are given must hold (ACC-10). */
export const AuditSearchFilter = z.strictObject({
  /** At or after. */
  from: z.iso.datetime({ offset: true }).optional(),
  /** Before. */
  to: z.iso.datetime({ offset: true }).optional(),
  /** Whole, or the beginning with `*` at its end (`decision.*`). */
  action_type: z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,99}\*?$/, 'lower-case letters, digits, . _ -, and * at the end')
    .optional(),
  category: z.enum(AUDIT_CATEGORIES).optional(),
  actor: z.string().min(1).max(200).optional(),
  decision_id: DecisionId.optional(),
  system_id: z.string().min(1).max(200).optional(),
  /** Words that the action contains, without regard to case. */
  text: z.string().min(1).max(200).optional(),
});
/** See {@link AuditSearchFilter}. */
export type AuditSearchFilter = z.infer<typeof AuditSearchFilter>;

/** One entry as the live stream gives it; it is read whole by its `log_id`. */
export const AuditStreamEvent = AuditEntry.pick({
  log_id: true,
  timestamp: true,
  system_id: true,
  decision_id: true,
  action_type: true,
  category: true,
  actor: true,
  compliance: true,
}).extend({ index: z.int().min(0) });
/** See {@link AuditStreamEvent}. */
export type AuditStreamEvent = z.infer<typeof AuditStreamEvent>;

/** A rule of alarm that was met (AUD-08). */
export const AuditAlert = z.strictObject({
  rule: z.string(),
  summary: z.string(),
  /** Entries that met it within its window. */
  count: z.int().min(1),
  /** Newest of them. */
  log_id: z.uuid(),
  timestamp: z.iso.datetime(),
});
/** See {@link AuditAlert}. */
export type AuditAlert = z.infer<typeof AuditAlert>;
