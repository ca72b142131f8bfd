/** Phone numbers by the national number plans, through libphonenumber. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import type { PersonalDatum } from './kinds.ts';

const CANDIDATE =
  /(?<![\w.+/:=-])(?:\+|00(?=[1-9])|\()?\d(?:[\d ().·/-]{4,22}\d)(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w%])/gi;
const CUE =
  /\b(?:phone|tel|telephone|call|callback|mobile|mob|cell|cellphone|fax|whatsapp|sms|texts?|messages? (?:to|on|from)|contact|reach|dial|hotline|ring|handy|telefon|téléphone|tél|teléfono|móvil|desk|direct line|office|answering(?: at)?|registered|number|numbers?)\b[^\n]{0,30}(?::\s{1,3})?$/i;
const CUE_AFTER = /^[\s\\,-]{0,3}(?:office|fax|mobile|cell|home|work|desk|phone)\b/i;
/** Countries tried for a number without country code, in this order. */
const COUNTRIES: readonly CountryCode[] = [
  'US',
  'GB',
  'DE',
  'FR',
  'IN',
  'AU',
  'ES',
  'IT',
  'BR',
  'CH',
  'SE',
  'NL',
];
const NORTH_AMERICA = /^(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:\s?(?:x|ext).*)?$/i;
const NOT_PHONE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:$|[ T])|^\d{1,3}(?:[ .]\d{3})+$|^\d{4} ?[-–] ?\d{4}$|^\d+\.\d+$/;

/** Phone numbers of a text; one without country code counts only by its form or the words beside it. */
export function findPhones(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(CANDIDATE)) {
    const written = match[0].replace(/[ (./-]+$/, '');
    const digitCount = written.replaceAll(/\D/g, '').length;
    if (digitCount < 7 || digitCount > 18) continue;
    const end = match.index + written.length;
    const form = formOf(
      written,
      text.slice(Math.max(0, match.index - 48), match.index),
      text.slice(end, end + 12),
    );
    if (form) into.push({ kind: 'phone', start: match.index, end, validated: form !== 'labelled', form });
  }
}

function formOf(written: string, before: string, after: string): string | null {
  if (written.startsWith('+') || written.startsWith('00')) {
    const parsed = parsePhoneNumberFromString(written.replace(/^00/, '+'));
    if (parsed?.isValid()) return parsed.country ?? 'international';
    if (written.startsWith('+') && (parsed?.isPossible() || CUE.test(before))) return 'international';
  }
  const cued = CUE.test(before) || CUE_AFTER.test(after);
  if (!cued && NOT_PHONE.test(written)) return null;
  const northAmerican = NORTH_AMERICA.test(written);
  if (!cued && !northAmerican && !/^0\d{2,4}[ /-]\d{3}/.test(written)) return null;
  for (const country of northAmerican ? COUNTRIES.slice(0, 1) : COUNTRIES) {
    const parsed = parsePhoneNumberFromString(written, country);
    if (parsed?.isValid()) return country;
  }
  return cued || (northAmerican && /[()]/.test(written)) ? 'labelled' : null;
}
