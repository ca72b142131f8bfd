/** What a caller asks the council to judge. */
import { z } from 'zod';
import { DecisionId, Digest } from './ids.ts';

/** Limits of one submitted decision; the same at every door. */
export const DECISION_LIMITS = {
  /** Bytes of the whole body. */
  bodyBytes: 1_048_576,
  /** UTF-16 code units of one text. */
  textLength: 200_000,
  messageCount: 500,
  attachmentCount: 64,
  /** Nesting of `context`, counted in objects and arrays. */
  depth: 16,
  /** Keys and array items of `context` in all. */
  nodeCount: 10_000,
} as const;

/** Risk as the caller states it or the checks measure it; a caller can raise it, never lower it. */
export const RiskLevel = z.enum(['low', 'medium', 'high', 'critical']);
/** See {@link RiskLevel}. */
export type RiskLevel = z.infer<typeof RiskLevel>;

/** Where a piece of text came from: decides how far it is trusted. */
export const Origin = z.enum(['user', 'system', 'assistant', 'tool', 'retrieved']);
/** See {@link Origin}. */
export type Origin = z.infer<typeof Origin>;

/** One turn of a conversation. */
export const ConversationMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  /** Default: the role's own origin. */
  origin: Origin.optional(),
  content: z.string().max(DECISION_LIMITS.textLength),
  name: z.string().max(200).optional(),
});
/** See {@link ConversationMessage}. */
export type ConversationMessage = z.infer<typeof ConversationMessage>;

/** A file that the decision rests on; its bytes stay with the caller. */
export const Attachment = z.strictObject({
  name: z.string().min(1).max(500),
  mediaType: z.string().min(1).max(200),
  digest: Digest,
  sizeBytes: z.int().min(0),
});
/** See {@link Attachment}. */
export type Attachment = z.infer<typeof Attachment>;

/** A statement that the decision makes, with the evidence that the caller offers for it. */
export const Claim = z.strictObject({
  text: z.string().min(1).max(20_000),
  evidence: z.array(z.string().max(DECISION_LIMITS.textLength)).max(100).default([]),
});
/** See {@link Claim}. */
export type Claim = z.infer<typeof Claim>;

/** JSON value of bounded depth and size; finite numbers only. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

const JsonRecord = z.record(z.string().max(500), z.json());

/** Body of `POST /api/v1/decisions/evaluate`, and of the same call at every other door. */
export const DecisionRequest = z
  .strictObject({
    /**
     * Same key, same payload: same decision. Same key, another payload: `conflict`. Default: derived from
     * the payload.
     */
    idempotencyKey: z.string().min(1).max(200).optional(),
    /**
     * Kind of decision (`loan`, `chat`, `tool-call`, `medication`); some kinds demand a record, see
     * config/decision-types.
     */
    type: z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, . _ -'),
    text: z.string().max(DECISION_LIMITS.textLength).optional(),
    messages: z.array(ConversationMessage).max(DECISION_LIMITS.messageCount).optional(),
    claims: z.array(Claim).max(200).optional(),
    /** Structured facts, asserted by the caller. */
    context: JsonRecord.optional(),
    attachments: z.array(Attachment).max(DECISION_LIMITS.attachmentCount).optional(),
    /** Spelled as the catalogue prints it (COU-23). Absent: measured. */
    risk_level: RiskLevel.optional(),
    /** Whole time from submission to answer, in ms. */
    deadlineMs: z.int().min(50).max(600_000).optional(),
    /** `risk`: the council sits when risk is high. `always`: it sits on this decision. */
    council: z.enum(['risk', 'always']).optional(),
    /** Names the decision that this one is another attempt at. */
    retryOf: DecisionId.optional(),
    /** Who may rely on the verdict. */
    audience: z.string().max(200).optional(),
    /**
     * Pseudonyms of the persons concerned, as the tenant names them: erasing one of them erases the input.
     * They
     * are sealed with it, and nothing of them is stored in the clear.
     */
    subjects: z.array(z.string().min(1).max(200)).max(8).optional(),
  })
  .refine((request) => hasSubject(request), {
    message: 'one of text, messages, claims or context must say what is decided',
    path: ['text'],
  });
/** See {@link DecisionRequest}. */
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** A decision after the edge: identified, owned by a tenant, digested. Immutable. */
export interface Decision {
  readonly decisionId: DecisionId;
  readonly tenant: string;
  /**
   * SHA-256 of the canonical JSON of `request` without `idempotencyKey` and `deadlineMs`; HMAC-SHA-256 under
   * `salt` where there is one.
   */
  readonly digest: Digest;
  /** 64 hex digits; keys the digests of what is sealed on the record, and is destroyed with it. */
  readonly salt?: string;
  readonly request: DecisionRequest;
}

function hasSubject(request: {
  text?: unknown;
  messages?: unknown[];
  claims?: unknown[];
  context?: object;
}): boolean {
  if (typeof request.text === 'string' && request.text.length > 0) return true;
  if (request.messages && request.messages.length > 0) return true;
  if (request.claims && request.claims.length > 0) return true;
  return request.context !== undefined && Object.keys(request.context).length > 0;
}
