/** An entry of the trail as everybody sees it: one form for every decision and action (ACC-02). */
import { z } from 'zod';
import { DecisionId, Digest } from '../ids.ts';
import { RecordProof } from '../proof.ts';
import { AUDIT_CATEGORIES } from './event-kinds.ts';

/** Version of the form; stands in what is signed. */
export const AUDIT_ENTRY_FORMAT = 'witan-audit-entry/1';

/** Words of an action: lower-case, dotted (`decision.final`, `admin.key-create`). */
export const ActionType = z.string().regex(/^[a-z][a-z0-9._-]{0,99}$/, 'lower-case letters, digits, . _ -');

/** Who acted. `service` is a program with a credential, `node` is Witan itself. */
export const AuditActor = z.strictObject({
  type: z.enum(['human', 'ai', 'service', 'node']),
  id: z.string().min(1).max(200),
});
/** See {@link AuditActor}. */
export type AuditActor = z.infer<typeof AuditActor>;

/** What was acted on: as it is, or as a salted hash where it may be sensitive. */
export const AuditInput = z.discriminatedUnion('form', [
  z.strictObject({ form: z.literal('plain'), value: z.json() }),
  z.strictObject({
    form: z.literal('hmac-sha256'),
    /** 64 hex digits over the canonical JSON of the input; its salt stays with the node. */
    value: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** Encrypted for the person whom it speaks of; without their key it says nothing. */
  z.strictObject({ form: z.literal('sealed'), value: z.json() }),
]);
/** See {@link AuditInput}. */
export type AuditInput = z.infer<typeof AuditInput>;

/** Entry without its signature: what the signature covers. */
export const AuditEntryBody = z.strictObject({
  format: z.literal(AUDIT_ENTRY_FORMAT),
  log_id: z.uuid(),
  /** Wall clock of the node; display only, order is `record.index`. */
  timestamp: z.iso.datetime(),
  /** System that the entry is about: as its caller named it, else the log of the node. */
  system_id: z.string().min(1).max(200),
  decision_id: DecisionId.nullable(),
  action_type: ActionType,
  category: z.enum(AUDIT_CATEGORIES),
  actor: AuditActor,
  input: AuditInput.nullable(),
  output: z.json(),
  context: z.record(z.string(), z.json()),
  reasoning: z.array(z.string()).nullable(),
  /** In [0, 1]; null where nobody stated or measured one. */
  confidence: z.number().min(0).max(1).nullable(),
  reviewed_by: z.string().nullable(),
  /** Hash of the transaction that anchors it; null until there is one. */
  blockchain_tx: z.string().nullable(),
  /** Rules that the entry is evidence for (`eu-ai-act:14`). */
  compliance: z.array(z.string()),
  /** Where it stands on the record. */
  record: z.strictObject({ log: z.string(), index: z.int().min(0), leaf_hash: Digest }),
});
/** See {@link AuditEntryBody}. */
export type AuditEntryBody = z.infer<typeof AuditEntryBody>;

/** Signature of the log's key over the domain line and the canonical body. */
export const AuditSignature = z.strictObject({
  algorithm: z.literal('ed25519'),
  /** `checkpoint#16 hex digits`: key that readers of the log pin. */
  key_id: z.string().max(80),
  /** base64url without padding, 86 characters. */
  value: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
/** See {@link AuditSignature}. */
export type AuditSignature = z.infer<typeof AuditSignature>;

/** An entry with its signature. */
export const AuditEntry = AuditEntryBody.extend({ signature: AuditSignature });
/** See {@link AuditEntry}. */
export type AuditEntry = z.infer<typeof AuditEntry>;

/** An entry with the record that it describes: checked offline against one public key. */
export const AuditProof = z.strictObject({
  format: z.literal('witan-audit-proof/1'),
  entry: AuditEntry,
  proof: RecordProof,
});
/** See {@link AuditProof}. */
export type AuditProof = z.infer<typeof AuditProof>;
