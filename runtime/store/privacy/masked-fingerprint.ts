/**
 * Fingerprints as the index holds them: a fingerprint of a short text is found by trying, so it is masked by
 * the salt of its decision, and noise once that is destroyed.
 */
import { hash } from 'node:crypto';
import type { Fingerprint } from '../../kernel/decision-index/fingerprint.ts';
import type { RecordKey } from '../../kernel/ports/crypto/subject-keys.ts';

/** Fingerprint under the mask of a decision's salt, 16 hex digits, as the record holds it. */
export function maskFingerprint(fingerprint: Fingerprint, { salt }: Pick<RecordKey, 'salt'>): string {
  return underMask(fingerprint, salt);
}

/**
 * The fingerprint that the index holds behind a mask; one that was never masked as it is.
 * @param saltOf gives the salt of a key, or undefined when it is gone
 */
export async function unmaskFingerprint(
  masked: string,
  saltOf: (keyId: string) => Promise<string | undefined>,
): Promise<Fingerprint | undefined> {
  const at = masked.indexOf(':');
  if (at < 0) return masked === '' ? undefined : masked;
  const salt = await saltOf(masked.slice(0, at));
  return salt === undefined ? undefined : underMask(masked.slice(at + 1), salt);
}

function underMask(fingerprint: string, salt: string): string {
  const mask = Buffer.from(hash('sha256', `witan-fingerprint/1\n${salt}`), 'hex');
  const bytes = Buffer.from(fingerprint, 'hex');
  for (let at = 0; at < bytes.length; at += 1) bytes[at]! ^= mask[at]!;
  return bytes.toString('hex');
}
