/** Dates of birth and ages, by the words beside them. */
import type { PersonalDatum } from './kinds.ts';

const MONTH =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|' +
  'Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)';
const DATE =
  String.raw`(?:\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\d{1,2}(?:st|nd|rd|th)?(?: of)? ` +
  String.raw`${MONTH}\.?,? \d{2,4}|${MONTH}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{2,4})`;
const BORN = new RegExp(
  String.raw`\b(?:born(?: on| in)?|d\.?o\.?b\.?|date of birth|birth ?date|birthday|geburtsdatum|` +
    String.raw`geboren am|né[e]? le|nato il|fecha de nacimiento)(?: is| was|` +
    String.raw`'s)?\s{0,3}[:=(]?\s{0,3}["']?(?<date>${DATE})`,
  'giu',
);
const AGES: readonly RegExp[] = [
  /(?<![\d.,$])(?<age>1?\d?\d)[ -]?(?:years?|yrs?)[ -]?old\b/gi,
  /(?<![\d.,$])(?<age>1?\d\d?) ?(?:y\/o|yo|y\.o\.)(?![A-Za-z])/gi,
  /\b(?:aged?|age[:=]|age of|age is)\s{1,2}(?<age>1?\d\d?)\b(?! ?(?:and|to|-|–|or|%))/gi,
  /\b(?:just turned|i'll turn|turns|turned|when (?:s?he|i) was) (?<age>[1-9]\d)\b(?! ?(?:and|%|in|degrees|km|miles))/gi,
];

/** Dates of birth and ages of a text. */
export function findDatesAndAges(text: string, into: PersonalDatum[]): void {
  if (!/\d/.test(text)) return;
  for (const match of text.matchAll(BORN)) {
    const date = match.groups?.['date'] ?? '';
    const end = match.index + match[0].length;
    into.push({
      kind: 'date-of-birth',
      start: end - date.length,
      end,
      validated: false,
      form: 'date-of-birth',
    });
  }
  for (const shape of AGES) {
    for (const match of text.matchAll(shape)) {
      const age = match.groups?.['age'] ?? '';
      if (Number(age) > 120) continue;
      const start = match.index + match[0].indexOf(age);
      into.push({ kind: 'age', start, end: start + age.length, validated: false, form: 'age' });
    }
  }
}
