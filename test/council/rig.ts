/**
 * A whole council of twelve test seats on a simulated clock: production code but for clock, store and
 * evaluators.
 */
import { createHash } from 'node:crypto';
import { createSeatBehavior, SEAT_MAILBOX, type SeatMailboxMessage } from '../../agents/kit/seat-actor.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import { toHex } from '../../contracts/ledger/bytes.ts';
import type { BallotReply, DeliberationResult, SeatMessage } from '../../contracts/messages/council.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { Evidence, EvaluatorKind } from '../../contracts/messages/evidence.ts';
import type { DecisionId, Digest, KeyId, SeatId } from '../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';
import { createCouncilActor, type CouncilMailboxMessage } from '../../council/deliberation/council-actor.ts';
import type {
  BallotIncident,
  DeliberationOptions,
  SeatRef,
} from '../../council/deliberation/deliberation-options.ts';
import { digestOf, sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import {
  query,
  SimClock,
  spawn,
  spawnStateless,
  start,
  stop,
  type ActorRef,
  type ActorSystem,
} from '../../runtime/kernel/index.ts';
import { evaluatorRef, type EvaluationInput, type Evaluator } from '../../runtime/kernel/ports/evaluator.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { evidenceOf, printedTerms } from './fixtures.ts';

/** What a test seat's one evaluator finds; a promise keeps the seat waiting. */
export type Judge = (
  input: EvaluationInput,
  budget: Budget,
) => Partial<Evidence> | Promise<Partial<Evidence>>;

/** What a seat is sent. */
export type SeatQuestion = SeatMessage<ActorRef<BallotReply>>;

/** How a rig differs from twelve seats that find nothing. */
export interface RigOptions {
  readonly judges?: Readonly<Record<string, Judge>>;
  readonly plans?: Readonly<Record<string, Partial<SeatPlan>>>;
  /** Kind of each seat's evaluator; default `rules`. */
  readonly kinds?: (seat: string) => EvaluatorKind;
  readonly terms?: Partial<SessionTerms>;
  readonly journal?: (clock: SimClock) => JournalPort;
  readonly council?: Partial<DeliberationOptions>;
  /** Makes the seats' keys; another one, other keys (default `council rig`). */
  readonly keySeed?: string;
  /** Rosters that stand in the terms instead of that of this rig's keys: those of a cluster. */
  readonly rosterOf?: (own: SessionTerms['roster']) => SessionTerms['roster'];
}

const REQUEST = { type: 'chat', text: 'May I water the plants on Sunday?' };

/** The council under test and everything that it tells. */
export class CouncilRig {
  readonly clock = new SimClock();
  readonly keys: MemoryKeys;
  readonly events = new MemoryDecisionEvents({ clock: this.clock });
  readonly incidents: BallotIncident[] = [];
  readonly journal: JournalPort;
  readonly system: ActorSystem;
  readonly council: ActorRef<CouncilMailboxMessage>;
  readonly decision: Decision;
  readonly terms: SessionTerms;
  readonly sessionDigest: Digest;
  readonly seats = new Map<string, SeatRef>();
  readonly #options: RigOptions;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.keys = new MemoryKeys({ clock: this.clock, seed: options.keySeed ?? 'council rig' });
    this.journal = options.journal?.(this.clock) ?? new MemoryJournal(this.clock);
    this.system = start({ clock: this.clock });
    this.decision = decisionOf(1);
    this.terms = this.termsOf(this.decision);
    this.sessionDigest = digestOf(this.terms);
    const actor = createCouncilActor({
      seats: (seat) => this.seats.get(seat),
      clock: this.clock,
      events: this.events,
      crypto: { sha256, verifyEd25519 },
      journal: this.journal,
      onIncident: (incident) => this.incidents.push(incident),
      ...options.council,
    });
    this.council = spawn(this.system, actor.behavior, 'council', actor.options);
    for (const { seat } of this.terms.roster) this.spawnSeat(seat);
  }

  /** Terms of a decision: printed roster with the keys and evaluators of the test seats. */
  termsOf(decision: Decision): SessionTerms {
    const base = printedTerms(this.#options.terms);
    const { rosterOf = (own) => own } = this.#options;
    return {
      ...base,
      decisionId: decision.decisionId,
      decisionDigest: decision.digest,
      roster: rosterOf(this.#ownRoster(base)),
    };
  }

  #ownRoster(base: SessionTerms): SessionTerms['roster'] {
    return base.roster.map((frozen) => {
      const key = this.keys.active(`seat/${frozen.seat}`);
      const plan = this.planOf(frozen.seat);
      return {
        ...frozen,
        keyId: key.keyId as KeyId,
        publicKey: toHex(key.publicKey),
        evaluators: plan.evaluators.map(evaluatorRef),
        calibration: plan.calibration.id,
      };
    });
  }

  /** Plan of a test seat. */
  planOf(seat: string): SeatPlan {
    return {
      seat: seat as SeatId,
      title: seat,
      mandate: `Looks after ${seat}.`,
      evaluators: [
        evaluatorOf(seat, this.#options.judges?.[seat] ?? (() => ({})), {
          kind: this.#options.kinds?.(seat) ?? 'rules',
        }),
      ],
      isApplicable: () => true,
      calibration: { id: 'uncalibrated', benignConfidenceBp: 9_000, findingConfidenceBp: {}, vetoCodes: [] },
      ...this.#options.plans?.[seat],
    };
  }

  /** Starts a seat, or starts it again after `kill`. */
  spawnSeat(seat: string): void {
    const behavior = createSeatBehavior({ plan: this.planOf(seat), keys: this.keys, clock: this.clock });
    const ref = spawn<undefined, SeatMailboxMessage>(this.council, behavior, seat, { mailbox: SEAT_MAILBOX });
    this.seats.set(seat, ref as SeatRef);
  }

  /** Puts an actor in front of a seat that decides what reaches it. */
  tap(seat: string, take: (message: SeatQuestion, seat: SeatRef) => void): void {
    const behind = this.seats.get(seat)!;
    const tap = spawnStateless<SeatQuestion>(this.council, (message) => take(message, behind), `tap-${seat}`);
    this.seats.set(seat, tap);
  }

  /** Stops a seat where it stands. */
  async kill(seat: string): Promise<void> {
    const ref = this.seats.get(seat)!;
    this.seats.delete(seat);
    await stop(ref);
  }

  /** Asks the council; the answer settles once time was moved far enough. */
  deliberate(budgetMs = 4_000, decision = this.decision): Promise<DeliberationResult> {
    const terms = this.termsOf(decision);
    const request = {
      type: 'deliberate' as const,
      terms,
      sessionDigest: digestOf(terms),
      decision,
      attested: {},
      budgetMs,
    };
    const asked = query<CouncilMailboxMessage, DeliberationResult>(
      this.council,
      (replyTo) => ({ ...request, replyTo }),
      { timeoutMs: budgetMs + 1_000 },
    );
    // A test that fails before it awaits the answer must fail for its own reason.
    asked.catch(() => undefined);
    return asked;
  }

  /** Moves time in steps of 1 ms at most until `ms` have passed, letting everything settle in between. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    const endMs = this.clock.monotonicMs() + ms;
    for (let due = this.clock.nextDueMs(); due !== undefined && due <= endMs; due = this.clock.nextDueMs()) {
      this.clock.advanceTo(due);
      await this.settle();
    }
    this.clock.advanceTo(endMs);
    await this.settle();
  }

  /** Lets every actor and promise that needs no time run until nothing moves. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) await new Promise((done) => setImmediate(done));
  }

  /** Address of the running session. */
  session(decision = this.decision): ActorRef<unknown> {
    return this.system.resolve(`/council/session/${decision.decisionId}`);
  }

  /** Events of one kind, in order. */
  eventsOf<T extends DecisionEvent['type']>(type: T): Extract<DecisionEvent, { type: T }>[] {
    const all = this.events.history(this.decision.decisionId);
    return all.filter((event): event is Extract<DecisionEvent, { type: T }> => event.type === type);
  }

  /** Stops everything. */
  async end(): Promise<void> {
    const ended = this.system.stop({ graceMs: 0 });
    await this.pass(10_000);
    await ended;
  }
}

