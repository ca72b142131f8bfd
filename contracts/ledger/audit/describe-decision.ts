/** Entries of decisions in the words of the trail: opened, final, resolution, ballots that did not count. */
import type { AuditActor } from '../../messages/audit/entry.ts';
import { ballotVote } from '../../messages/ballot.ts';
import type { Ballot } from '../../messages/ballot.ts';
import type { FinalPayload } from '../../messages/final.ts';
import type { OpenedPayload, ResolutionPayload } from '../../messages/session.ts';
import type { DecidedBy } from '../../messages/verdict.ts';
import { actionOf, actorOf, fieldsOf, textOf } from './described-entry.ts';
import type { DescribedEntry, EntryFacts } from './described-entry.ts';

/** Who speaks in a final entry, by the step that decided. */
const DECIDERS: Readonly<Record<DecidedBy, AuditActor>> = {
  policy: { type: 'node', id: 'policy' },
  checks: { type: 'ai', id: 'checks' },
  council: { type: 'ai', id: 'council' },
  human: { type: 'human', id: 'reviewer' },
};

/** Reasons of one ballot that an entry repeats. */
const REASON_MAX_COUNT = 3;

/** A decision that was accepted. */
export function describeOpened({ payload }: EntryFacts): DescribedEntry {
  const { terms, sessionDigest, request, statedRisk, submittedBy, deadlineMs, retryOf } =
    payload as OpenedPayload;
  const { type = fieldsOf(request)['type'], sealed } = fieldsOf(payload);
  return {
    action: 'decision.opened',
    category: 'decision',
    actor: actorOf(submittedBy),
    input: sealed === undefined ? request : sealedInput(sealed, terms.decisionDigest),
    output: null,
    context: {
      decision_type: textOf(type, 'unknown'),
      decision_digest: terms.decisionDigest,
      session_digest: sessionDigest,
      stated_risk: statedRisk,
      deadline_ms: deadlineMs,
      retry_of: retryOf,
      policy_revision: terms.policyRevision,
      constitution_hash: terms.constitutionHash,
      seats: terms.roster.map(({ seat }) => seat),
    },
  };
}

/** Stands for a request that is sealed: the digest is a commitment to it, keyed by a salt that can be destroyed. */
function sealedInput(sealed: unknown, commitment: string): object {
  return { format: 'witan-sealed/1', keyId: textOf(fieldsOf(sealed)['keyId'], 'unknown'), commitment };
}

/** How a decision ended. */
export function describeFinal({ payload }: EntryFacts): DescribedEntry {
  const { body, ballots, keyId } = payload as FinalPayload;
  const { outcome, heldReason, decidedBy, risk, rounds, tally, notAfter, attempts } = body;
  return {
    action: 'decision.final',
    category: 'decision',
    actor: DECIDERS[decidedBy],
    output: {
      outcome,
      held_reason: heldReason,
      decided_by: decidedBy,
      value_bp: tally?.valueBp ?? null,
      not_after: notAfter,
    },
    context: {
      risk,
      rounds,
      attempts,
      decision_digest: body.decisionDigest,
      session_digest: body.sessionDigest,
      verdict_key: keyId,
      steps: body.steps.map(({ step, by, result }) => ({ step, by, result })),
      absent_seats: tally?.absent ?? [],
      vetoes: tally?.vetoes ?? [],
    },
    reasoning: [...body.steps.flatMap(stepReason), ...ballots.map(ballotReason)],
    confidence: meanConfidence(ballots),
  };
}

/** A person's word on a held decision. */
export function describeResolution({ payload }: EntryFacts): DescribedEntry {
  const { action, by, reason, finalIndex } = payload as ResolutionPayload;
  return {
    action: 'decision.resolution',
    category: 'decision',
    actor: { ...actorOf(by), type: 'human' },
    output: { action },
    context: { final_index: finalIndex },
    reasoning: typeof reason === 'string' ? [reason] : null,
    reviewedBy: by,
    isOversight: true,
  };
}

/** A ballot that is recorded and not counted: late, advisory or refused. */
export function describeNotice({ payload }: EntryFacts): DescribedEntry {
  const { notice, seat, round, ballot, reason } = fieldsOf(payload);
  const cast = (ballot ?? undefined) as Ballot | undefined;
  const word = textOf(notice, 'late-ballot');
  const why = textOf(reason);
  return {
    action: actionOf('ballot', word.replace(/^ballot-|-ballot$/g, '')),
    category: word === 'ballot-refused' ? 'security' : 'decision',
    actor: { type: 'ai', id: textOf(seat, 'unknown') },
    output: cast ? { vote: ballotVote(cast.body), score_bp: cast.body.scoreBp } : null,
    context: { round: typeof round === 'number' ? round : null, counted: false },
    reasoning: [...(why === '' ? [] : [why]), ...(cast ? [ballotReason(cast)] : [])],
    confidence: cast ? cast.body.confidenceBp / 10_000 : null,
  };
}

function stepReason({ step, by, result, codes }: FinalPayload['body']['steps'][number]): string[] {
  return codes.length === 0 ? [] : [`${step} (${by}): ${result}, ${codes.join(', ')}`];
}

function ballotReason({ body, evidence }: Ballot): string {
  const found = evidence.filter(({ applicable, code }) => applicable && code !== 'none');
  const said = found.flatMap(({ code, reasons }) => [code, ...(reasons ?? [])]).slice(0, REASON_MAX_COUNT);
  const veto = body.veto === null ? '' : `, veto ${body.veto}`;
  return `${body.seat}: ${ballotVote(body)}${veto}${said.length === 0 ? '' : `: ${said.join('; ')}`}`;
}

function meanConfidence(ballots: readonly Ballot[]): number | null {
  const counted = ballots.filter(({ body }) => body.applicable);
  if (counted.length === 0) return null;
  const sum = counted.reduce((total, { body }) => total + body.confidenceBp, 0);
  return Math.round(sum / counted.length) / 10_000;
}
