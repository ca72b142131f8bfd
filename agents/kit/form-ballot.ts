/** One seat's work on one request: evaluators, vote, signature; no actor in it. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotRequest } from '../../contracts/messages/council.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import { isOwnBallot, signBallot } from './ballot-signer.ts';
import type { CastBallots } from './cast-ballots.ts';
import {
  combineEvidence,
  notApplicableVote,
  type CombineOptions,
  type SeatVote,
} from './combine-evidence.ts';
import { reviseVote, weighsIn } from './revise-vote.ts';
import { messageOf, runEvaluators, type EvaluationRun } from './run-evaluators.ts';
import type { SeatPlan } from './seat-plan.ts';
import { within } from './within-budget.ts';

const HALF_BP = 5_000;

/** A ballot, or why there is none (≤ 300 characters). */
export type FormedBallot = { readonly ballot: Ballot } | { readonly refused: string };

/** Forms the ballots of one seat. */
export class BallotMaker {
  readonly #plan: SeatPlan;
  readonly #keys: KeysPort;
  readonly #cast: CastBallots;
  readonly #options: CombineOptions;

  /**
   * @param cast Ballots that the seat remembers signing; a round-1 ballot among them need not be verified
   *   again.
   */
  constructor(plan: SeatPlan, keys: KeysPort, cast: CastBallots) {
    this.#plan = plan;
    this.#keys = keys;
    this.#cast = cast;
    const isRecordMandate = plan.evaluators.some(({ kind }) => kind === 'record');
    this.#options = { calibration: plan.calibration, isRecordMandate };
  }

  /**
   * Ballot for a request; no promise where no evaluator gave one.
   *
   * A `rules`, `model` or `record` evaluator that fails leaves the seat without an approval: what it would
   * have found is unknown, so only a rejection by the others is still a ballot.
   * @throws permission_denied, not_found when the seat's key cannot sign
   */
  form(request: BallotRequest, budget: Budget): FormedBallot | Promise<FormedBallot> {
    return request.round === 1 ? this.#roundOne(request, budget) : this.#roundTwo(request, budget);
  }

  #roundOne(request: BallotRequest, budget: Budget): FormedBallot | Promise<FormedBallot> {
    const applicable = this.#plan.isApplicable(request.decision, budget);
    if (!(applicable instanceof Promise)) return this.#judge(request, budget, applicable);
    return within(applicable, budget).then(
      (known) => this.#judge(request, budget, known),
      (error: unknown) => ({
        refused: `whether it is touched is not known: ${messageOf(error)}`.slice(0, 300),
      }),
    );
  }

  #judge(request: BallotRequest, budget: Budget, applicable: boolean): FormedBallot | Promise<FormedBallot> {
    if (!applicable) return this.#sign(request, notApplicableVote(this.#plan.calibration), []);
    const { decision, attested } = request;
    // Round 1 is sealed: whatever a request carries, no evaluator sees a peer.
    const run = runEvaluators(this.#plan.evaluators, { decision, attested, peers: [] }, budget);
    return run instanceof Promise ? run.then((done) => this.#vote(request, done)) : this.#vote(request, run);
  }

  #vote(request: BallotRequest, { evidence, absent }: EvaluationRun): FormedBallot {
    const vote = combineEvidence(evidence, this.#options);
    if (!vote)
      return { refused: `no evaluator answered: ${absent[0]?.detail ?? 'the seat has none'}`.slice(0, 300) };
    const missing = absent.find(({ advisory }) => !advisory);
    if (missing && vote.scoreBp >= HALF_BP) {
      return { refused: `${missing.evaluator} is absent: ${missing.detail}`.slice(0, 300) };
    }
    return this.#sign(request, vote, evidence);
  }

  #roundTwo(request: BallotRequest, budget: Budget): FormedBallot | Promise<FormedBallot> {
    const { previous } = request;
    if (!previous || !this.#isOwn(request, previous)) {
      return { refused: 'round 2 without the round-1 ballot of this seat' };
    }
    // Only an `llm` may judge otherwise for what peers found; the rest would give the same evidence again.
    const peers = request.peers.filter((peer) => weighsIn(peer, this.#plan.seat));
    const isAskedAgain = previous.body.applicable && peers.length > 0;
    const again = isAskedAgain ? this.#plan.evaluators.filter(({ kind }) => kind === 'llm') : [];
    if (again.length === 0) return this.#revise(request, previous, previous.evidence);
    const { decision, attested } = request;
    const run = runEvaluators(again, { decision, attested, peers }, budget);
    const merged = (done: EvaluationRun): FormedBallot =>
      this.#revise(request, previous, replaced(previous.evidence, done.evidence));
    return run instanceof Promise ? run.then(merged) : merged(run);
  }

  #isOwn(request: BallotRequest, previous: Ballot): boolean {
    const isRemembered = this.#cast.get(request.decision.decisionId, 1) === previous;
    return isRemembered || isOwnBallot(this.#plan, this.#keys, request);
  }

  #revise(request: BallotRequest, previous: Ballot, evidence: readonly Evidence[]): FormedBallot {
    const { seat } = this.#plan;
    const input = { seat, previous: previous.body, evidence, peers: request.peers };
    return {
      ballot: signBallot(this.#plan, this.#keys, request, {
        vote: reviseVote(input, this.#options),
        evidence,
      }),
    };
  }

  #sign(request: BallotRequest, vote: SeatVote, evidence: readonly Evidence[]): FormedBallot {
    const sealed = { ...request, previous: null };
    return { ballot: signBallot(this.#plan, this.#keys, sealed, { vote: { ...vote, cites: [] }, evidence }) };
  }
}

/** Evidence with the newer word of those evaluators that spoke again, in the same order. */
function replaced(evidence: readonly Evidence[], newer: readonly Evidence[]): readonly Evidence[] {
  return evidence.map((one) => newer.find(({ evaluator }) => evaluator === one.evaluator) ?? one);
}
