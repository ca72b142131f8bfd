/** How far personal data in a decision is exposed, and the findings that follow. */
import type { EvaluationInput } from '../../../runtime/kernel/ports/evaluator.ts';
import { PERSONAL_DATA_KINDS } from '../../kit/detect/personal-data/kinds.ts';
import { REQUEST_RULES } from '../../kit/detect/personal-data/requests.ts';
import { demandsAny } from '../../kit/detect/record/demands.ts';
import { factsOf } from '../../kit/detect/record/facts.ts';
import { recordFindings } from '../../kit/detect/record/record-findings.ts';
import type { Finding } from '../../kit/detect/record/rule-evaluator.ts';
import { textFindings } from '../../kit/detect/record/text-rules.ts';
import { DISCLOSING_TYPES, DISCLOSING_WORDS, exposedData, OTHERS } from './setting.ts';
import type { ExposedDatum, Setting } from './setting.ts';

const TITLES = {
  consent: 'Consent or another legal basis',
  purpose: 'The purpose',
  recipient: 'The recipient',
} as const;
/** Share of the harm that each setting realises: 1 = told to others. */
const SETTING_WEIGHTS: Readonly<Record<Setting, number>> = {
  disclosed: 1,
  output: 0.75,
  'third-party': 0.75,
  given: 0.42,
  file: 0.35,
};
const WORDS: Readonly<Record<Setting, string>> = {
  disclosed: 'would reach others',
  output: 'stands in the output and was not given by the user',
  'third-party': 'of another person was handed over',
  given: 'was given by the user',
  file: 'stands in the structured context; leave it out unless the decision needs it',
};
/** At and above this exposure the data must not pass. */
const CRITICAL_EXPOSURE = 0.7;
/** What each further datum of a kind adds, at most doubled. */
const MANY = 0.08;
const CONSENTED_SCORE = 8_000;

/** Tables of this file, for the digest of the rules. */
export const EXPOSURE_RULES = [
  SETTING_WEIGHTS,
  CRITICAL_EXPOSURE,
  MANY,
  DISCLOSING_TYPES,
  DISCLOSING_WORDS,
  OTHERS,
  TITLES,
  REQUEST_RULES,
] as const;

/** Judges the personal data of a decision; null where there is none and no record is demanded. */
export function judgePrivacy(input: EvaluationInput): readonly Finding[] | null {
  const data = exposedData(input.decision);
  const requests = textFindings(input.decision, REQUEST_RULES);
  const demanded = demandsAny(input.decision, ['consent']);
  if (data.length === 0 && requests.length === 0 && !demanded) return null;
  const findings = [...requests, ...dataFindings(data, consentOf(input))];
  if (demanded) findings.push(...recordFindings('privacy', TITLES, input));
  else if (data.length > 0) findings.push(...withdrawnFindings(input));
  return findings;
}

function consentOf(input: EvaluationInput): boolean {
  return factsOf(input, 'consent').some((fact) => fact.basis === 'attested' && !fact.denied);
}

function withdrawnFindings(input: EvaluationInput): readonly Finding[] {
  const withdrawn = factsOf(input, 'consent').find(
    (fact) => fact.denied && /consent|optin|permission/i.test(fact.path),
  );
  if (!withdrawn) return [];
  return [
    {
      code: 'privacy.consent-withdrawn',
      scoreBp: 500,
      reason:
        `Personal data is used although ${withdrawn.path} says that consent was not given or ` +
        `was withdrawn.`,
      basis: withdrawn.basis,
      critical: true,
    },
  ];
}

/** One finding per kind and setting, worst first. */
function dataFindings(data: readonly ExposedDatum[], consented: boolean): readonly Finding[] {
  const groups = new Map<string, ExposedDatum[]>();
  for (const datum of data) {
    const key = `${datum.kind} ${datum.setting} ${datum.validated}`;
    const group = groups.get(key);
    if (group) group.push(datum);
    else groups.set(key, [datum]);
  }
  return [...groups.values()]
    .map((group) => groupFinding(group, consented))
    .sort((a, b) => a.scoreBp - b.scoreBp);
}

function groupFinding(group: readonly ExposedDatum[], consented: boolean): Finding {
  const [first] = group as readonly [ExposedDatum];
  const exposure = exposureOf(first, group.length);
  const passes = exposure < CRITICAL_EXPOSURE;
  const spans = group.map(({ field, start, end, kind }) => ({
    field: field.slice(0, 300),
    start,
    end,
    label: kind,
  }));
  const reason = `${group.length} × ${first.kind} (${first.form}) ${WORDS[first.setting]}`;
  if (!passes && consented) {
    const code = `privacy.consented.${first.kind}`;
    return {
      code,
      scoreBp: CONSENTED_SCORE,
      reason: `${reason}, on an attested consent.`,
      basis: 'attested',
      spans,
    };
  }
  const act = passes ? 'present' : first.validated ? 'disclosed' : 'disclosed-unverified';
  return {
    code: `privacy.${act}.${first.kind}`,
    scoreBp: passes ? Math.round(10_000 - 7_000 * exposure) : Math.round(3_000 * (1 - exposure)),
    reason: `${reason}.`,
    basis: 'content',
    critical: !passes,
    spans,
  };
}

function exposureOf({ kind, setting, identified }: ExposedDatum, count: number): number {
  const { sensitivity, identifiability } = PERSONAL_DATA_KINDS[kind];
  const known = identified && (kind === 'health' || kind === 'financial') ? 1 : identifiability;
  const many = Math.min(2, 1 + MANY * (count - 1));
  return Math.min(1, sensitivity * (0.5 + 0.5 * known) * SETTING_WEIGHTS[setting] * many);
}
