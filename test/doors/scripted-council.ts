/** Events of a made-up deliberation for tests of doors and pages; signatures are well-formed, not valid. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DecisionEventBody } from '../../contracts/messages/events.ts';
import { DecisionId, Digest, KeyId, SeatId } from '../../contracts/messages/ids.ts';
import type { Tally, Verdict } from '../../contracts/messages/verdict.ts';

const WEIGHTS = {
  guardian: 1_500,
  truth: 1_000,
  justice: 1_000,
  wisdom: 1_200,
  compassion: 800,
  transparency: 800,
  accountability: 1_000,
  privacy: 1_000,
  security: 800,
  alignment: 700,
  governance: 600,
  innovation: 600,
} as const;

const DIGEST = Digest.parse(`sha256:${'ab'.repeat(32)}`);
const SIGNATURE = 'A'.repeat(86);

/** Seats of the script, in order. */
export const SCRIPT_SEATS = Object.keys(WEIGHTS).map((seat) => SeatId.parse(seat));

/** Id of the scripted decision number `index`. */
export function scriptedId(index: number): DecisionId {
  return DecisionId.parse(`d${index.toString(16).padStart(32, '0')}`);
}

/** First events: accepted, two steps, round 1 opened. */
export function openingEvents(type = 'loan'): DecisionEventBody[] {
  const seats = SCRIPT_SEATS.map((seat) => ({
    seat,
    title: seat.charAt(0).toUpperCase() + seat.slice(1),
    mandate: `Looks after what ${seat} is for.`,
    weightBp: WEIGHTS[seat as unknown as keyof typeof WEIGHTS],
    vetoes: seat === 'guardian',
  }));
  const step = { by: 'script', codes: [], elapsedMs: 1.25 };
  return [
    {
      type: 'opened',
      decisionType: type,
      sessionDigest: DIGEST,
      deadlineMs: 5_000,
      statedRisk: null,
      thresholdBp: 7_000,
      quorumBp: 8_500,
      seats,
    },
    { type: 'step', step: { ...step, step: 'policy', result: 'allow', risk: null } },
    { type: 'step', step: { ...step, step: 'checks', result: 'measured', risk: 'high' } },
    { type: 'round-opened', round: 1, seats: SCRIPT_SEATS, budgetMs: 4_000 },
  ];
}

/**
 * Ballot and running tally of the first `count` seats; every fourth rejects, every fifth is not applicable.
 */
export function ballotEvents(decisionId: DecisionId, count: number): DecisionEventBody[] {
  const seat = SCRIPT_SEATS[count - 1]!;
  return [
    { type: 'ballot', round: 1, seat, ballot: scriptedBallot(decisionId, count - 1), elapsedMs: 3 + count },
    { type: 'tally', round: 1, tally: scriptedTally(count) },
  ];
}

function scriptedBallot(decisionId: DecisionId, index: number): Ballot {
  const seat = SCRIPT_SEATS[index]!;
  const applicable = index % 5 !== 4;
  const rejects = applicable && index % 4 === 3;
  return {
    body: {
      decisionId,
      sessionDigest: DIGEST,
      decisionDigest: DIGEST,
      seat,
      round: 1,
      scoreBp: rejects ? 1_000 : 10_000,
      confidenceBp: 9_900 - index * 400,
      applicable,
      veto: null,
      families: ['rules'],
      evaluators: [],
      evidenceDigest: DIGEST,
      previousBallot: null,
      cites: [],
      calibration: 'uncalibrated',
    },
    evidence: [
      {
        evaluator: `${seat}/script@1.0.0#abcdefabcdef`,
        kind: 'rules',
        family: 'rules',
        scoreBp: rejects ? 1_000 : 10_000,
        confidenceBp: 9_000,
        code: rejects ? `${seat}.finding` : 'none',
        spans: [],
        basis: 'content',
        critical: false,
        applicable,
        reasons: rejects ? [`${seat} found <b>something</b> that it must not let pass`] : [],
      },
    ],
    keyId: KeyId.parse('seat#0123456789abcdef'),
    signature: SIGNATURE,
  };
}

function scriptedTally(count: number): Tally {
  const total = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);
  const cast = Object.values(WEIGHTS)
    .slice(0, count)
    .reduce((sum, weight) => sum + weight, 0);
  const valueBp = Math.floor((cast / total) * 7_400);
  const highBp = Math.min(10_000, valueBp + Math.floor(((total - cast) / total) * 10_000));
  return {
    weighted: 1,
    attainable: 2,
    valueBp,
    strictBp: Math.max(0, valueBp - 100),
    strictWeighted: 1,
    rawBp: valueBp,
    confidenceNormalisedBp: 9_000,
    thresholdBp: 7_000,
    quorumBp: 8_500,
    totalWeightBp: total,
    participatingWeightBp: cast,
    reachableBp: [valueBp, highBp],
    ballotCount: count,
    approveCount: count,
    rejectCount: 0,
    notApplicableCount: 0,
    absent: SCRIPT_SEATS.slice(count),
    vetoes: [],
    families: [],
  };
}

/** The verdict of all twelve ballots. */
export function scriptedVerdict(
  decisionId: DecisionId,
  outcome: 'approved' | 'rejected' = 'approved',
): Verdict {
  return {
    body: {
      decisionId,
      decisionDigest: DIGEST,
      sessionDigest: DIGEST,
      outcome,
      heldReason: null,
      decidedBy: 'council',
      risk: 'high',
      rounds: 1,
      tally: scriptedTally(12),
      steps: [],
      ballots: [],
      attempts: 0,
      audience: null,
      alternative: { text: 'Let a person decide.', actions: ['Name the reviewer.'], handOff: null },
      decidedAt: '2026-11-05T10:00:00.000Z',
      notAfter: '2026-11-06T10:00:00.000Z',
    },
    ballots: SCRIPT_SEATS.map((_, index) => scriptedBallot(decisionId, index)),
    keyId: KeyId.parse('node#0123456789abcdef'),
    signature: SIGNATURE,
    record: { logId: 'witan.test/log', index: 12, leafHash: DIGEST, state: 'checkpointed' },
  };
}
