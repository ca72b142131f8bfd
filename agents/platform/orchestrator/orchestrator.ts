/**
 * `/platform/orchestrator`: takes decisions, admits them, starts a session for each, answers from the record.
 *
 *     orchestrator ── decision ── <decisionId> …   one actor per open decision
 *                  ├─ index                        feeds the index from the log
 *                  └─ review                       held decisions and the word of people on them
 */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { decisionDigest } from '../../../contracts/ledger/signing.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { fingerprintOf } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import { query, spawn, spawnStateless } from '../../../runtime/kernel/index.ts';
import type { Credit } from '../../../runtime/kernel/credit-semaphore.ts';
import type { ActorContext, ActorRef, AnyRef, Parent, Signal } from '../../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { AdmissionLimit } from './admission/admission-limit.ts';
import { WaitingRoom } from './admission/waiting-room.ts';
import type { Arrival } from './admission/waiting-room.ts';
import { AttemptMemory } from './attempts.ts';
import type { EarlierAttempts } from './attempts.ts';
import { identify } from './decision-key.ts';
import type { SessionJob } from './decision-session.ts';
import { DecisionMoves, moved } from './decision-moves.ts';
import { LiveDecisions } from './live-decisions.ts';
import type { FeederMessage, FeederReply, OrchestratorMessage, RecoveredState, Submit } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';
import { DecisionReader } from './record/decision-reader.ts';
import { indexFeeder } from './record/index-feeder.ts';
import { BusForwarder } from './record/publisher.ts';
import { recover } from './recovery.ts';
import { reviewDesk } from './review.ts';
import { spawnSession } from './session-actor.ts';
import { Settlement } from './settlement.ts';

/** Settings of the orchestrator's actor. */
export interface OrchestratorOptions {
  /** Messages of callers that may wait (default 1,024); the orchestrator's own have slots of their own. */
  readonly mailboxCapacity?: number;
  /** How often open entries without a session are looked for, ms (default 1,000). */
  readonly sweepEveryMs?: number;
}

type Ctx = ActorContext<OrchestratorMessage>;
type AwaitVerdict = Extract<OrchestratorMessage, { type: 'await-verdict' }>;

const OWN_SLOTS = 65_536;
const RECENT_MAX_COUNT = 128;
const INDEX_SYNC_MS = 60_000;
/** How often the wait for a turn is measured while decisions are open. */
const PROBE_EVERY_MS = 20;
const CALLER_MESSAGES: ReadonlySet<string> = new Set([
  'submit',
  'await-verdict',
  'read',
  'ballot-notice',
  'sweep',
]);

/**
 * Starts `<parent>/orchestrator` and takes over what an earlier run left open before it takes the first
 * decision.
 */
export function spawnOrchestrator(
  parent: Parent,
  ports: OrchestratorPorts,
  { mailboxCapacity = 1_024, sweepEveryMs = 1_000 }: OrchestratorOptions = {},
): ActorRef<OrchestratorMessage> {
  // Known beyond a reset: `afterStop` is not called then, and the former state still owes credits and
  // answers.
  let current: Orchestrator | undefined;
  return spawn<Orchestrator, OrchestratorMessage>(
    parent,
    (state, message, ctx) => state.receive(message, ctx),
    'orchestrator',
    {
      initialStateFunc: (ctx) => {
        current?.end();
        current = new Orchestrator(ports, ctx, sweepEveryMs);
        return current;
      },
      behaviorName: 'orchestrator',
      stateName: (state) => state.name,
      mailbox: {
        capacity: mailboxCapacity + OWN_SLOTS,
        reserved: OWN_SLOTS,
        isReserved: (message) => !CALLER_MESSAGES.has(message.type),
      },
      onSignal: (state, signal) => state.signal(signal),
      afterStop: (state) => state?.end(),
      // Everything that counts is in the log: a fresh state takes it over from there.
      onCrash: () => 'reset',
    },
  );
}

