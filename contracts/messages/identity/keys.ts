/** API keys as doors show and take them. A key's text leaves the node once, in the answer that makes it. */
import { z } from 'zod';

const Time = z.iso.datetime();
const TenantText = z.string().min(1).max(64);
const Words = z.array(z.string().min(1).max(80)).max(40);

/** Id of a stored key: 16 digits of base 32. */
export const KeyId = z.string().regex(/^[0-9a-v]{16}$/);

/** A stored key without its secret. */
export const ApiKeyView = z.strictObject({
  id: KeyId,
  tenant: TenantText,
  label: z.string(),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
  state: z.enum(['active', 'expired', 'revoked']),
  createdAt: Time,
  createdBy: z.string(),
  /** Null: it does not end by itself. */
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
  /** Key that it replaces. */
  successorOf: KeyId.nullable(),
  /** UTC day of its last use; null: never used. */
  lastUsedOn: z.iso.date().nullable(),
});
/** See {@link ApiKeyView}. */
export type ApiKeyView = z.infer<typeof ApiKeyView>;

/** A key that was just made, with its text. */
export const MadeApiKey = ApiKeyView.extend({ key: z.string() });
/** See {@link MadeApiKey}. */
export type MadeApiKey = z.infer<typeof MadeApiKey>;

/** What a new key is to be; at least one role or scope. */
export const ApiKeyRequest = z.strictObject({
  /** Absent: the caller's own. */
  tenant: TenantText.optional(),
  label: z
    .string()
    .max(200)
    .regex(/^\P{Cc}*$/u, 'text without control characters')
    .optional(),
  roles: Words.optional(),
  scopes: Words.optional(),
  /** Absent: the setting `identity.keyLifeDays`. */
  lifeDays: z.int().min(1).max(3_650).optional(),
});
/** See {@link ApiKeyRequest}. */
export type ApiKeyRequest = z.infer<typeof ApiKeyRequest>;

/** How a key is rotated. */
export const ApiKeyRotation = z.strictObject({
  /** Time in which both work; absent: the setting `identity.keyGraceMs`. */
  graceMs: z.int().min(0).max(31_536_000_000).optional(),
});
/** See {@link ApiKeyRotation}. */
export type ApiKeyRotation = z.infer<typeof ApiKeyRotation>;

/** Why a key is ended. */
export const ApiKeyRevocation = z.strictObject({ reason: z.string().min(1).max(1_000) });
/** See {@link ApiKeyRevocation}. */
export type ApiKeyRevocation = z.infer<typeof ApiKeyRevocation>;

/** How the first administrator shows that the node is theirs: by calling from it, or with the token. */
export const Bootstrap = z.strictObject({ token: z.string().min(1).max(200).optional() });
/** See {@link Bootstrap}. */
export type Bootstrap = z.infer<typeof Bootstrap>;
