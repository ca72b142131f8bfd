/** The actor of one connected outside agent, `/council/external/<tenant>.<agent>`: work out, ballots in. */
import { WitanError } from '../../contracts/errors.ts';
import { fromHex } from '../../contracts/ledger/bytes.ts';
import type { LedgerCrypto } from '../../contracts/ledger/crypto.ts';
import { keyIdOf } from '../../contracts/ledger/signing.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DeliberateRequest } from '../../contracts/messages/council.ts';
import type { DecisionId, KeyId, SeatId } from '../../contracts/messages/ids.ts';
import type { FrozenSeat } from '../../contracts/messages/session.ts';
import type { Behavior } from '../../runtime/kernel/actor.ts';
import type { OutsideAgent, OutsideAgentStream } from '../../runtime/kernel/ports/decision/outside-agents.ts';
import type { ActorRef } from '../../runtime/kernel/ref.ts';
import { ballotFault } from '../deliberation/ballot-fault.ts';
import type { OutsideRound } from '../deliberation/deliberation-options.ts';
import { peerEvidenceFor } from '../deliberation/peer-evidence.ts';
import type { AdvisoryBallot } from '../deliberation/session-messages.ts';

/** Decisions that one agent may have open; more are not offered to it. */
export const OPEN_WORK_MAX_COUNT = 256;

/** Messages of an outside agent's actor. */
export type OutsideAgentMessage =
  | { readonly type: 'work'; readonly request: DeliberateRequest; readonly round: OutsideRound }
  | { readonly type: 'cast'; readonly ballot: Ballot; readonly replyTo: ActorRef<CastReply> }
  | { readonly type: 'decline'; readonly decisionId: DecisionId }
  | { readonly type: 'overdue'; readonly decisionId: DecisionId };

/** Answer to a cast ballot; null: it was passed on. */
export interface CastReply {
  readonly error: WitanError | null;
}

/** What the actor is made from. */
export interface OutsideAgentOptions {
  readonly agent: OutsideAgent;
  readonly stream: OutsideAgentStream;
  readonly crypto: LedgerCrypto;
  /** Passes advice on to the council. */
  advise(ballot: AdvisoryBallot): void;
}

interface OpenWork {
  readonly request: DeliberateRequest;
  readonly round: OutsideRound;
  /** The agent's own ballot of round 1, once cast. */
  readonly first: Ballot | null;
  isCast: boolean;
}

/** Behavior of the actor; its open work lives with it and ends with the stream. */
export function createOutsideAgent(options: OutsideAgentOptions): Behavior<undefined, OutsideAgentMessage> {
  const desk = new OutsideDesk(options);
  return function outsideAgent(_state, message, ctx) {
    if (message.type === 'cast') message.replyTo.tell({ error: desk.cast(message.ballot) });
    else if (message.type === 'decline') desk.forget(message.decisionId);
    else if (message.type === 'overdue') desk.overdue(message.decisionId);
    else if (desk.offer(message.request, message.round)) {
      const { decisionId } = message.request.terms;
      ctx.setTimer(`overdue/${decisionId}`, message.round.budgetMs, { type: 'overdue', decisionId });
    }
    return undefined;
  };
}

/** Key id under which an agent's ballots are signed. */
export function outsideKeyId({ agentId, publicKey }: OutsideAgent, crypto: LedgerCrypto): KeyId {
  return keyIdOf(`outside/${agentId}`, fromHex(publicKey), crypto.sha256) as KeyId;
}

class OutsideDesk {
  readonly #options: OutsideAgentOptions;
  readonly #keyId: KeyId;
  readonly #open = new Map<DecisionId, OpenWork>();

  constructor(options: OutsideAgentOptions) {
    this.#options = options;
    this.#keyId = outsideKeyId(options.agent, options.crypto);
  }

  /** Hands work out; false: the agent has no room for it. */
  offer(request: DeliberateRequest, round: OutsideRound): boolean {
    const { agent, stream } = this.#options;
    const { terms, sessionDigest, traceparent } = request;
    // The salt stays here: what an outsider signs is kept sealed as a whole.
    const { salt: _salt, ...decision } = request.decision;
    const known = this.#open.get(terms.decisionId);
    if (!known && this.#open.size >= OPEN_WORK_MAX_COUNT) return false;
    // A session that begins anew asks for round 1 again: nothing was cast in it yet.
    const first = round.round === 2 ? (known?.first ?? null) : null;
    const isTaken = stream.onWork({
      decision,
      round: round.round,
      sessionDigest,
      peers: round.round === 1 ? [] : peerEvidenceFor(agent.agentId, round.roundOne, terms),
      previous: first,
      budgetMs: round.budgetMs,
      ...(traceparent !== undefined && { traceparent }),
    });
    if (isTaken) this.#open.set(terms.decisionId, { request, round, first, isCast: false });
    else this.#open.delete(terms.decisionId);
    return isTaken;
  }

  cast(ballot: Ballot): WitanError | null {
    const { agent, crypto, advise } = this.#options;
    const decisionId = ballot.body?.decisionId;
    const work = this.#open.get(decisionId);
    if (!work) {
      return new WitanError('not_found', 'no ballot on this decision is asked of this agent', {
        path: 'body.decisionId',
        expected: 'a decision that was handed to it and is still open',
      });
    }
    if (work.isCast) return new WitanError('already_exists', 'the agent has cast its ballot of this round');
    const { terms, sessionDigest } = work.request;
    const roster = [this.#asSeat(ballot)];
    const { round, roundOne } = work.round;
    const fault = ballotFault(agent.agentId, ballot, {
      terms: { ...terms, roster },
      sessionDigest,
      round,
      roundOne: work.first ? [...roundOne, work.first] : roundOne,
      crypto,
      isRevoked: () => false,
    });
    if (fault) {
      const code = fault.isFromSeat ? 'invalid_argument' : 'bad_signature';
      return new WitanError(code, fault.reason, { path: 'ballot' });
    }
    work.isCast = true;
    if (round === 1) this.#open.set(decisionId, { ...work, first: ballot, isCast: true });
    advise({ type: 'advisory-ballot', decisionId, agent: agent.agentId, ballot });
    return null;
  }

  forget(decisionId: DecisionId): void {
    this.#open.delete(decisionId);
  }

  /** Its time is over: what was not cast is no longer wanted. */
  overdue(decisionId: DecisionId): void {
    const work = this.#open.get(decisionId);
    if (!this.#open.delete(decisionId) || work?.isCast) return;
    this.#options.stream.onCancel(decisionId);
  }

  /** The agent in the form in which seats are frozen, without weight; what it names of itself it may name. */
  #asSeat({ body }: Ballot): FrozenSeat {
    const { agent } = this.#options;
    return {
      seat: agent.agentId as SeatId,
      weightBp: 0,
      publicKey: agent.publicKey,
      keyId: this.#keyId,
      vetoes: false,
      evaluators: body?.evaluators ?? [],
      calibration: body?.calibration ?? '',
    };
  }
}
