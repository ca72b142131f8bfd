/** Facts of a decision by the name of the record they belong to, each with its path and basis. */
import type { RecordName } from '../../../../config/decision-types.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { EvaluationInput } from '../../../../runtime/kernel/ports/evaluator.ts';

/** One fact that was found. */
export interface Fact {
  /** Dotted path (`context.review.approver`, `attested.audit.reviewer`). */
  readonly path: string;
  readonly value: unknown;
  readonly basis: 'asserted' | 'attested';
  /** True when the fact says that the record is not there (`null`, `false`, `none`, an empty list). */
  readonly denied: boolean;
}

/** Leaf or branch of the context under its key, lower-case letters and digits only. */
interface Entry {
  readonly key: string;
  readonly parent: string;
  readonly path: string;
  readonly value: unknown;
}

/** Keys under which callers write each record; lower case, letters and digits only. */
export const RECORD_KEYS: Readonly<Record<RecordName, readonly string[]>> = {
  operator: [
    'operator',
    'responsible',
    'responsibleperson',
    'owner',
    'decisionmaker',
    'decidedby',
    'submittedby',
    'requestedby',
    'requester',
    'actor',
    'agent',
    'officer',
    'loanofficer',
    'casehandler',
    'caseworker',
    'handler',
    'initiator',
    'accountable',
    'accountableperson',
    'author',
    'prescriber',
    'physician',
    'clinician',
    'issuedby',
    'createdby',
  ],
  reason: [
    'reason',
    'reasons',
    'rationale',
    'justification',
    'grounds',
    'why',
    'explanation',
    'motivation',
    'basis',
    'decisionreason',
    'principalreasons',
    'adversereasons',
    'indication',
    'denialreasons',
    'denialreason',
  ],
  reviewer: [
    'reviewer',
    'reviewers',
    'reviewedby',
    'review',
    'humanreviewer',
    'humanreview',
    'approver',
    'approvedby',
    'secondreviewer',
    'checkedby',
    'verifiedby',
    'signoff',
    'signedoffby',
    'supervisor',
    'cosigner',
    'pharmacist',
  ],
  policy: [
    'policy',
    'policies',
    'policyid',
    'policyref',
    'policyversion',
    'rule',
    'ruleset',
    'guideline',
    'guidelines',
    'regulation',
    'legalbasis',
    'procedure',
    'protocol',
    'standard',
  ],
  disclosure: [
    'disclosure',
    'aidisclosure',
    'aidisclosed',
    'disclosed',
    'aidisclosuretosubject',
    'disclosedtosubject',
    'aiuse',
    'aiused',
    'automated',
    'automateddecision',
    'notice',
    'informed',
    'subjectinformed',
    'transparencynotice',
  ],
  limits: [
    'limits',
    'limitations',
    'limitation',
    'uncertainty',
    'confidence',
    'errorrate',
    'knownissues',
    'caveats',
    'caveat',
    'contraindications',
    'warnings',
    'accuracy',
    'confidenceinterval',
  ],
  appeal: [
    'appeal',
    'appeals',
    'appealpath',
    'appealprocess',
    'appealurl',
    'appealcontact',
    'redress',
    'contest',
    'contestation',
    'complaint',
    'complaints',
    'reconsideration',
    'objection',
    'ombudsman',
    'righttoappeal',
  ],
  'adverse-reasons': [
    'adversereasons',
    'adverseactionreasons',
    'principalreasons',
    'denialreasons',
    'denialreason',
    'reasoncodes',
    'adverseaction',
    'adverseactionnotice',
    'reasons',
    'reason',
    'grounds',
    'explanation',
  ],
  consent: [
    'consent',
    'consentid',
    'consentrecord',
    'consents',
    'informedconsent',
    'consentgiven',
    'consented',
    'legalbasis',
    'lawfulbasis',
    'optin',
    'permission',
    'authorization',
    'authorisation',
    'baa',
    'contract',
  ],
  purpose: ['purpose', 'purposes', 'purposeofuse', 'reason', 'reasons', 'justification', 'use'],
  recipient: [
    'recipient',
    'recipients',
    'to',
    'receiver',
    'destination',
    'sharedwith',
    'counterparty',
    'audience',
  ],
  'human-oversight': [
    'humanoversight',
    'humanintheloop',
    'humanonloop',
    'oversight',
    'humanreview',
    'humanreviewer',
    'reviewer',
    'reviewers',
    'reviewedby',
    'approver',
    'approvedby',
    'supervisor',
    'pharmacist',
    'hitl',
  ],
  rollback: [
    'rollback',
    'rollbackplan',
    'revert',
    'undo',
    'fallback',
    'backout',
    'backoutplan',
    'recovery',
    'snapshot',
  ],
  test: [
    'test',
    'tests',
    'tested',
    'testresults',
    'testreport',
    'ci',
    'evaluation',
    'validation',
    'canary',
    'staging',
    'dryrun',
    'ab',
    'experiment',
    'pilot',
  ],
  monitoring: [
    'monitoring',
    'monitor',
    'metrics',
    'alerts',
    'alerting',
    'slo',
    'dashboard',
    'observability',
    'audit',
  ],
  baseline: [
    'baseline',
    'benchmark',
    'control',
    'comparison',
    'previousversion',
    'before',
    'reference',
    'controlgroup',
  ],
  authorisation: [
    'authorisation',
    'authorization',
    'authorisedby',
    'authorizedby',
    'approval',
    'approvedby',
    'approver',
    'mandate',
    'signature',
    'confirmed',
    'confirmedby',
    'userconfirmed',
    'consent',
  ],
};

