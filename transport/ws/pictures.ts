/** What snapshots are made of: the events of one decision that still matter, or the newest decisions. */
import type { DecisionSummary, DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { LiveDecision } from '../../contracts/messages/door/live.ts';
import type { FeedPicture } from './feed.ts';
import { join } from './feed.ts';

/** Parts that the picture of one decision holds at most; two rounds of 64 seats fit several times. */
const PART_MAX_COUNT = 1_024;

/**
 * Events of one decision without those that later ones replace (an older tally, a seat that thought before it
 * voted): folding what is left gives the same picture.
 */
export class DecisionPicture implements FeedPicture {
  /** By what a later event of the same key replaces; oldest first. */
  readonly #parts = new Map<string, Buffer>();
  #view: Buffer = NONE;

  fold(event: DecisionEvent, bytes: Buffer): void {
    const key = replacedBy(event);
    this.#parts.delete(key);
    this.#parts.set(key, bytes);
    if (this.#parts.size > PART_MAX_COUNT) this.#parts.delete(this.#parts.keys().next().value!);
  }

  /** The decision as recorded; its stream has left memory. */
  show(view: DecisionView): void {
    this.#view = Buffer.from(JSON.stringify(view));
  }

  write(): readonly Buffer[] {
    return [join('"events":[', [...this.#parts.values()], '],"view":'), this.#view, NO_DECISIONS];
  }
}

const NONE = Buffer.from('null');
const NO_DECISIONS = Buffer.from(',"decisions":[]');

function replacedBy(event: DecisionEvent): string {
  switch (event.type) {
    case 'tally':
      return 'tally';
    case 'step':
      return `step/${event.step.step}/${event.step.by}`;
    case 'seat-thinking':
    case 'ballot':
    case 'seat-absent':
      return `seat/${event.round}/${event.seat}`;
    case 'seat-restarted':
      return `restarted/${event.seat}`;
    case 'ballot-refused':
    case 'late-ballot':
      return `${event.type}/${event.round}/${event.seat}`;
    case 'advisory-ballot':
      return `advice/${event.round}/${event.agent}`;
    default:
      return `${event.type}/${event.sequence}`;
  }
}

/** The newest decisions of a tenant, one line each, oldest first. */
export class TenantPicture implements FeedPicture {
  readonly #maxCount: number;
  readonly #decisions = new Map<DecisionId, LiveDecision>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  fold(event: DecisionEvent): void {
    const known = this.#decisions.get(event.decisionId) ?? unknownDecision(event.decisionId);
    this.#put({ ...known, ...changeOf(event, known), sequence: event.sequence });
  }

  /** Decisions known from the index, newest first; what events have told already stays. */
  seed(summaries: readonly DecisionSummary[]): void {
    const told = new Map(this.#decisions);
    this.#decisions.clear();
    for (const { decisionId, type, outcome, heldReason, valueBp } of [...summaries].reverse()) {
      const known = told.get(decisionId) ?? unknownDecision(decisionId);
      this.#put({
        ...known,
        decisionType: type,
        outcome: outcome ?? known.outcome,
        heldReason: heldReason ?? known.heldReason,
        valueBp: valueBp ?? known.valueBp,
      });
      told.delete(decisionId);
    }
    for (const decision of told.values()) this.#put(decision);
  }

  write(): readonly Buffer[] {
    const lines = [...this.#decisions.values()].map((decision) => Buffer.from(JSON.stringify(decision)));
    return [join('"events":[],"view":null,"decisions":[', lines, ']')];
  }

  #put(decision: LiveDecision): void {
    this.#decisions.delete(decision.decisionId);
    this.#decisions.set(decision.decisionId, decision);
    if (this.#decisions.size > this.#maxCount) this.#decisions.delete(this.#decisions.keys().next().value!);
  }
}

function unknownDecision(decisionId: DecisionId): LiveDecision {
  return {
    decisionId,
    decisionType: null,
    sequence: 0,
    round: 0,
    ballotCount: 0,
    valueBp: null,
    outcome: null,
    heldReason: null,
  };
}

function changeOf(event: DecisionEvent, known: LiveDecision): Partial<LiveDecision> {
  switch (event.type) {
    case 'opened':
      return { decisionType: event.decisionType };
    case 'round-opened':
      return { round: event.round };
    case 'ballot':
      return { ballotCount: known.ballotCount + 1 };
    case 'tally':
      return { valueBp: event.tally.valueBp, ballotCount: event.tally.ballotCount };
    case 'final': {
      const { outcome, heldReason, tally } = event.verdict.body;
      return { outcome, heldReason, valueBp: tally?.valueBp ?? known.valueBp };
    }
    default:
      return {};
  }
}
