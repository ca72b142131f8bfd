/** Branded identifiers: parsed once at the edge, trusted inside. */
import { z } from 'zod';

/** Decision: `d` + 32 lower-case hex digits, derived from tenant and idempotency key. */
export const DecisionId = z
  .string()
  .regex(/^d[0-9a-f]{32}$/, 'd followed by 32 lower-case hex digits')
  .brand<'DecisionId'>();
/** See {@link DecisionId}. */
export type DecisionId = z.infer<typeof DecisionId>;

/** Seat of the council, kebab-case (`guardian`). */
export const SeatId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'kebab-case, 1 to 40 characters')
  .brand<'SeatId'>();
/** See {@link SeatId}. */
export type SeatId = z.infer<typeof SeatId>;

/** Tenant, set by the gate from identity, never from a body. */
export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, . _ -')
  .brand<'TenantId'>();
/** See {@link TenantId}. */
export type TenantId = z.infer<typeof TenantId>;

/** SHA-256 digest as `sha256:` + 64 lower-case hex digits. */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: followed by 64 lower-case hex digits')
  .brand<'Digest'>();
/** See {@link Digest}. */
export type Digest = z.infer<typeof Digest>;

/**
 * Public half of a signing key: first 16 hex digits of the SHA-256 of the raw 32-byte key, with its purpose
 * before it.
 */
export const KeyId = z
  .string()
  .regex(/^[a-z0-9/-]{1,60}#[0-9a-f]{16}$/, 'purpose#16 hex digits')
  .brand<'KeyId'>();
/** See {@link KeyId}. */
export type KeyId = z.infer<typeof KeyId>;

/** Base points: an integer share of 10,000. */
export const BasisPoints = z.int().min(0).max(10_000);
