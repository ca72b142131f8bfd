/** How far personal data in a decision is exposed, and the findings that follow. */
import { DISCLOSING_TYPES } from './setting.ts';
import { PERSONAL_DATA_KINDS } from '../../kit/detect/personal-data/kinds.ts';
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { exposedData } from './setting.ts';
import type { ExposedDatum } from './setting.ts';

const TITLES = { consent: 'Consent or another legal basis', purpose: 'The purpose', recipient: 'The recipient' } as const;

/** Share of the harm that each setting realises: 1 = told to others, 0.3 = the user's own in a chat. */
const SETTING_WEIGHTS = { disclosed: 1, output: 0.75, given: 0.3, file: 0.35 } as const;
/** At and above this exposure the data must not pass. */
const CRITICAL_EXPOSURE = 0.7;

/** Judges the personal data of a decision; null where there is none and no record is demanded. */
export function judgePrivacy(input: EvaluationInput): readonly Finding[] | null {
  const data = exposedData(input.decision);
  const demanded = demandsAny(input.decision, ['consent']);
  if (data.length === 0 && !demanded) return null;
  const findings = [...dataFindings(data)];
  if (demanded) findings.push(...recordFindings('privacy', TITLES, input));
  return findings;
}

/** One finding per kind and setting, worst first. */
function dataFindings(data: readonly ExposedDatum[]): readonly Finding[] {
  const groups = new Map<string, ExposedDatum[]>();
  for (const datum of data) {
    const key = `${datum.kind} ${datum.setting}`;
    const group = groups.get(key);
    if (group) group.push(datum);
    else groups.set(key, [datum]);
  }
  return [...groups.values()].map(groupFinding).sort((a, b) => a.scoreBp - b.scoreBp);
}

function groupFinding(group: readonly ExposedDatum[]): Finding {
  const [first] = group as readonly [ExposedDatum];
  const { sensitivity, identifiability } = PERSONAL_DATA_KINDS[first.kind];
  const many = Math.min(1.3, 1 + 0.1 * (group.length - 1));
  const exposure = Math.min(1, sensitivity * (0.5 + 0.5 * identifiability) * SETTING_WEIGHTS[first.setting] * many);
  const passes = exposure < CRITICAL_EXPOSURE;
  return {
    code: passes ? `privacy.present.${first.kind}` : `privacy.disclosed.${first.kind}`,
    scoreBp: passes ? Math.round(10_000 - 7_000 * exposure) : Math.round(3_000 * (1 - exposure)),
    reason: `${group.length} × ${first.kind} (${first.form}) ${WORDS[first.setting]}.`,
    basis: 'content',
    critical: !passes,
    spans: group.map(({ field, start, end, kind }) => ({ field: field.slice(0, 300), start, end, label: kind })),
  };
}

const WORDS = {
  disclosed: 'would reach others',
  output: 'stands in the output',
  given: 'was given by the user',
  file: 'stands in the structured context',
} as const;

/** Types in which text leaves for others, for the digest of the rules. */
export const EXPOSURE_RULES = [SETTING_WEIGHTS, CRITICAL_EXPOSURE, DISCLOSING_TYPES, TITLES] as const;