class Orchestrator {
  readonly #ports: OrchestratorPorts;
  readonly #self: ActorRef<OrchestratorMessage>;
  readonly #sweepEveryMs: number;
  readonly #decisions: ActorRef<never>;
  readonly #feeder: ActorRef<FeederMessage>;
  readonly #forwarder: BusForwarder | undefined;
  readonly #stopForwarding: (() => void) | undefined;
  readonly #live = new LiveDecisions();
  /** Actors of sessions that have ended and are not gone yet, with who submits their decision meanwhile. */
  readonly #leaving = new Map<AnyRef, Submit[]>();
  readonly #attempts: AttemptMemory;
  readonly #moves: DecisionMoves;
  readonly #settlement: Settlement;
  readonly #reader: DecisionReader;
  /** Verdicts of the last decisions, for those who ask right after the acceptance. */
  readonly #recent = new Map<DecisionId, { readonly tenant: string; readonly verdict: Verdict }>();
  readonly #admissionLimit: AdmissionLimit;
  readonly #room: WaitingRoom;
  #probeDueMs: number | undefined;
  #isRecovered = false;
  #recoveryDelayMs = 100;

  constructor(ports: OrchestratorPorts, ctx: Ctx, sweepEveryMs: number) {
    this.#ports = ports;
    this.#self = ctx.self;
    this.#sweepEveryMs = sweepEveryMs;
    const { attempts, admission } = ports.settings();
    this.#attempts = new AttemptMemory(attempts);
    const { openDecisionMaxCount: maxCount, waitTargetMs: targetMs } = admission;
    this.#admissionLimit = new AdmissionLimit({ maxCount, targetMs });
    const open = (arrival: Arrival, credit: Credit): void => this.#open(arrival, credit, ctx);
    this.#room = new WaitingRoom({ ...ports, settings: admission, ctx, open });
    this.#room.setCredits(this.#admissionLimit.count);
    this.#decisions = spawnStateless<never>(ctx.self, () => {}, 'decision', {
      behaviorName: 'decision-folder',
    });
    const { behavior, options } = indexFeeder(ports.ledger, ports.index, (entry) =>
      ports.privacy ? ports.privacy.recordedOf(entry) : entry,
    );
    this.#feeder = spawn(ctx.self, behavior, 'index', options);
    const onRecorded = (entry: LedgerEntry): void => this.#feeder.tell({ type: 'entry', entry });
    this.#moves = new DecisionMoves(ports, this.#live);
    const isLive = (id: DecisionId): boolean =>
      this.#live.get(id) !== undefined || this.#moves.isElsewhere(id);
    this.#settlement = new Settlement(ports, isLive, onRecorded);
    this.#reader = new DecisionReader(ports, onRecorded);
    const review = reviewDesk(ports, (entry) => {
      // A review comes after days, or after a restart: the tenant may be forgotten.
      if (entry.decisionId !== undefined) this.#forwarder?.remember(entry.decisionId, entry.tenant);
      onRecorded(entry);
    });
    spawn(ctx.self, review.behavior, 'review', review.options);
    if (ports.bus) {
      this.#forwarder = new BusForwarder(ports.bus, () => ports.flags().busEvents);
      this.#stopForwarding = this.#forwarder.start(ports.events);
    }
    this.#recover(ctx);
  }

  get name(): string {
    return this.#isRecovered ? `${this.#live.size} open` : 'recovering';
  }

  receive(message: OrchestratorMessage, ctx: Ctx): this {
    // Nothing is taken before it is known what is open: the same key must not open a second session.
    if (!this.#isRecovered && CALLER_MESSAGES.has(message.type)) {
      ctx.stash();
      return this;
    }
    switch (message.type) {
      case 'submit':
        this.#submit(message, ctx);
        break;
      case 'await-verdict':
        this.#awaitVerdict(message, ctx);
        break;
      case 'read':
        this.#reader.read(message.decisionId, message, ctx);
        break;
      case 'ballot-notice':
        this.#reader.recordNotice(message, ctx);
        break;
      case 'forget':
        this.#recent.delete(message.decisionId);
        this.#attempts.forget(message.decisionId);
        break;
      case 'sweep':
        if (!message.replyTo) ctx.setTimer('sweep', this.#sweepEveryMs, { type: 'sweep' });
        this.#settlement.lookForOpen(message.replyTo, () => this.#syncIndex(), ctx);
        break;
      case 'probe':
        this.#probed(ctx);
        break;
      case 'take-over':
      case 'open-recovered':
      case 'hand-over':
      case 'let-go':
        this.#move(message, ctx);
        break;
      case 'recovered':
        this.#recovered(message.state, ctx);
        break;
      case 'recovery-failed':
        ctx.log.error('the log cannot be read; trying again', { error: String(message.error) });
        this.#recoveryDelayMs = Math.min(10_000, this.#recoveryDelayMs * 2);
        ctx.setTimer('recover', this.#recoveryDelayMs, { type: 'recover' });
        break;
      case 'recover':
        this.#recover(ctx);
        break;
      case 'session-accepted':
        this.#live.get(message.decisionId)?.accept();
        break;
      case 'session-ended':
        this.#ended(message.decisionId, message.result);
        break;
      case 'session-gone':
        this.#gone(message.session, ctx);
        break;
      case 'open-found':
        this.#settlement.openFound(message.open, message.replyTo, ctx);
        break;
      case 'settled':
        this.#settled(message.decisionId, message.result);
        break;
      case 'done':
        message.finish();
    }
    return this;
  }

  /** Shards of decisions come and go. */
  #move(
    message: Extract<OrchestratorMessage, { type: 'take-over' | 'open-recovered' | 'hand-over' | 'let-go' }>,
    ctx: Ctx,
  ): void {
    switch (message.type) {
      case 'take-over':
        this.#moves.takeOver(message, () => this.#syncIndex(), ctx);
        break;
      case 'open-recovered':
        this.#moves.openRecovered(message, (one) => this.#takeOver(one, ctx));
        break;
      case 'hand-over':
        this.#moves.handOver(message);
        break;
      case 'let-go':
        this.#moves.letGo(message.isIn);
        break;
    }
  }

  signal(signal: Signal): this {
    // Behind what the session said before it went: its last words stand in the mailbox.
    if (signal.kind === 'terminated') {
      this.#self.tell({ type: 'session-gone', session: signal.ref });
    }
    return this;
  }

  end(): void {
    this.#stopForwarding?.();
    this.#room.close();
    this.#live.endAll();
  }

  #submit(message: Submit, ctx: Ctx): void {
    const { request, principal, replyTo, verdictTo } = message;
    const ports = this.#ports;
    try {
      const { random, home } = ports;
      const decision = identify(request, principal.tenant, {
        random,
        isWanted: home && ((id) => home.owns(id)),
      });
      if (this.#moves.isElsewhere(decision.decisionId)) throw moved(decision.decisionId);
      const live = this.#live.get(decision.decisionId);
      const waiting = this.#room.get(decision.decisionId);
      const known = live ?? waiting;
      if (known && known.digest !== decision.digest) throw conflict(decision.decisionId);
      if (live) return live.join(replyTo, verdictTo);
      if (waiting) return this.#room.join(decision.decisionId, message);
      const leaving = this.#leavingOf(decision.decisionId);
      if (leaving) {
        // Its name is still taken: a second actor could not be told from it.
        leaving.push(message);
        return;
      }
      // The envelope is made when it is looked at: only where somebody traces.
      const traceparent = ports.telemetry?.isTracing === true ? ctx.envelope.traceparent : undefined;
      const wholeMs = decision.request.deadlineMs ?? ports.settings().deadlines.decisionMs;
      const budgetMs = Math.min(wholeMs, message.budgetMs ?? wholeMs);
      this.#room.enter({ decision, submits: [message], budgetMs, traceparent });
    } catch (error) {
      replyTo.tell({ type: 'failed', error: toWitanError(error) });
    }
  }

  /** Begins the session of a decision that was let in. */
  #open({ decision, submits, budgetMs, traceparent }: Arrival, credit: Credit, ctx: Ctx): void {
    const ports = this.#ports;
    if (this.#moves.isElsewhere(decision.decisionId)) {
      // Its shard went to another node while it waited; nothing of it was begun here.
      credit.release();
      for (const { replyTo } of submits) replyTo.tell({ type: 'failed', error: moved(decision.decisionId) });
      return;
    }
    this.#probe(ctx);
    const settings = ports.settings();
    const flags = ports.flags();
    const fingerprint = fingerprintOf(decision.request);
    const nowMs = ports.clock.monotonicMs();
    const { retryOf } = decision.request;
    const attempts = flags.attemptLinking
      ? this.#attempts.earlier(decision.tenant, fingerprint, { nowMs, retryOf })
      : NO_ATTEMPTS;
    // Known from now on, so that attempts made at once see each other.
    const isNewAttempt = this.#attempts.remember({
      tenant: decision.tenant,
      decisionId: decision.decisionId,
      fingerprint,
      atMs: nowMs,
    });
    const started = { decision, credit, isAccepted: false, isNewAttempt };
    const live = this.#live.add({ ...started, sinceMs: nowMs, deadlineMs: budgetMs });
    for (const [at, { replyTo, verdictTo }] of submits.entries()) live.join(replyTo, verdictTo, at > 0);
    const submittedBy = submits[0]!.principal.id;
    const opening = { decision, submittedBy, budgetMs, attempts, settings, flags };
    this.#begin({ ...opening, resumed: null, traceparent }, ctx);
  }

  /** Measures how long a message waits for its turn, as long as a decision is open. */
  #probe(ctx: Ctx): void {
    if (this.#probeDueMs !== undefined) return;
    this.#probeDueMs = this.#ports.clock.monotonicMs() + PROBE_EVERY_MS;
    ctx.setTimer('probe', PROBE_EVERY_MS, { type: 'probe' });
  }

  #probed(ctx: Ctx): void {
    const { admission, clock } = this.#ports;
    const waitMs = clock.monotonicMs() - (this.#probeDueMs ?? Infinity);
    this.#probeDueMs = undefined;
    if (this.#admissionLimit.observe(waitMs, admission.inUse)) {
      this.#room.setCredits(this.#admissionLimit.count);
    }
    if (this.#live.size > 0) this.#probe(ctx);
  }

  #begin(job: SessionJob, ctx: Ctx): void {
    const { decisionId, tenant } = job.decision;
    this.#forwarder?.remember(decisionId, tenant);
    const owner = { orchestrator: this.#self, feeder: this.#feeder };
    const session = spawnSession(this.#decisions, job, { owner, ports: this.#ports });
    this.#live.get(decisionId)!.session = session;
    ctx.watch(session);
  }

  #leavingOf(decisionId: DecisionId): Submit[] | undefined {
    for (const [session, submits] of this.#leaving) if (session.name === decisionId) return submits;
    return undefined;
  }

  #ended(
    decisionId: DecisionId,
    result: Extract<OrchestratorMessage, { type: 'session-ended' }>['result'],
  ): void {
    const live = this.#live.take(decisionId);
    if (!live) return;
    this.#moves.answer();
    if (live.session) this.#leaving.set(live.session, []);
    if (result.status === 'fulfilled') {
      const { verdict } = result.value;
      this.#attempts.settle(decisionId, verdict.body.outcome);
      this.#recent.set(decisionId, { tenant: live.tenant, verdict });
      if (this.#recent.size > RECENT_MAX_COUNT) this.#recent.delete(this.#recent.keys().next().value!);
      live.end({ type: 'verdict', verdict });
      return;
    }
    const error = toWitanError(result.reason);
    if (!live.isAccepted && live.isNewAttempt) this.#attempts.forget(decisionId);
    // Accepted, or perhaps accepted: the sweeper finds out and settles it.
    if (live.isAccepted || error.code === 'unavailable') this.#settlement.orphan(live);
    live.end({ type: 'failed', error });
  }

  /** A session's actor is gone: after its last word, or without one, stopped from outside or crashed. */
  #gone(session: AnyRef, ctx: Ctx): void {
    const submits = this.#leaving.get(session);
    this.#leaving.delete(session);
    for (const submit of submits ?? []) this.#submit(submit, ctx);
    const decisionId = session.name as DecisionId;
    const live = this.#live.get(decisionId);
    if (live?.session !== session) return;
    if (this.#moves.isElsewhere(decisionId)) {
      this.#live.take(decisionId)?.end({ type: 'failed', error: moved(decisionId) });
      this.#moves.answer();
      return;
    }
    live.isLost = true;
    this.#settlement.settle(decisionId, ctx);
  }

  #settled(decisionId: DecisionId, result: PromiseSettledResult<Verdict>): void {
    // A session that was started meanwhile ends by itself: its payload may be another than the settled one.
    const live = this.#live.get(decisionId)?.isLost ? this.#live.take(decisionId) : undefined;
    this.#settlement.ended(decisionId, result.status === 'fulfilled');
    if (result.status === 'fulfilled') {
      this.#attempts.settle(decisionId, result.value.body.outcome);
      live?.end({ type: 'verdict', verdict: result.value });
      return;
    }
    const error = toWitanError(result.reason);
    if (error.code === 'not_found') {
      // Never opened: the session was lost before it was accepted, and the caller may simply try again.
      this.#settlement.ended(decisionId, true);
      live?.end({
        type: 'failed',
        error: new WitanError('unavailable', 'the decision was not accepted', { decisionId }),
      });
      return;
    }
    if (live) this.#settlement.orphan(live);
    live?.end({ type: 'failed', error });
  }

  #awaitVerdict({ decisionId, tenant, replyTo }: AwaitVerdict, ctx: Ctx): void {
    const live = this.#live.get(decisionId);
    const recent = this.#recent.get(decisionId);
    if (live?.tenant === tenant) live.awaitVerdict(replyTo);
    else if (recent?.tenant === tenant) replyTo.tell({ type: 'verdict', verdict: recent.verdict });
    else if (this.#moves.isElsewhere(decisionId)) replyTo.tell({ type: 'failed', error: moved(decisionId) });
    else this.#reader.readVerdict(decisionId, { tenant, replyTo }, ctx);
  }

  async #syncIndex(): Promise<boolean> {
    const ask = (replyTo: ActorRef<FeederReply>): FeederMessage => ({ type: 'sync', replyTo });
    return (await query(this.#feeder, ask, { timeoutMs: INDEX_SYNC_MS })).isCurrent;
  }

  #recover(ctx: Ctx): void {
    ctx.pipeToSelf(
      () => recover(this.#ports, () => this.#syncIndex()),
      (result) =>
        result.status === 'fulfilled'
          ? { type: 'recovered', state: result.value }
          : { type: 'recovery-failed', error: result.reason },
    );
  }

  #recovered(state: RecoveredState, ctx: Ctx): void {
    for (const attempt of state.attempts) {
      this.#attempts.remember(attempt);
      if (attempt.outcome !== null) this.#attempts.settle(attempt.decisionId, attempt.outcome);
    }
    this.#isRecovered = true;
    for (const open of state.open) this.#takeOver(open, ctx);
    ctx.unstashAll();
    ctx.setTimer('sweep', this.#sweepEveryMs, { type: 'sweep' });
  }

  /** Goes on with an open decision of an earlier run, or settles it as lost. */
  #takeOver({ open, job }: RecoveredState['open'][number], ctx: Ctx): void {
    const { decisionId, tenant } = open;
    this.#forwarder?.remember(decisionId, tenant);
    if (!job) return this.#settlement.settleOpen(open, ctx);
    // Accepted before: never refused now, with or without a credit.
    const credit = this.#room.tryTake(tenant);
    const sinceMs = this.#ports.clock.monotonicMs();
    // Whoever sends it again is compared by what it says; the recorded digest may have a salt.
    const decision = { ...job.decision, digest: decisionDigest(job.decision.request, sha256) };
    this.#live.add({ decision, credit, isAccepted: true, sinceMs, deadlineMs: job.budgetMs });
    this.#begin(job, ctx);
  }
}

const NO_ATTEMPTS: EarlierAttempts = { count: 0, unapprovedCount: 0, latest: null };

function conflict(decisionId: DecisionId): WitanError {
  return new WitanError('conflict', 'the idempotency key was used with another payload', {
    decisionId,
    path: 'idempotencyKey',
    expected: 'a key of its own for each payload',
  });
}
