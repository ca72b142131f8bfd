/** The report of an investigation, made from entries of the log alone (ACC-05, ACC-06). */
import { auditBody } from '../../../../contracts/ledger/audit/audit-entry.ts';
import type { Sha256 } from '../../../../contracts/ledger/crypto.ts';
import type { AuditEntryBody } from '../../../../contracts/messages/audit/entry.ts';
import type {
  Investigation,
  InvestigationReport,
  Party,
  TimelineItem,
} from '../../../../contracts/messages/accountability/investigation.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import { decisionFacts } from '../decision-facts.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { contributingFactors } from './factors.ts';

/** What a report is made of. */
export interface ReportParts {
  readonly investigation: Investigation;
  readonly logName: string;
  readonly size: number;
  readonly sha256: Sha256;
  /** Entries of the decisions, whoever told them. */
  readonly about: readonly LedgerEntry[];
  /** What happened at the node in the same time. */
  readonly around: readonly LedgerEntry[];
}

/** Makes the report. Pure: the same entries give the same report. */
export function reportOf(parts: ReportParts): InvestigationReport {
  const { investigation, logName, size } = parts;
  const decisions = factsOf(investigation.decision_ids, parts.about);
  const timeline = timelineOf(parts);
  return {
    format: 'witan-investigation-report/1',
    investigation,
    log: { id: logName, size },
    decisions: decisions.map(({ decisionId, opened, final }) => ({
      decision_id: decisionId,
      type: typeOf(opened.payload),
      outcome: final?.payload.body.outcome ?? 'open',
      decided_by: final?.payload.body.decidedBy ?? 'nobody yet',
    })),
    timeline,
    parties: partiesOf(timeline, decisions),
    factors: contributingFactors(decisions),
  };
}

function factsOf(ids: readonly DecisionId[], entries: readonly LedgerEntry[]): DecisionFacts[] {
  return ids
    .map((id) => decisionFacts(entries.filter(({ decisionId }) => decisionId === id)))
    .filter((facts) => facts !== undefined);
}

function timelineOf({ about, around, logName, sha256 }: ReportParts): TimelineItem[] {
  const line = (entry: LedgerEntry, relation: TimelineItem['relation']): TimelineItem => {
    // The input is what was decided on; a report says what was done, and shows no input.
    const body = auditBody(entry, { logName, sha256, inputOf: () => ({ form: 'plain', value: null }) });
    const { timestamp, log_id, category, action_type, actor, decision_id } = body;
    const who = {
      timestamp,
      index: entry.index,
      log_id,
      category,
      action_type,
      actor: actor.id,
      decision_id,
    };
    return { ...who, summary: summaryOf(body), relation };
  };
  const known = new Set(about.map(({ index }) => index));
  const items = [
    ...about.map((entry) => line(entry, 'about')),
    ...around.filter(({ index }) => !known.has(index)).map((entry) => line(entry, 'around')),
  ];
  return items.sort((one, other) => one.index - other.index);
}

/** One sentence about an entry, for people. */
export function summaryOf({ action_type, actor, output, context, reasoning }: AuditEntryBody): string {
  const outcome = (output as { readonly outcome?: unknown } | null)?.outcome;
  if (action_type === 'decision.opened') {
    return `${actor.id} submitted a decision of type ${String(context['decision_type'] ?? 'unknown')}`;
  }
  if (action_type === 'decision.final') return `${actor.id} ended it: ${String(outcome)}`;
  const why = reasoning?.[0] === undefined ? '' : `: ${reasoning[0]}`;
  return `${actor.id}: ${action_type}${why}`.slice(0, 500);
}

function partiesOf(timeline: readonly TimelineItem[], decisions: readonly DecisionFacts[]): Party[] {
  const parties = new Map<string, Party>();
  const add = (type: Party['type'], id: string, act: string, decisionId: DecisionId | null): void => {
    const known = parties.get(`${type} ${id}`) ?? { type, id, acts: [], decision_ids: [] };
    const acts = known.acts.includes(act) ? known.acts : [...known.acts, act];
    const ids = known.decision_ids;
    const isNew = decisionId !== null && !ids.includes(decisionId);
    parties.set(`${type} ${id}`, { type, id, acts, decision_ids: isNew ? [...ids, decisionId] : ids });
  };
  for (const { decisionId, opened, final, resolutions } of decisions) {
    const { submittedBy } = opened.payload;
    add(submittedBy.startsWith('user:') ? 'human' : 'service', submittedBy, 'submitted it', decisionId);
    for (const { body } of final?.payload.ballots ?? []) {
      add('ai', body.seat, body.veto === null ? 'cast a ballot' : 'vetoed', decisionId);
    }
    if (final) add('ai', final.payload.body.decidedBy, 'decided', decisionId);
    for (const { payload } of resolutions)
      add('human', payload.by, `reviewed it: ${payload.action}`, decisionId);
  }
  for (const { relation, category, actor, action_type } of timeline) {
    if (relation === 'around' && category !== 'key') add('service', actor, action_type, null);
  }
  return [...parties.values()];
}

function typeOf({ request }: DecisionFacts['opened']['payload']): string {
  const { type } = (request ?? {}) as { readonly type?: unknown };
  return typeof type === 'string' ? type : 'unknown';
}
