/** Rules that must hold of every run, whatever happened in it: pure. */
import type { Call, CopiedEntry, History, ToldVerdict } from './history.ts';

/** Names of the rules. */
export const RULES = [
  'lost',
  'answered-twice',
  'accepted-twice',
  'acknowledged-lost',
  'copies-differ',
  'entry-changed',
  'refused-for-good',
  'verifies',
] as const;
/** See {@link RULES}. */
export type Rule = (typeof RULES)[number];

/** A rule that was broken, and by what. */
export interface Breach {
  readonly rule: Rule;
  readonly what: string;
}

/** Counts of decisions of a run, and what is wrong. */
export interface HistoryReport {
  /** Keys of which some node said that it has them, or that are on the record. */
  readonly accepted: number;
  /** Keys whose verdict some client was told. */
  readonly answered: number;
  /** Decisions held for want of a session, a deadline or an evaluation: a person must look at them. */
  readonly heldByFault: number;
  readonly held: number;
  readonly lost: number;
  /** Keys that nobody accepted in the end. */
  readonly unserved: number;
  readonly breaches: readonly Breach[];
}

const FAULT_REASONS = new Set(['session-lost', 'deadline', 'evaluation-failed', 'quorum', 'policy-error']);
/** Codes that a client cannot mend by asking again, and that this load never earns. */
const RETRYABLE = new Set([408, 425, 429, 499, 500, 502, 503, 504]);

/** Whether a decision was held because something failed, not because of what was to be decided. */
export function isHeldByFault(outcome: string | null, heldReason: string | null): boolean {
  return outcome === 'held' && FAULT_REASONS.has(heldReason ?? '');
}

/** Checks a run against every rule. O(calls + entries) */
export function checkHistory(history: History): HistoryReport {
  const breaches: Breach[] = [];
  const found = (rule: Rule, what: string): void => void breaches.push({ rule, what });
  const longest = [...history.copies].sort((a, b) => b.entries.length - a.entries.length)[0];
  const entries = longest?.entries ?? [];
  const recorded = recordedDecisions(entries, found);
  compareCopies(history, found);
  checkHeads(history, found);
  const keys = byKey(history.calls);
  const counts = { accepted: 0, answered: 0, heldByFault: 0, held: 0, lost: 0, unserved: 0 };
  for (const [key, calls] of keys) {
    const decisionId = history.decisionOf(key);
    const told = calls.flatMap(({ answer }) => (answer.type === 'verdict' ? [answer.verdict] : []));
    checkTold({ key, decisionId, calls, told, entries }, found);
    for (const { answer, node } of calls) {
      if (answer.type === 'refused' && !RETRYABLE.has(answer.status) && answer.code !== 'not_found')
        found('refused-for-good', `${key} at ${node}: ${answer.status} ${answer.code}`);
    }
    const { opened, final } = recorded.get(decisionId) ?? {};
    const isAccepted = opened !== undefined || told.length > 0 || calls.some(isAcceptance);
    if (!isAccepted) counts.unserved += 1;
    else counts.accepted += 1;
    if (told.length > 0) counts.answered += 1;
    if (final?.outcome === 'held') counts.held += 1;
    if (final && isHeldByFault(final.outcome, final.heldReason)) counts.heldByFault += 1;
    if (isAccepted && !final) {
      counts.lost += 1;
      found('lost', `${key} (${decisionId}) was accepted and has no verdict on the record`);
    }
  }
  return { ...counts, breaches };
}

type Found = (rule: Rule, what: string) => void;

interface Recorded {
  opened?: CopiedEntry;
  final?: CopiedEntry;
}

/** One `opened` and one `final` of each decision, the first before the second. */
function recordedDecisions(entries: readonly CopiedEntry[], found: Found): Map<string, Recorded> {
  const recorded = new Map<string, Recorded>();
  for (const [index, entry] of entries.entries()) {
    const { kind, decisionId } = entry;
    if (decisionId === null || (kind !== 'opened' && kind !== 'final')) continue;
    const own = recorded.get(decisionId) ?? {};
    if (own[kind]) found('accepted-twice', `${decisionId} has a second ${kind} at ${index}`);
    if (kind === 'final' && !own.opened) found('accepted-twice', `${decisionId} ends before it was opened`);
    own[kind] = entry;
    recorded.set(decisionId, own);
  }
  return recorded;
}

/** Each copy holds what the longest one does, as far as it goes, and all that was settled before the end. */
function compareCopies({ copies, settledSize }: History, found: Found): void {
  for (const { node, damages } of copies)
    for (const damage of damages) found('verifies', `${node}: ${damage}`);
  const longest = [...copies].sort((a, b) => b.entries.length - a.entries.length)[0];
  if (!longest) return found('copies-differ', 'there is no copy of the record');
  for (const { node, entries, roots } of copies) {
    const at = entries.findIndex(({ leafHash }, index) => leafHash !== longest.entries[index]!.leafHash);
    if (at >= 0) found('copies-differ', `entry ${at} of ${node} is not that of ${longest.node}`);
    if (entries.length < settledSize)
      found('copies-differ', `${node} has ${entries.length} entries of ${settledSize} that all had`);
    else if (roots.get(settledSize) !== longest.roots.get(settledSize))
      found('copies-differ', `${node} and ${longest.node} have two roots at ${settledSize}`);
  }
}

/** Whatever head a client ever read is one of the record as it is in the end. */
function checkHeads({ heads, copies }: History, found: Found): void {
  for (const { node, size, root } of heads) {
    for (const copy of copies) {
      const own = copy.roots.get(size);
      if (own === root) continue;
      const what = `${node} showed root ${root.slice(0, 8)} at ${size}; the copy of ${copy.node} has `;
      found('entry-changed', `${what}${own === undefined ? 'not so many entries' : own.slice(0, 8)}`);
    }
  }
}

interface OfKey {
  readonly key: string;
  readonly decisionId: string;
  readonly calls: readonly Call[];
  readonly told: readonly ToldVerdict[];
  readonly entries: readonly CopiedEntry[];
}

/** One key, one decision, one verdict, which is the one on the record. */
function checkTold({ key, decisionId, calls, told, entries }: OfKey, found: Found): void {
  for (const { answer, node } of calls) {
    const id = answer.type === 'verdict' ? answer.verdict.decisionId : undefined;
    const named = answer.type === 'open' ? answer.decisionId : id;
    if (named !== undefined && named !== decisionId)
      found('accepted-twice', `${key} is ${decisionId}, and ${node} named ${named}`);
  }
  const different = new Set(told.map((one) => JSON.stringify(one)));
  if (different.size > 1) found('answered-twice', `${key}: ${[...different].join(' and ')}`);
  for (const { index, leafHash, outcome, heldReason } of told) {
    const entry = entries[index];
    if (entry?.kind !== 'final' || entry.leafHash !== leafHash || entry.decisionId !== decisionId)
      found('acknowledged-lost', `${key} was told of entry ${index}: ${entry ? entry.kind : 'not there'}`);
    else if (entry.outcome !== outcome || entry.heldReason !== heldReason)
      found('answered-twice', `${key} was told ${outcome}; the record says ${entry.outcome}`);
  }
}

function isAcceptance({ answer }: Call): boolean {
  return answer.type === 'verdict' || answer.type === 'open';
}

function byKey(calls: readonly Call[]): Map<string, Call[]> {
  const keys = new Map<string, Call[]>();
  for (const call of calls) {
    const own = keys.get(call.key);
    if (own) own.push(call);
    else keys.set(call.key, [call]);
  }
  return keys;
}
