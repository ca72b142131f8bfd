/** Codes on paper that each replace the authenticator once. */
import type { SecretBytes } from '../../credentials/api-key.ts';

const CODE_COUNT = 10;
const DIGIT_COUNT = 10;
/** Base 32 of Crockford: no i, l, o, u, so that nobody mistakes one for another. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ten codes of 50 random bits, `xxxxx-xxxxx`. */
export function newRecoveryCodes(secretBytes: SecretBytes): string[] {
  return Array.from({ length: CODE_COUNT }, () => {
    const digits = [...secretBytes(DIGIT_COUNT)].map((byte) => DIGITS[byte & 31]).join('');
    return `${digits.slice(0, 5)}-${digits.slice(5)}`;
  });
}

/** What is hashed of a code as somebody typed it; undefined: it has not the form of one. */
export function plainRecoveryCode(text: string): string | undefined {
  const plain = text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  const isCode = plain.length === DIGIT_COUNT && [...plain].every((digit) => DIGITS.includes(digit));
  return isCode ? plain : undefined;
}
