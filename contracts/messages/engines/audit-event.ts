/** The audit engine's own endpoint: an event of somebody else's system on our record (AUD-02, AUD-05). */
import { z } from 'zod';
import type { JsonLimits } from '../../parse-json.ts';
import { Digest } from '../ids.ts';
import { EventSubjects } from '../privacy/sealed-event.ts';

/** Limits of one event. */
export const AUDIT_EVENT_LIMITS: JsonLimits = { maxBytes: 65_536, maxDepth: 16, maxNodes: 2_000 };

const Word = z.string().min(1).max(200);

/** Body of `POST /audit/event`. */
export const AuditEventRequest = z.strictObject({
  /** Kind of event (`configuration_change`). */
  event_type: z.string().regex(/^[a-z][a-z0-9._-]{0,99}$/, 'lower-case letters, digits, . _ -'),
  /** Who acted, as the caller says. */
  agent_id: Word,
  action: Word,
  result: Word,
  metadata: z.record(z.string().max(500), z.json()).optional(),
  /** Persons that it concerns: then all but the kind of event is sealed on the record, and can be erased. */
  subjects: EventSubjects.optional(),
});
/** See {@link AuditEventRequest}. */
export type AuditEventRequest = z.infer<typeof AuditEventRequest>;

/** Where an event stands on the record; it is durable when this is said. */
export const AuditReceipt = z.strictObject({
  /** `e` + 32 hex digits. */
  event_id: z.string().regex(/^e[0-9a-f]{32}$/),
  /** Hash of the entry: its leaf in the Merkle log. */
  hash: Digest,
  /** Wall clock of the node; display only, order comes from the log. */
  timestamp: z.iso.datetime(),
  ingested: z.literal(true),
  log_id: z.string(),
  /** Position in the log, from 0. */
  index: z.int().min(0),
});
/** See {@link AuditReceipt}. */
export type AuditReceipt = z.infer<typeof AuditReceipt>;
