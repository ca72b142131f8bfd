/** Codes of an authenticator (TOTP): six digits, 30 seconds, SHA-1, as every authenticator knows them. */
import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import type { SecretBytes } from '../../credentials/api-key.ts';

const STEP_SECONDS = 30;
/** RFC 4226 §4 asks for 160 bits. */
const SECRET_BYTES = 20;
/** One step either way: the clock of a telephone, and the time it takes to type (RFC 6238 §5.2). */
const TOLERANCE_SECONDS = STEP_SECONDS;
const CODE = /^\d{6}$/;

/** A new secret in base 32. */
export function newFactorSecret(secretBytes: SecretBytes): string {
  return new ScureBase32Plugin().encode(secretBytes(SECRET_BYTES));
}

/** Address that authenticators read a secret from, `otpauth://totp/…`. */
export function factorUri(secret: string, label: string): string {
  return generateURI({ issuer: 'Witan', label, secret });
}

/**
 * Time step that a code belongs to; undefined: of none that may be taken now. A step up to `afterStep` was
 * taken before. @source RFC 6238 §4.2, §5.2
 */
export function stepOfCode(
  secret: string | Uint8Array,
  code: string,
  { nowWallMs, afterStep }: { readonly nowWallMs: number; readonly afterStep: number },
): number | undefined {
  const epoch = Math.floor(nowWallMs / 1_000);
  const lastStep = Math.floor((epoch + TOLERANCE_SECONDS) / STEP_SECONDS);
  // A clock that went back must not open again what was taken.
  if (!CODE.test(code) || afterStep >= lastStep) return undefined;
  const result = verifySync({
    secret,
    token: code,
    epoch,
    epochTolerance: TOLERANCE_SECONDS,
    ...(afterStep >= 0 && { afterTimeStep: afterStep }),
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
