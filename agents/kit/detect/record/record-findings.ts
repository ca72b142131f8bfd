/** Findings of the seats whose mandate is a record: what is missing, denied, or only the caller's word. */
import type { RecordName } from '../../../../config/decision-types.ts';
import type { EvaluationInput } from '../../../../runtime/kernel/ports/evaluator.ts';
import { recordStates, ruleOf } from './demands.ts';
import type { RecordState } from './demands.ts';
import type { Finding } from './rule-evaluator.ts';

/** Scores of a record's state, basis points. A caller's word alone never lifts a seat above 5,000. */
export const RECORD_SCORES = {
  mustMissing: 500,
  mustDenied: 0,
  shouldMissing: 7_500,
  assertedOnly: 5_000,
} as const;

/** How a seat calls a record, in a sentence. */
export type RecordTitles = Readonly<Partial<Record<RecordName, string>>>;

/**
 * Findings for the records of one seat; empty where all that is demanded is attested or nothing is demanded.
 * A missing record is critical where the decision weighs on a person or their data.
 */
export function recordFindings(
  seat: string,
  titles: RecordTitles,
  input: EvaluationInput,
): readonly Finding[] {
  const states = recordStates(input, Object.keys(titles) as RecordName[]);
  const findings: Finding[] = [];
  const { highStakes, sector } = ruleOf(input.decision);
  const critical = highStakes || sector === 'data';
  for (const state of states) {
    const finding = findingOf(seat, titles[state.record] ?? state.record, state);
    if (finding) findings.push(critical ? finding : { ...finding, critical: false });
  }
  const worst = findings.some((finding) => finding.scoreBp < RECORD_SCORES.assertedOnly);
  if (worst || !states.some((state) => state.demand === 'must')) return findings;
  return findings.some((finding) => finding.basis === 'asserted')
    ? collapseAsserted(seat, findings)
    : findings;
}

function findingOf(
  seat: string,
  title: string,
  { record, demand, state, fact }: RecordState,
): Finding | null {
  if (state === 'attested') return null;
  if (state === 'asserted') {
    if (demand === 'should') return null;
    return {
      code: `${seat}.${record}-asserted`,
      scoreBp: RECORD_SCORES.assertedOnly,
      reason: `${title} is named (${fact?.path ?? 'context'}), on the caller's word only.`,
      basis: 'asserted',
    };
  }
  const denied = state === 'denied';
  if (demand === 'should') {
    return {
      code: `${seat}.${record}-absent`,
      scoreBp: RECORD_SCORES.shouldMissing,
      reason: `${title} should be on the record and is not.`,
      basis: 'attested',
    };
  }
  return {
    code: `${seat}.${record}-missing`,
    scoreBp: denied ? RECORD_SCORES.mustDenied : RECORD_SCORES.mustMissing,
    reason: denied
      ? `${title} is demanded for this type of decision and ${fact?.path ?? 'the decision'} says ` +
        `there is none.`
      : `${title} is demanded for this type of decision and is not on the record.`,
    basis: 'attested',
    critical: true,
  };
}

/** One code for a complete record that rests on the caller's word, the reasons kept. */
function collapseAsserted(seat: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) =>
    finding.basis === 'asserted' ? { ...finding, code: `${seat}.record-asserted` } : finding,
  );
}
