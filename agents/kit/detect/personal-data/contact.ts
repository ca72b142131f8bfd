/** E-mail, network addresses and coordinates. */
import type { PersonalDatum } from './kinds.ts';

const EMAIL =
  /(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])/g;
const EMAIL_SPELLED =
  /(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{1,40}\s?[[(]\s?at\s?[\])]\s?[A-Za-z0-9-]{2,40}\s?(?:\.|[[(]\s?dot\s?[\])])\s?[A-Za-z]{2,10}\b/gi;
const IPV4 =
  /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\d.]*\d)/g;
const IPV6 = /(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?![0-9A-Za-z:])/g;
/** Words before numbers of versions and chapters, which look like addresses. */
const NUMBERING = /\b(?:version|v|release|build|section|sect|chapter|clause|figure|table|article|§)\.?\s?$/i;
const MAC =
  /(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])/g;
const COORDINATES =
  /(?<![\d.])[-+]?(?:[1-8]?\d\.\d{4,}|90\.0{4,})\s?[°]?\s?[NS]?\s?[,;/ ]\s?[-+]?(?:1[0-7]\d|\d{1,2}|180)\.\d{4,}(?:\s?°)?(?:\s?[EW]\b)?(?![\d.]*\d)/g;

/** E-mail addresses, plain and spelled with (at). */
export function findEmails(text: string, into: PersonalDatum[]): void {
  if (text.includes('@')) push(text, EMAIL, { kind: 'email', form: 'email' }, into);
  if (/[[(]\s?at\s?[\])]/i.test(text))
    push(text, EMAIL_SPELLED, { kind: 'email', form: 'email-spelled' }, into);
}

/** IPv4, IPv6 and MAC addresses; loopback, unspecified and documentation ranges are no one's. */
export function findNetworkAddresses(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(IPV4)) {
    const before = text.slice(Math.max(0, match.index - 12), match.index);
    if (isNobodysIpv4(match[0]) || NUMBERING.test(before)) continue;
    const end = match.index + match[0].length;
    into.push({ kind: 'ip-address', start: match.index, end, validated: true, form: 'ipv4' });
  }
  if (text.includes(':')) {
    for (const match of text.matchAll(IPV6)) {
      if (!isIpv6(match[0]) || /^(?:::1?|fe80::|::)$/i.test(match[0])) continue;
      const end = match.index + match[0].length;
      into.push({ kind: 'ip-address', start: match.index, end, validated: true, form: 'ipv6' });
    }
  }
  push(text, MAC, { kind: 'mac-address', form: 'mac' }, into);
}

/** Latitude and longitude with at least four decimals (about ten metres). */
export function findCoordinates(text: string, into: PersonalDatum[]): void {
  push(text, COORDINATES, { kind: 'coordinates', form: 'decimal-degrees' }, into);
}

/** Whether groups of hexadecimal digits are a whole IPv6 address. @source RFC 4291 §2.2 */
export function isIpv6(text: string): boolean {
  const doubled = text.split('::');
  if (doubled.length > 2) return false;
  const groups = doubled.flatMap((half) => (half === '' ? [] : half.split(':')));
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      if (index !== groups.length - 1 || group.split('.').length !== 4) return false;
      count += 2;
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count += 1;
    else return false;
  }
  return doubled.length === 2 ? count < 8 && count > 0 : count === 8;
}

function isNobodysIpv4(address: string): boolean {
  return /^(?:0\.|127\.|255\.255\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|169\.254\.|22[4-9]\.|23\d\.|1\.2\.3\.4$)/.test(
    address,
  );
}

function push(
  text: string,
  form: RegExp,
  as: Pick<PersonalDatum, 'kind' | 'form'>,
  into: PersonalDatum[],
): void {
  for (const match of text.matchAll(form)) {
    into.push({ ...as, start: match.index, end: match.index + match[0].length, validated: true });
  }
}
