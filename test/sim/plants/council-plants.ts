/** Tallies and questions that break the council's rules. */
import type { CouncilStep } from '../../../agents/platform/orchestrator/ports.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { DeliberationResult } from '../../../contracts/messages/council.ts';
import type { SessionTerms } from '../../../contracts/messages/session.ts';
import { peerEvidenceFor } from '../../../council/deliberation/peer-evidence.ts';
import { decideOutcome } from '../../../council/tally/outcome.ts';
import type { Plant } from './plant.ts';

type Judge = (terms: SessionTerms, ballots: readonly Ballot[], round: number) => 'approved' | 'other';

/** A council whose outcome is the judge's where the judge approves. */
function judgedBy(judge: Judge): NonNullable<Plant['council']> {
  return (inner) => async (request, budget) => {
    const result = await inner(request, budget);
    const words = [...result.superseded, ...result.ballots];
    return judge(request.terms, words, result.rounds) === 'approved' ? approved(result) : result;
  };
}

function approved(result: DeliberationResult): DeliberationResult {
  return result.ballots.length === 0 ? result : { ...result, outcome: 'approved', heldReason: null };
}

function tally(terms: SessionTerms, ballots: readonly Ballot[], round: number): 'approved' | 'other' {
  return decideOutcome(terms, ballots, round).outcome === 'approved' ? 'approved' : 'other';
}

/** Terms under which nobody may veto. */
function withoutVetoes(terms: SessionTerms): SessionTerms {
  return { ...terms, roster: terms.roster.map((seat) => ({ ...seat, vetoes: false })) };
}

/** The mean of the product alone: a surer rejection raises it, and an absent seat does not weigh. */
function productMean(terms: SessionTerms, ballots: readonly Ballot[], round: number): number {
  let sum = 0;
  let weight = 0;
  for (const { seat, weightBp } of terms.roster) {
    const body = ballots.find((one) => one.body.seat === seat && one.body.round === round)?.body;
    if (!body) continue;
    weight += weightBp;
    sum += (weightBp * body.scoreBp * body.confidenceBp) / 10_000;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** Decides by the first ballots that came, whichever they were. */
function firstCome(inner: CouncilStep, ballotsOf: (decisionId: string) => readonly Ballot[]): CouncilStep {
  return async (request, budget) => {
    const result = await inner(request, budget);
    const [first] = ballotsOf(result.decisionId);
    if (!first || result.outcome !== 'rejected') return result;
    return first.body.scoreBp >= 5_000 ? { ...result, outcome: 'held', heldReason: 'undecided' } : result;
  };
}

/** See the head of the file. */
export const COUNCIL_PLANTS: readonly Plant[] = [
  {
    name: 'forgotten-veto',
    breaks: 'approval-is-whole',
    what: 'the tally forgets vetoes and absent veto seats',
    council: judgedBy((terms, ballots, round) => tally(withoutVetoes(terms), ballots, round)),
  },
  {
    name: 'no-quorum',
    breaks: 'approval-is-whole',
    what: 'the tally asks for no quorum and for no veto seat',
    council: judgedBy((terms, ballots, round) =>
      tally({ ...withoutVetoes(terms), quorumBp: 0 }, ballots, round),
    ),
  },
  {
    name: 'low-threshold',
    breaks: 'approved-by-tally',
    what: 'the tally approves below the threshold',
    council: judgedBy((terms, ballots, round) => tally({ ...terms, thresholdBp: 5_000 }, ballots, round)),
  },
  {
    name: 'wrong-sum',
    breaks: 'tally-recomputes',
    what: 'the recorded tally is not what the ballots give',
    council: (inner) => async (request, budget) => {
      const result = await inner(request, budget);
      return { ...result, tally: { ...result.tally, weighted: result.tally.weighted + 1 } };
    },
  },
  {
    name: 'product-mean',
    breaks: 'surer-rejection',
    what: 'the outcome is the mean of score times confidence, without a strict value',
    council: judgedBy((terms, ballots, round) =>
      productMean(terms, ballots, round) >= 7_000 ? 'approved' : 'other',
    ),
  },
  {
    name: 'smaller-denominator',
    breaks: 'lost-seat',
    what: 'an absent seat leaves the sum, the weight and the vetoes',
    council: judgedBy((terms, ballots, round) => {
      const isPresent = (seat: string): boolean =>
        ballots.some(({ body }) => body.seat === seat && body.round === round);
      const roster = withoutVetoes(terms).roster.filter(({ seat }) => isPresent(seat));
      return roster.length === 0 ? 'other' : tally({ ...terms, roster }, ballots, round);
    }),
  },
  {
    name: 'first-come',
    breaks: 'ballot-order',
    what: 'the ballot that comes first decides between rejected and held',
    council: firstCome,
  },
  {
    name: 'open-round-one',
    breaks: 'round-one-sealed',
    what: 'a seat that is asked late in round 1 is shown the ballots before it',
    question: (asked, seen) =>
      asked.round === 1 ? { ...asked, peers: peerEvidenceFor('nobody', seen, { roster: [] }) } : asked,
  },
];
