/**
 * Numbers of documents and things that only their name beside them tells apart: passport, licence, record,
 * plate.
 */
import type { KindName, PersonalDatum } from '../kinds.ts';

/** What stands between the name of a document and its number. */
const LINK =
  String.raw`(?:(?:'s)? ?(?:number|num|no\.?|nr\.?|id|#|code)){0,2}(?: (?:is|was|of|for|` +
  String.raw`reads))?\s{0,3}[:=#]?\s{0,3}`;

/** Document by its names; the number must hold a digit. */
export const DOCUMENTS: readonly (readonly [kind: KindName, form: string, name: RegExp])[] = [
  [
    'passport',
    'passport',
    named(
      String.raw`passport`,
      String.raw`[A-Z]{0,3} ?\d{6,9}[A-Z]?|(?=[A-Z0-9]{7,9}(?![A-Z0-9]))[A-Z0-9]{0,6}\d{2}[A-Z0-9]{0,6}`,
    ),
  ],
  [
    'driver-licence',
    'driver-licence',
    named(
      String.raw`(?:driver'?s?|driving|drivers'?)[ -]?licen[cs]e|\bdl(?= ?(?:#|no\b|number|:))`,
      String.raw`(?=[A-Z0-9 -]{5,22})[A-Z]{0,5}[ -]?\d[A-Z0-9]*(?:[ -][A-Z0-9]*\d[A-Z0-9]*){0,4}`,
    ),
  ],
  [
    'medical-record',
    'medical-record',
    named(
      String.raw`\bmrn|medical record|patient (?:id|number|no)|health (?:insurance|card|plan)(?: ` +
        String.raw`(?:member|policy))?|medicare|medicaid|member id`,
      String.raw`[A-Z]{0,4}-?\d[\dA-Z-]{4,14}`,
    ),
  ],
  [
    'vehicle',
    'licence-plate',
    named(
      String.raw`licen[cs]e plate|number plate|registration plate|\bplate`,
      String.raw`[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?:[ -][A-Z0-9]{1,3})?`,
    ),
  ],
  ['vehicle', 'vin', named(String.raw`\bvin`, String.raw`[A-HJ-NPR-Z0-9]{17}`)],
  [
    'username',
    'username',
    /\b(?:user ?name|login|user id|screen name|handle)(?: is|:|=)\s{0,3}["']?(?<number>@?[A-Za-z0-9][A-Za-z0-9._-]{2,30})/gi,
  ],
];

/** Documents of a text. */
export function findDocuments(text: string, into: PersonalDatum[]): void {
  for (const [kind, form, name] of DOCUMENTS) {
    for (const match of text.matchAll(name)) {
      const number = match.groups?.['number'] ?? '';
      if (kind !== 'username' && !/\d/.test(number)) continue;
      const end = match.index + match[0].length;
      into.push({ kind, start: end - number.length, end, validated: false, form });
    }
  }
}

function named(names: string, number: string): RegExp {
  return new RegExp(String.raw`(?:${names})${LINK}(?<number>${number})(?![A-Za-z0-9])`, 'gi');
}
