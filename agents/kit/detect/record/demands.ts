/** Which demanded records are there: the type's demands against the facts of the decision. */
import { decisionTypeRule } from '../../../../config/decision-types.ts';
import type { DecisionTypeRule, RecordName } from '../../../../config/decision-types.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { EvaluationInput } from '../../../../runtime/kernel/ports/evaluator.ts';
import { contextEntries, factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { statedRecords } from './stated-records.ts';

/** State of one demanded record. */
export interface RecordState {
  readonly record: RecordName;
  readonly demand: 'must' | 'should';
  /** `missing`: nobody says anything. `denied`: the decision itself says that there is none. */
  readonly state: 'attested' | 'asserted' | 'missing' | 'denied';
  readonly fact: Fact | null;
}

const ADVERSE =
  /^(?:den(?:y|ied|ial)|reject(?:ed|ion)?|declin(?:e|ed)|refus(?:e|ed|al)|terminat(?:e|ed|ion)|dismiss(?:ed|al)?|revok(?:e|ed)|suspend(?:ed)?|ban(?:ned)?|cut|reduc(?:e|ed|tion)|withdrawn?|remov(?:e|ed|al)|takedown|ineligible|not[-_ ]?hired|no[-_ ]?hire|fail(?:ed)?|evict(?:ed|ion)?|blocked?)\b/i;
const OUTCOME_KEYS = new Set([
  'outcome',
  'decision',
  'result',
  'action',
  'recommendation',
  'verdict',
  'proposedaction',
  'proposeddecision',
  'status',
  'determination',
]);
const ADVERSE_TEXT =
  /\b(?:den(?:y|ied|ies|ying|ial)|reject(?:s|ed|ing|ion)?|declin(?:e|es|ed|ing)|refus(?:e|es|ed|al)|terminat(?:e|ed|ion)|dismiss(?:ed|al)?|revok(?:e|ed)|ineligible|not (?:be )?(?:approved|eligible|granted)|cut off|withdraw(?:n)?)\b/i;

/** Whether the outcome is adverse to a person: as `context` says, else as the text says. */
export function isAdverse(decision: Decision): boolean {
  for (const entry of contextEntries(decision)) {
    if (OUTCOME_KEYS.has(entry.key) && typeof entry.value === 'string') return ADVERSE.test(entry.value);
    if ((entry.key === 'approved' || entry.key === 'granted') && typeof entry.value === 'boolean')
      return !entry.value;
  }
  return ADVERSE_TEXT.test(decision.request.text?.slice(0, 5_000) ?? '');
}

/** Rule of the decision's type. */
export function ruleOf(decision: Decision): DecisionTypeRule {
  return decisionTypeRule(decision.request.type);
}

/** Records demanded by the decision's type, musts first; each record once. */
export function demandedRecords(decision: Decision): ReadonlyMap<RecordName, 'must' | 'should'> {
  const rule = ruleOf(decision);
  const demanded = new Map<RecordName, 'must' | 'should'>();
  for (const record of rule.must) demanded.set(record, 'must');
  if (rule.mustIfAdverse.length > 0 && isAdverse(decision)) {
    for (const record of rule.mustIfAdverse) demanded.set(record, 'must');
  }
  for (const record of rule.should) if (!demanded.has(record)) demanded.set(record, 'should');
  return demanded;
}

/** Whether the type demands one of these records as a must. */
export function demandsAny(decision: Decision, records: readonly RecordName[]): boolean {
  const demanded = demandedRecords(decision);
  return records.some((record) => demanded.get(record) === 'must');
}

/** State of those of `records` that the type demands. */
export function recordStates(input: EvaluationInput, records: readonly RecordName[]): readonly RecordState[] {
  const demanded = demandedRecords(input.decision);
  const states: RecordState[] = [];
  for (const record of records) {
    const demand = demanded.get(record);
    if (demand) states.push({ record, demand, ...stateOf(input, record) });
  }
  return states;
}

function stateOf(input: EvaluationInput, record: RecordName): Pick<RecordState, 'state' | 'fact'> {
  const facts = factsOf(input, record);
  const attested = facts.find((fact) => fact.basis === 'attested' && !fact.denied);
  if (attested) return { state: 'attested', fact: attested };
  const asserted = facts.find((fact) => !fact.denied);
  if (asserted) return { state: 'asserted', fact: asserted };
  const stated = statedRecords(input.decision).get(record);
  if (stated) return { state: 'asserted', fact: stated };
  const denied = facts[0];
  return denied ? { state: 'denied', fact: denied } : { state: 'missing', fact: null };
}
