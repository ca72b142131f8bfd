/** One decision from acceptance to its final record: freezes, opens, runs the path, records, answers. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { OpenedPayload, SessionTerms } from '../../../contracts/messages/session.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import type { OwnedBudget } from '../../../runtime/kernel/budget.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { freezeDeep } from '../../../runtime/kernel/frozen.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import type { EarlierAttempts } from './attempts.ts';
import { runPath } from './path/decision-path.ts';
import type { OpenSession } from './path/decision-path.ts';
import type { OrchestratorPorts, SessionSettings } from './ports.ts';
import { aggregateOf } from './record/aggregate-ballots.ts';
import { resumeJob } from './recovery.ts';
import { readEntries, recordOnce } from './record/recorder.ts';
import type { RecorderPorts } from './record/recorder.ts';
import { lostEnd, makeFinal, verdictOf } from './record/verdict-maker.ts';
import type { RecordedEnd } from './record/verdict-maker.ts';
import { within } from '../../../supervisors/within.ts';

/** Time of one append or read where the log is shared, ms: less than a writer needs to be replaced. */
const SHARED_ATTEMPT_MS = 1_000;

/** What a session is started with. */
export interface SessionJob {
  readonly decision: Decision;
  readonly submittedBy: string;
  /** Time that is left of the decision's whole time, ms. */
  readonly budgetMs: number;
  readonly attempts: EarlierAttempts;
  readonly settings: SessionSettings;
  readonly flags: OpenSession['flags'];
  /** The recorded `opened` entry when the session goes on after its node was lost. */
  readonly resumed: OpenedPayload | null;
  /** W3C trace context of the submission; absent where nobody traces. */
  readonly traceparent?: string | undefined;
}

/** What a session tells its owner while it runs. */
export interface SessionListener {
  /** The `opened` entry is durable: the decision is accepted. */
  onAccepted(entry: LedgerEntry): void;
  /** An entry was written; for the index. */
  onRecorded(entry: LedgerEntry): void;
}

/** How a session ended: with the recorded verdict, and whether this session wrote the `opened` entry. */
export interface SessionEnd {
  readonly verdict: Verdict;
  readonly isNew: boolean;
}

/**
 * Runs one session. Nothing is released before its `final` entry is durable, and the answer is that entry.
 * @throws unavailable (outcome unknown; `details.decisionId`), conflict, storage_failed, cancelled (stopped)
 */
export async function runSession(
  job: SessionJob,
  ports: OrchestratorPorts,
  { listener, signal }: { listener: SessionListener; signal: AbortSignal },
): Promise<SessionEnd> {
  const budget = createBudget(ports.clock, job.budgetMs, signal);
  try {
    let own = job;
    let payload = job.resumed ?? (await openedPayload(job, ports, budget));
    const recorder = recorderOf(job, ports, { signal, untilMs: ports.clock.monotonicMs() + job.budgetMs });
    if (!job.resumed) {
      const { decision } = job;
      const input = {
        kind: 'opened',
        tenant: decision.tenant,
        decisionId: decision.decisionId,
        payload,
      } as const;
      const { entry, appended } = await recordOnce(input, recorder);
      if (!appended) {
        const resumed = await resumedHere(decision.decisionId, ports, recorder);
        if (!resumed) return { verdict: await settleLost(decision.decisionId, ports, job), isNew: false };
        own = { ...job, ...resumed };
        payload = resumed.resumed;
      }
      listener.onRecorded(entry);
      listener.onAccepted(entry);
    }
    // Again after a resumption: the stream of the lost node is gone with it.
    publishOpened(payload, ports);
    const decision = asOpened(own.decision, payload);
    const session: OpenSession = { ...own, ...openedParts(payload), decision, budget };
    const end = await runPath(session, ports, (step) => {
      ports.events.publish(decision.decisionId, { type: 'step', step });
    });
    const aggregate = await aggregateOf({ session, ballots: end.ballots, rounds: end.rounds }, ports);
    const ended = aggregate ? { ...end, aggregate } : end;
    const verdict = await recordEnd({ job: own, payload, end: ended }, ports, { listener, recorder });
    return { verdict, isNew: true };
  } finally {
    budget.release();
  }
}

/**
 * Verdict of a decision that has no live session: the recorded one, or `held(session-lost)`, recorded now.
 * @throws not_found when it was never opened, unavailable
 */
export async function settleLost(
  decisionId: DecisionId,
  ports: OrchestratorPorts,
  job: { settings: SessionSettings; onRecorded?: (entry: LedgerEntry) => void },
): Promise<Verdict> {
  const recorder = {
    clock: ports.clock,
    ledger: ports.ledger,
    attemptMs: job.settings.deadlines.appendReserveMs,
  };
  const entries = await readEntries(decisionId, recorder);
  const final = entries.find((entry) => entry.kind === 'final');
  if (final) return verdictOf(final, ports.ledger.logId);
  const opened = entries.find((entry) => entry.kind === 'opened');
  if (!opened) throw new WitanError('not_found', 'there is no such decision', { decisionId });
  const payload = opened.payload as OpenedPayload;
  const subject = subjectOf(payload, payload.retryOf === null ? 0 : 1);
  const validForMs = job.settings.verdict.validForMs;
  const made = makeFinal(subject, lostEnd(payload), { clock: ports.clock, keys: ports.keys, validForMs });
  const input = { kind: 'final', tenant: opened.tenant, decisionId, payload: made } as const;
  const { entry, appended } = await recordOnce(input, recorder);
  const verdict = verdictOf(entry, ports.ledger.logId);
  if (appended) {
    job.onRecorded?.(entry);
    ports.events.publish(decisionId, { type: 'final', verdict });
  }
  return verdict;
}

