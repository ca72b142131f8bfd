/** Investigations of decisions: what is asked, what is found, what is handed out (ACC-05…07, ACC-11). */
import { z } from 'zod';
import type { JsonLimits } from '../../parse-json.ts';
import { AuditSearchFilter } from '../audit/requests.ts';
import { AUDIT_CATEGORIES } from '../audit/event-kinds.ts';
import { DecisionId } from '../ids.ts';

/** Limits of one message about an investigation. */
export const INVESTIGATION_LIMITS: JsonLimits = { maxBytes: 65_536, maxDepth: 8, maxNodes: 1_000 };

/** Decisions that one investigation may be about. */
export const INVESTIGATED_MAX_COUNT = 50;

/** Id of an investigation: `i` and 32 hex digits. */
export const InvestigationId = z.string().regex(/^i[0-9a-f]{32}$/, 'i followed by 32 lower-case hex digits');

const Reason = z.string().min(1).max(4_000);

/** Body of `POST /api/v1/investigation/create`. */
export const InvestigationRequest = z
  .strictObject({
    decision_ids: z.array(DecisionId).max(INVESTIGATED_MAX_COUNT).optional(),
    /** Decisions of the entries that match; at most as many as may be named. */
    search: AuditSearchFilter.optional(),
    reason: Reason,
  })
  .refine(({ decision_ids: ids, search }) => (ids?.length ?? 0) > 0 || search !== undefined, {
    message: 'decision_ids or search must name decisions',
    path: ['decision_ids'],
  });
/** See {@link InvestigationRequest}. */
export type InvestigationRequest = z.infer<typeof InvestigationRequest>;

/** Body of `POST …/{id}/note`. */
export const InvestigationNoteRequest = z.strictObject({ text: Reason });
/** See {@link InvestigationNoteRequest}. */
export type InvestigationNoteRequest = z.infer<typeof InvestigationNoteRequest>;

/** Body of `POST …/{id}/close`. */
export const InvestigationCloseRequest = z.strictObject({ conclusion: Reason });
/** See {@link InvestigationCloseRequest}. */
export type InvestigationCloseRequest = z.infer<typeof InvestigationCloseRequest>;

const Note = z.strictObject({ by: z.string(), at: z.iso.datetime(), text: z.string() });

/** One investigation, as its entries of the log say. */
export const Investigation = z.strictObject({
  id: InvestigationId,
  state: z.enum(['open', 'closed']),
  decision_ids: z.array(DecisionId),
  reason: z.string(),
  opened_by: z.string(),
  opened_at: z.iso.datetime(),
  notes: z.array(Note),
  conclusion: z.string().nullable(),
  closed_by: z.string().nullable(),
  closed_at: z.iso.datetime().nullable(),
});
/** See {@link Investigation}. */
export type Investigation = z.infer<typeof Investigation>;

/** One line of a timeline. */
export const TimelineItem = z.strictObject({
  timestamp: z.iso.datetime(),
  index: z.int().min(0),
  log_id: z.uuid(),
  category: z.enum(AUDIT_CATEGORIES),
  action_type: z.string(),
  actor: z.string(),
  decision_id: DecisionId.nullable(),
  /** One sentence. */
  summary: z.string(),
  /** `about`: it belongs to a decision; `around`: it happened at the node in the same time. */
  relation: z.enum(['about', 'around']),
});
/** See {@link TimelineItem}. */
export type TimelineItem = z.infer<typeof TimelineItem>;

/** Someone who had a part in it. */
export const Party = z.strictObject({
  type: z.enum(['human', 'ai', 'service', 'node']),
  id: z.string(),
  /** What they did, each once, in the order of the log. */
  acts: z.array(z.string()),
  decision_ids: z.array(DecisionId),
});
/** See {@link Party}. */
export type Party = z.infer<typeof Party>;

/** Something that may have contributed; a finding of rules, never a judgement. */
export const ContributingFactor = z.strictObject({
  /** Id of the rule (`veto`, `low-confidence`). */
  rule: z.string(),
  decision_id: DecisionId.nullable(),
  weight: z.enum(['strong', 'notable', 'context']),
  /** What was found. */
  finding: z.string(),
  /** Why the rule looks at it. */
  reason: z.string(),
  /** Entries of the log that it rests on. */
  records: z.array(z.int().min(0)),
});
/** See {@link ContributingFactor}. */
export type ContributingFactor = z.infer<typeof ContributingFactor>;

/** Report of an investigation, made from the log alone. */
export const InvestigationReport = z.strictObject({
  format: z.literal('witan-investigation-report/1'),
  investigation: Investigation,
  /** Log and size at which it was made: the same size gives the same report. */
  log: z.strictObject({ id: z.string(), size: z.int().min(0) }),
  decisions: z.array(
    z.strictObject({
      decision_id: DecisionId,
      type: z.string(),
      outcome: z.string(),
      decided_by: z.string(),
    }),
  ),
  timeline: z.array(TimelineItem),
  parties: z.array(Party),
  factors: z.array(ContributingFactor),
});
/** See {@link InvestigationReport}. */
export type InvestigationReport = z.infer<typeof InvestigationReport>;
