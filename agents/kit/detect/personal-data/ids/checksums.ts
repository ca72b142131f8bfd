/** Check digits of numbers that identify people, cards and accounts. Each takes digits without separators. */

/** Luhn: payment cards, IMEI, Canadian SIN, Swedish personnummer. @source ISO/IEC 7812-1 Annex B */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, twice = false; index >= 0; index -= 1, twice = !twice) {
    let value = digits.charCodeAt(index) - 48;
    if (twice && (value *= 2) > 9) value -= 9;
    sum += value;
  }
  return digits.length > 1 && sum % 10 === 0;
}

/** Remainder mod 97 of a number with letters as 10 … 35. @source ISO/IEC 7064 MOD 97-10 */
export function mod97(text: string): number {
  let rest = 0;
  for (const sign of text) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/** Weighted sum of the leading digits. */
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0;
  weights.forEach((weight, index) => (sum += weight * (digits.charCodeAt(index) - 48)));
  return sum;
}

/** ISO 7064 MOD 11,10 over all digits with the check digit last: German tax id, Croatian OIB. */
export function mod11Pure10(digits: string): boolean {
  let product = 10;
  for (const sign of digits.slice(0, -1)) {
    const sum = (Number(sign) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits.at(-1));
}

const D5: readonly string[] = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const P8: readonly string[] = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** Verhoeff: Indian Aadhaar. @source J. Verhoeff, Error Detecting Decimal Codes (1969) */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const value = Number(digits[digits.length - 1 - index]);
    const permuted = Number(P8[index % 8]?.[value]);
    check = Number(D5[check]?.[permuted]);
  }
  return check === 0;
}

/** Whether year, month and day (two-digit years allowed) are a date of the calendar. */
export function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day <= days;
}
