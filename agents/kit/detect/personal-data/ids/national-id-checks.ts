/**
 * Whether digits and letters are a person's number of one country. Input without separators, letters upper
 * case.
 */
import { isDate, luhn, mod11Pure10, mod97, weighted } from './checksums.ts';

/** United States social security number: area, group and serial that are issued. @source SSA RM 10201.035 */
export function isUsSsn(id: string): boolean {
  const area = Number(id.slice(0, 3));
  const known = id === '078051120' || id === '219099999' || id === '123456789' || id === '987654321';
  return (
    area > 0 && area !== 666 && area < 900 && id.slice(3, 5) !== '00' && id.slice(5) !== '0000' && !known
  );
}

/**
 * United States individual taxpayer number: 9xx with group 50-65, 70-88, 90-92, 94-99. @source IRS Pub.
 * 1915
 */
export function isUsItin(id: string): boolean {
  const group = Number(id.slice(3, 5));
  return (
    (group >= 50 && group <= 65) ||
    (group >= 70 && group <= 88) ||
    (group >= 90 && group <= 99 && group !== 93)
  );
}

/** United Kingdom national insurance number: prefixes never allocated are refused. @source HMRC NIM39110 */
export function isUkNino(id: string): boolean {
  return !/^(?:BG|GB|KN|NK|NT|TN|ZZ|[DFIQUV]|.[DFIQUVO])/.test(id);
}

/** NHS number: mod 11 with weights 10 … 2. @source NHS Data Dictionary, NHS NUMBER */
export function isNhs(id: string): boolean {
  const check = 11 - (weighted(id, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return (check === 11 ? 0 : check) === Number(id[9]) && !isRun(id);
}

/** German tax identification number: one digit twice or thrice in ten, ISO 7064. @source § 139b AO */
export function isDeTaxId(id: string): boolean {
  if (id.startsWith('0') || !mod11Pure10(id)) return false;
  const counts = new Map<string, number>();
  for (const digit of id.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3;
}

/** French NIR with key 97 − n mod 97; Corsica's 2A and 2B count as 19 and 18. @source INSEE */
export function isFrNir(id: string): boolean {
  const digits = id.replace('2A', '19').replace('2B', '18');
  if (!/^[1-478]\d{14}$/.test(digits)) return false;
  const month = Number(digits.slice(3, 5));
  if (month === 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
  return 97 - mod97(digits.slice(0, 13)) === Number(digits.slice(13));
}

/** Spanish DNI and NIE: letter of n mod 23. @source Real Decreto 1553/2005 */
export function isEsDni(id: string): boolean {
  const digits = id.replace(/^X/, '0').replace(/^Y/, '1').replace(/^Z/, '2');
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits.slice(0, 8)) % 23] === id.at(-1);
}

const CODICE_ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Italian codice fiscale. @source D.M. 23/12/1976 n. 13813 */
export function isItCodice(id: string): boolean {
  let sum = 0;
  for (let index = 0; index < 15; index += 1) {
    const code = id.charCodeAt(index);
    const value = code < 58 ? code - 48 : code - 65;
    sum += index % 2 === 0 ? (CODICE_ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

/** Dutch citizen number: eleven-proof with the last weight −1. @source Besluit BSN */
export function isNlBsn(id: string): boolean {
  return weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !isRun(id);
}

/** Polish PESEL: date with century in the month, weights 1 3 7 9. @source Ustawa o ewidencji ludności */
export function isPlPesel(id: string): boolean {
  const month = Number(id.slice(2, 4));
  if (!isDate(2000 + Number(id.slice(0, 2)), month % 20, Number(id.slice(4, 6)))) return false;
  return (10 - (weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(id[10]);
}

/** Brazilian CPF: two digits mod 11. @source Receita Federal */
export function isBrCpf(id: string): boolean {
  const first = ((weighted(id, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
  const second = ((weighted(id, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
  return first === Number(id[9]) && second === Number(id[10]) && !isRun(id);
}

/** Swedish personnummer: date and Luhn over ten digits. @source SKV 704 */
export function isSePersonnummer(id: string): boolean {
  const ten = id.slice(-10);
  const day = Number(ten.slice(4, 6));
  return (
    isDate(2000 + Number(ten.slice(0, 2)), Number(ten.slice(2, 4)), day > 60 ? day - 60 : day) && luhn(ten)
  );
}

/** Finnish henkilötunnus: date and the sign of n mod 31. @source DVV */
export function isFiHetu(id: string): boolean {
  if (!isDate(2000 + Number(id.slice(4, 6)), Number(id.slice(2, 4)), Number(id.slice(0, 2)))) return false;
  const number = Number(id.slice(0, 6) + id.slice(7, 10));
  return '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === id[10];
}

/** Norwegian fødselsnummer: two digits mod 11. @source Skatteetaten */
export function isNoFnr(id: string): boolean {
  const first = (11 - (weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11;
  const second = (11 - (weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  const day = Number(id.slice(0, 2));
  return (
    first === Number(id[9]) &&
    second === Number(id[10]) &&
    isDate(2000, Number(id.slice(2, 4)), day > 40 ? day - 40 : day)
  );
}

/** Belgian national number: 97 − n mod 97, with a leading 2 for births from 2000 on. @source Rijksregister */
export function isBeNrn(id: string): boolean {
  const check = Number(id.slice(9));
  const date = isDate(2000 + Number(id.slice(0, 2)), Number(id.slice(2, 4)), Number(id.slice(4, 6)));
  return date && (97 - mod97(id.slice(0, 9)) === check || 97 - mod97(`2${id.slice(0, 9)}`) === check);
}

/** Chinese resident number: ISO 7064 MOD 11-2 and a date. @source GB 11643-1999 */
export function isCnId(id: string): boolean {
  if (!isDate(Number(id.slice(6, 10)), Number(id.slice(10, 12)), Number(id.slice(12, 14)))) return false;
  const sum = weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  return '10X98765432'[sum % 11] === id[17];
}

/** Australian tax file number: weights mod 11. @source ATO */
export function isAuTfn(id: string): boolean {
  return weighted(id, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && !isRun(id);
}

/** Swiss AHV number: EAN-13 that begins with 756. @source AHVG Art. 50c */
export function isChAhv(id: string): boolean {
  return (10 - (weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === Number(id[12]);
}

/** Irish PPS number: letter of the weighted sum mod 23. @source Social Welfare Consolidation Act 2005 */
export function isIePps(id: string): boolean {
  const ninth = id[8] && id[8] !== 'W' ? (id.charCodeAt(8) - 64) * 9 : 0;
  return 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(id, [8, 7, 6, 5, 4, 3, 2]) + ninth) % 23] === id[7];
}

function isRun(id: string): boolean {
  return /^(\d)\1+$/.test(id);
}
