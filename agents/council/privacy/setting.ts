/** Where personal data stands and whom it reaches. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import { findPersonalData } from '../../kit/detect/personal-data/find.ts';
import type { PersonalDatum } from '../../kit/detect/personal-data/kinds.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import { segmentsOf } from '../../kit/segments.ts';
import type { Segment } from '../../kit/segments.ts';

/**
 * Whom a datum reaches: others, the reader of an output, the system with another's data, with one's own, a
 * file.
 */
export type Setting = 'disclosed' | 'output' | 'third-party' | 'given' | 'file';

/** A datum with its place in the decision. */
export interface ExposedDatum extends PersonalDatum {
  readonly field: string;
  readonly setting: Setting;
  /** A name, number or address of the person stands in the same text. */
  readonly identified: boolean;
}

/** Types whose text goes out to others. */
export const DISCLOSING_TYPES =
  /(?:^|[._-])(?:disclosure|disclose|export|share|sharing|publish|publication|post|email|send|tool|function|output|response|reply|transfer|report)(?:$|[._-])/;
/** Words by which a text itself is about to go out. */
export const DISCLOSING_WORDS =
  /\b(?:post|publish|share|leak|send|upload|tweet|forward|disclose|release|expose|sell|email|broadcast)(?:s|ing|ed)?\b[^.?!\n]{0,90}\b(?:public(?:ly)?|twitter|facebook|reddit|online|websites?|internet|everyone|everybody|third[- ]part(?:y|ies)|partners?|vendors?|advertisers?|the press|journalists?|forums?|pastebin|data brokers?|competitors?|external|outside|strangers|newsletter|all (?:users|customers|employees|staff))\b/i;
/** Words that make what follows another person's. */
export const OTHERS =
  /\b(?:his|her|their|(?:customer|client|patient|employee|user|boss|neighbou?r|colleague|coworker|wife|husband|friend|tenant|applicant|victim|someone|somebody|other people)(?:s|'s|’s|s')?|\p{Lu}\p{Ll}+(?:'s|’s))\s[^.?!\n]{0,50}$/u;

const IDENTIFYING = new Set([
  'person',
  'email',
  'phone',
  'national-id',
  'tax-id',
  'address',
  'passport',
  'medical-record',
  'driver-licence',
]);
/** Data per decision that are weighed; more changes nothing. */
const DATUM_LIMIT = 500;
const memo = new WeakMap<Decision, readonly ExposedDatum[]>();

/** Personal data of all texts with setting; memoised per decision. */
export function exposedData(decision: Decision): readonly ExposedDatum[] {
  const known = memo.get(decision);
  if (known) return known;
  const data: ExposedDatum[] = [];
  const givenValues = new Set<string>();
  for (const segment of segmentsOf(decision)) {
    if (data.length >= DATUM_LIMIT) break;
    const found = findInSegment(segment);
    const identified = found.some((datum) => IDENTIFYING.has(datum.kind));
    const setting = settingOf(decision, segment);
    for (const datum of found) {
      const value = segment.text
        .slice(datum.start, datum.end)
        .replaceAll(/[^\p{L}\p{N}]/gu, '')
        .toLowerCase();
      if (segment.origin === 'user') givenValues.add(value);
      const own = setting === 'output' && givenValues.has(value);
      const place = own ? 'given' : setting === 'given' ? givenOrOthers(segment.text, datum) : setting;
      data.push({ ...datum, field: segment.field, setting: place, identified });
    }
  }
  memo.set(decision, data);
  return data;
}

/** Reads a value of the context together with its key, so that `dateOfBirth` is a cue like any other. */
function findInSegment({ field, text }: Segment): readonly PersonalDatum[] {
  if (!field.startsWith('context.')) return findPersonalData(text);
  const key = field.slice(field.lastIndexOf('.') + 1);
  if (/^\d+$/.test(key)) return findPersonalData(text);
  const label = `${key
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase()}: `;
  return findPersonalData(label + text)
    .filter((datum) => datum.start >= label.length)
    .map((datum) => ({ ...datum, start: datum.start - label.length, end: datum.end - label.length }));
}

function givenOrOthers(text: string, datum: PersonalDatum): Setting {
  return OTHERS.test(text.slice(Math.max(0, datum.start - 70), datum.start)) ? 'third-party' : 'given';
}

function settingOf(decision: Decision, { field, origin, text }: Segment): Setting {
  const disclosing = ruleOf(decision).sector === 'data' || DISCLOSING_TYPES.test(decision.request.type);
  if (field.startsWith('context.')) {
    return disclosing && /payload|body|content|data|arguments|args|message|attach|record|text/i.test(field)
      ? 'disclosed'
      : 'file';
  }
  if (disclosing || DISCLOSING_WORDS.test(text)) return 'disclosed';
  if (origin === 'assistant') return 'output';
  return origin === 'user' ? 'given' : 'file';
}