async function openedPayload(
  job: SessionJob,
  ports: OrchestratorPorts,
  budget: OwnedBudget,
): Promise<OpenedPayload> {
  const { attempts } = job;
  const slice = budget.slice(job.budgetMs, job.settings.deadlines.appendReserveMs);
  const { decision, terms } = await within(slice, async () => {
    const concealed = (await ports.privacy?.conceal(job.decision)) ?? job.decision;
    return { decision: concealed, terms: await ports.freezeTerms(concealed) };
  });
  assertOwnTerms(terms, decision);
  return freezeDeep({
    terms,
    sessionDigest: digestOf(terms),
    request: decision.request,
    statedRisk: decision.request.risk_level ?? null,
    submittedBy: job.submittedBy,
    openedAt: new Date(ports.clock.wallMs()).toISOString(),
    deadlineMs: Math.max(1, Math.ceil(job.budgetMs)),
    retryOf: decision.request.retryOf ?? attempts.latest,
    ...(decision.salt !== undefined && { salt: decision.salt }),
  });
}

/** The decision under the digest that the session froze. */
function asOpened(decision: Decision, { terms, salt }: OpenedPayload): Decision {
  return salt === undefined ? decision : { ...decision, digest: terms.decisionDigest, salt };
}

function assertOwnTerms(terms: SessionTerms, decision: Decision): void {
  const isOwn =
    terms.decisionId === decision.decisionId &&
    terms.decisionDigest === decision.digest &&
    terms.tenant === decision.tenant;
  if (!isOwn) throw new WitanError('internal', 'the frozen terms are those of another decision');
}

function openedParts(payload: OpenedPayload): Pick<OpenSession, 'terms' | 'sessionDigest' | 'statedRisk'> {
  const { terms, sessionDigest, statedRisk } = payload;
  return { terms, sessionDigest, statedRisk };
}

function publishOpened(payload: OpenedPayload, ports: OrchestratorPorts): void {
  const { terms, sessionDigest, request, deadlineMs, statedRisk } = payload;
  ports.events.publish(terms.decisionId, {
    type: 'opened',
    decisionType: request.type,
    sessionDigest,
    deadlineMs,
    statedRisk,
    thresholdBp: terms.thresholdBp,
    quorumBp: terms.quorumBp,
    seats: [...ports.seatCards(terms)],
  });
}

async function recordEnd(
  { job, payload, end }: { job: SessionJob; payload: OpenedPayload; end: RecordedEnd },
  ports: OrchestratorPorts,
  { listener, recorder }: { listener: SessionListener; recorder: RecorderPorts },
): Promise<Verdict> {
  const { decisionId } = payload.terms;
  const maker = { clock: ports.clock, keys: ports.keys, validForMs: job.settings.verdict.validForMs };
  const final = makeFinal(subjectOf(payload, job.attempts.count), end, maker);
  const input = { kind: 'final', tenant: payload.terms.tenant, decisionId, payload: final } as const;
  const { entry, appended } = await recordOnce(input, recorder);
  const verdict = verdictOf(entry, ports.ledger.logId);
  if (appended) listener.onRecorded(entry);
  ports.events.publish(decisionId, { type: 'final', verdict });
  return verdict;
}

function subjectOf(payload: OpenedPayload, attempts: number): Parameters<typeof makeFinal>[0] {
  const { terms, sessionDigest, request } = payload;
  return {
    decisionId: terms.decisionId,
    decisionDigest: terms.decisionDigest,
    sessionDigest,
    audience: request.audience ?? null,
    attempts,
  };
}

/**
 * The decision that another node opened and was lost with: its entry reached the log after this node had read
 * what it took over. Null: it is no longer to be decided here.
 */
async function resumedHere(
  decisionId: DecisionId,
  ports: OrchestratorPorts,
  recorder: RecorderPorts,
): Promise<(SessionJob & { readonly resumed: OpenedPayload }) | null> {
  if (!ports.home?.owns(decisionId)) return null;
  const found = await resumeJob(await readEntries(decisionId, recorder), ports);
  return found?.resumed ? { ...found, resumed: found.resumed } : null;
}

function recorderOf(
  { settings }: SessionJob,
  { clock, ledger, home }: OrchestratorPorts,
  { signal, untilMs }: { readonly signal: AbortSignal; readonly untilMs: number },
): RecorderPorts {
  const { appendReserveMs } = settings.deadlines;
  if (!home) return { clock, ledger, attemptMs: appendReserveMs, signal };
  // The writer may be another node; whoever waits for it is bounded by the decision's own time.
  return { clock, ledger, attemptMs: Math.max(appendReserveMs, SHARED_ATTEMPT_MS), untilMs, signal };
}
