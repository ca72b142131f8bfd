/** Finds personal data in a text: every detector, then one datum per place. */
import { findAddresses } from './addresses.ts';
import { findCircumstances } from './circumstances.ts';
import { findCoordinates, findEmails, findNetworkAddresses } from './contact.ts';
import { findCryptoAddresses } from './crypto-addresses.ts';
import { findDatesAndAges } from './dates-and-ages.ts';
import { findDocuments } from './ids/documents.ts';
import { findNationalIds } from './ids/national-ids.ts';
import { PERSONAL_DATA_KINDS } from './kinds.ts';
import type { PersonalDatum } from './kinds.ts';
import { findNames } from './names.ts';
import { findAccounts, findCards, findIbans } from './payment.ts';
import { findPhones } from './phones.ts';
import { findSecrets } from './secrets.ts';

/** Detectors in order of trust: at one place the earlier wins over the later, validated over not. */
export const DETECTORS = [
  findSecrets,
  findCards,
  findIbans,
  findCryptoAddresses,
  findNationalIds,
  findDocuments,
  findEmails,
  findNetworkAddresses,
  findCoordinates,
  findAccounts,
  findPhones,
  findDatesAndAges,
  findAddresses,
  findCircumstances,
  findNames,
] as const;

/** Longest text that is read, UTF-16 code units; the rest is left to the next call. */
const TEXT_LIMIT = 200_000;

/** Personal data of a text in order of place, no two overlapping. Linear in the text. */
export function findPersonalData(text: string): readonly PersonalDatum[] {
  const read = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
  const found: PersonalDatum[] = [];
  for (const detect of DETECTORS) detect(read, found);
  return withoutOverlap(read.length, found);
}

/** Replaces each datum by the mask of its kind. */
export function redact(text: string): string {
  let from = 0;
  let redacted = '';
  for (const { start, end, kind } of findPersonalData(text)) {
    redacted += text.slice(from, start) + PERSONAL_DATA_KINDS[kind].mask;
    from = end;
  }
  return redacted + text.slice(from);
}

/** Keeps the most trusted datum at each place. Cost: one mark per code unit. */
function withoutOverlap(length: number, found: readonly PersonalDatum[]): readonly PersonalDatum[] {
  if (found.length === 0) return found;
  const ranked = found.map((datum, rank) => ({ datum, rank }));
  ranked.sort((a, b) => Number(b.datum.validated) - Number(a.datum.validated) || a.rank - b.rank);
  const taken = new Uint8Array(length);
  const kept: PersonalDatum[] = [];
  for (const { datum } of ranked) {
    if (taken.subarray(datum.start, datum.end).includes(1)) continue;
    taken.fill(1, datum.start, datum.end);
    kept.push(datum);
  }
  return kept.sort((a, b) => a.start - b.start);
}