const DENIALS = new Set([
  '',
  'none',
  'no',
  'nobody',
  'noone',
  'na',
  'notapplicable',
  'null',
  'nil',
  'unknown',
  'unassigned',
  'missing',
  'false',
  'tbd',
  'pending',
  'notreviewed',
  'unreviewed',
  'notassigned',
  'notprovided',
  'notgiven',
  'withdrawn',
  'revoked',
  'denied',
  'refused',
  'expired',
  'undefined',
]);
const ENTRY_LIMIT = 4_000;
const entriesOf = new WeakMap<Decision, readonly Entry[]>();
const keySets = new Map<RecordName, ReadonlySet<string>>();
const anyRecordKeys = new Set(Object.values(RECORD_KEYS).flat());
for (const [name, keys] of Object.entries(RECORD_KEYS)) keySets.set(name as RecordName, new Set(keys));

/** Facts of one record, attested before asserted. */
export function factsOf(input: EvaluationInput, record: RecordName): readonly Fact[] {
  const keys = keySets.get(record);
  if (!keys) return [];
  const found: Fact[] = [];
  for (const [name, value] of Object.entries(input.attested)) {
    if (keys.has(lastKey(name)))
      found.push({ path: `attested.${name}`, value, basis: 'attested', denied: isDenied(value) });
  }
  for (const entry of contextEntries(input.decision)) {
    if (!keys.has(entry.key)) continue;
    found.push({ path: entry.path, value: entry.value, basis: 'asserted', denied: isDenied(entry.value) });
  }
  return found;
}

/** Those attested facts that belong to any record, in the same order: no rule reads another. */
export function recordFactsOf(attested: EvaluationInput['attested']): EvaluationInput['attested'] {
  return Object.fromEntries(Object.entries(attested).filter(([name]) => anyRecordKeys.has(lastKey(name))));
}

/** Every key of the context with its value, document order, at most 4,000; memoised per decision. */
export function contextEntries(decision: Decision): readonly Entry[] {
  const known = entriesOf.get(decision);
  if (known) return known;
  const entries: Entry[] = [];
  if (decision.request.context) collect(decision.request.context, { path: 'context', key: '' }, entries);
  entriesOf.set(decision, entries);
  return entries;
}

/** Lower-case letters and digits of a key: `reviewed_by`, `reviewedBy` and `Reviewed by` are one. */
export function plainKey(key: string): string {
  return key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function lastKey(name: string): string {
  return plainKey(name.slice(name.lastIndexOf('.') + 1));
}

/** Whether a value says that there is nothing. */
export function isDenied(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  if (typeof value === 'string') return DENIALS.has(plainKey(value));
  if (Array.isArray(value)) return value.every(isDenied);
  if (typeof value === 'object') {
    const fields = value as Record<string, unknown>;
    const said = [
      'given',
      'granted',
      'present',
      'done',
      'completed',
      'passed',
      'available',
      'status',
      'state',
    ];
    if (said.some((name) => name in fields && isDenied(fields[name]))) return true;
    return Object.values(fields).every(isDenied);
  }
  return false;
}

function collect(value: object, at: { path: string; key: string }, into: Entry[]): void {
  for (const [name, item] of Object.entries(value)) {
    if (into.length >= ENTRY_LIMIT) return;
    const key = Array.isArray(value) ? at.key : plainKey(name);
    const path = `${at.path}.${name}`;
    into.push({ key: Array.isArray(value) ? '' : key, parent: at.key, path, value: item });
    if (item !== null && typeof item === 'object') collect(item, { path, key }, into);
  }
}
