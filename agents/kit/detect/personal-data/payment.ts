/** Payment cards, bank accounts and crypto addresses, confirmed by their check digits. */
import { luhn, mod97 } from './ids/checksums.ts';
import type { PersonalDatum } from './kinds.ts';

/**
 * Issuer ranges: first digits as [low, high] and the lengths issued.
 * @source ISO/IEC 7812-1 issuer identification numbers
 */
const ISSUERS: readonly (readonly [form: string, low: number, high: number, lengths: readonly number[]])[] = [
  ['visa', 4, 4, [13, 16, 19]],
  ['mastercard', 51, 55, [16]],
  ['mastercard', 2221, 2720, [16]],
  ['amex', 34, 34, [15]],
  ['amex', 37, 37, [15]],
  ['discover', 6011, 6011, [16, 19]],
  ['discover', 644, 649, [16, 19]],
  ['discover', 65, 65, [16, 19]],
  ['diners', 300, 305, [14]],
  ['diners', 3095, 3095, [14]],
  ['diners', 36, 36, [14]],
  ['diners', 38, 39, [14, 16]],
  ['jcb', 3528, 3589, [16, 17, 18, 19]],
  ['jcb-old', 2131, 2131, [15]],
  ['jcb-old', 1800, 1800, [15]],
  ['unionpay', 62, 62, [16, 17, 18, 19]],
  ['maestro', 5018, 5018, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['maestro', 5020, 5020, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['maestro', 5038, 5038, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['maestro', 5893, 5893, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['maestro', 6304, 6304, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['maestro', 6759, 6763, [12, 13, 14, 15, 16, 17, 18, 19]],
  ['mir', 2200, 2204, [16, 17, 18, 19]],
  ['rupay', 60, 60, [16]],
  ['rupay', 81, 82, [16]],
];

/** Length of an IBAN by country. @source SWIFT IBAN registry, release 99 */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
};

const CARD = /(?<![\d.,$€£-])\d(?:[ -]?\d){11,18}(?![\d-]|[.,]\d)/g;
const CARD_LABEL =
  /\b(?:(?:credit|debit|bank|visa|master|amex|payment) ?-?card|card(?: number| no\.?| #|num)?|cc|pan|visa|mastercard|amex)\b[^\d\n]{0,24}$/i;
const IBAN = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}/g;
const IBAN_LABEL = /\b(?:iban|account)\b/i;
const ACCOUNT =
  /\b(?:(?:bank )?account(?: number| no\.?| #|#)?|acct(?:\.| no\.?| #)?|routing(?: number| no\.?)?|sort code|konto(?:nummer)?)\s{0,3}(?:is|:|=|#)?\s{0,3}(\d(?:[ -]?\d){5,17})(?!\d)/gi;

/** Name of the card's issuer range, or null where no issuer has such numbers. */
export function cardIssuer(digits: string): string | null {
  for (const [form, low, high, lengths] of ISSUERS) {
    const prefix = Number(digits.slice(0, String(low).length));
    if (prefix >= low && prefix <= high && lengths.includes(digits.length)) return form;
  }
  return null;
}

/** Whether letters and digits are an IBAN: known country, its length, MOD 97-10. */
export function isIban(compact: string): boolean {
  const upper = compact.toUpperCase();
  if (IBAN_LENGTHS[upper.slice(0, 2)] !== upper.length) return false;
  return mod97(upper.slice(4) + upper.slice(0, 4)) === 1;
}

/** Cards by issuer range and Luhn; beside the word `card` any number of that length. */
export function findCards(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(CARD)) {
    const digits = match[0].replaceAll(/[ -]/g, '');
    const form = cardIssuer(digits);
    const sound = luhn(digits) && !/^(\d)\1+$/.test(digits);
    const named = CARD_LABEL.test(text.slice(Math.max(0, match.index - 40), match.index));
    if (!named && !(sound && form)) continue;
    const end = match.index + match[0].length;
    into.push({ kind: 'card-number', start: match.index, end, validated: sound, form: form ?? 'labelled' });
  }
}

/** IBANs by country, length and MOD 97-10; the match is cut to the country's length. */
export function findIbans(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(IBAN)) {
    const length = IBAN_LENGTHS[match[0].slice(0, 2).toUpperCase()];
    if (length === undefined) continue;
    const end = endOfLength(match[0], length);
    if (end < 0 || /[A-Za-z0-9]/.test(text[match.index + end] ?? '')) continue;
    if (!isIban(match[0].slice(0, end).replaceAll(/[ -]/g, ''))) continue;
    const before = text.slice(Math.max(0, match.index - 20), match.index);
    const form = IBAN_LABEL.test(before) ? 'iban-labelled' : 'iban';
    into.push({ kind: 'iban', start: match.index, end: match.index + end, validated: true, form });
  }
}

/** Account, routing and sort numbers after their name. */
export function findAccounts(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(ACCOUNT)) {
    const number = match[1] ?? '';
    const end = match.index + match[0].length;
    into.push({ kind: 'bank-account', start: end - number.length, end, validated: false, form: 'account' });
  }
}

function endOfLength(text: string, length: number): number {
  let seen = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] !== ' ' && text[index] !== '-') seen += 1;
    if (seen === length) return index + 1;
  }
  return -1;
}