/** A decision that differs from others by its number. */
export function decisionOf(number: number): Decision {
  const decisionId = `d${number.toString(16).padStart(32, '0')}` as DecisionId;
  const request = { ...REQUEST, context: { number } };
  return { decisionId, tenant: 'test', digest: digestOf(request), request };
}

/** Evaluator of a test seat: rules by name, judged by `judge`. */
export function evaluatorOf(seat: string, judge: Judge, changes: Partial<Evaluator> = {}): Evaluator {
  const evaluator: Evaluator = {
    id: `${seat}/test`,
    version: '1.0.0',
    digest: createHash('sha256').update(seat).digest('hex'),
    kind: 'rules',
    family: 'rules',
    remote: false,
    evaluate: (input, budget) => {
      const found = judge(input, budget);
      return found instanceof Promise ? found.then(complete) : complete(found);
    },
    ...changes,
  };
  const complete = (found: Partial<Evidence>): Evidence =>
    evidenceOf({
      evaluator: evaluatorRef(evaluator),
      kind: evaluator.kind,
      family: evaluator.family,
      ...found,
    });
  return evaluator;
}

/** Promise with its settlers, for a judge that answers when the test says so. */
export function barrier<T>(): {
  promise: Promise<T>;
  open: (value: T) => void;
  fail: (error: unknown) => void;
} {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
