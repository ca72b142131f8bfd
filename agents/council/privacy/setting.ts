/** Where personal data stands and whom it reaches. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import { ruleOf } from '../../kit/detect/record/demands.ts';
import { findPersonalData } from '../../kit/detect/personal-data/find.ts';
import type { PersonalDatum } from '../../kit/detect/personal-data/kinds.ts';
import { segmentsOf } from '../../kit/segments.ts';
import type { Segment } from '../../kit/segments.ts';

/** Whom a datum reaches. */
export type Setting = 'disclosed' | 'output' | 'given' | 'file';

/** A datum with its place in the decision. */
export interface ExposedDatum extends PersonalDatum {
  readonly field: string;
  readonly setting: Setting;
}

/** Types whose text goes out to others. */
export const DISCLOSING_TYPES =
  /(?:^|[._-])(?:disclosure|disclose|export|share|sharing|publish|publication|post|email|send|tool|function|output|response|reply|transfer|report)(?:$|[._-])/;

const memo = new WeakMap<Decision, readonly ExposedDatum[]>();

/** Personal data of all texts with setting; memoised per decision. */
export function exposedData(decision: Decision): readonly ExposedDatum[] {
  const known = memo.get(decision);
  if (known) return known;
  const data: ExposedDatum[] = [];
  for (const segment of segmentsOf(decision)) {
    if (data.length > 500) break;
    const setting = settingOf(decision, segment);
    for (const datum of findPersonalData(segment.text)) data.push({ ...datum, field: segment.field, setting });
  }
  memo.set(decision, data);
  return data;
}

function settingOf(decision: Decision, { field, origin }: Segment): Setting {
  const disclosing = ruleOf(decision).sector === 'data' || DISCLOSING_TYPES.test(decision.request.type);
  if (field.startsWith('context.')) return disclosing && /payload|body|content|data|arguments|args|message/i.test(field) ? 'disclosed' : 'file';
  if (disclosing) return 'disclosed';
  return origin === 'assistant' ? 'output' : 'given';
}
