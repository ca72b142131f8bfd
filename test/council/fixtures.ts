/**
 * Ballots and terms for tests of the tally and of what stands on it: the printed roster, and arbitrary
 * councils.
 */
import * as fc from 'fast-check';
import { SEAT_WEIGHTS_BP, VETO_SEATS } from '../../config/roster.ts';
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { DecisionId, Digest, KeyId, SeatId } from '../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';

/** A digest that only has the form of one. */
export const SOME_DIGEST = `sha256:${'0'.repeat(64)}` as Digest;

/** Terms of the printed roster: 12 seats, weights of 110 in all, threshold 0.70, quorum 0.85. */
export function printedTerms(changes: Partial<SessionTerms> = {}): SessionTerms {
  return {
    decisionId: `d${'0'.repeat(32)}` as DecisionId,
    decisionDigest: SOME_DIGEST,
    tenant: 'test',
    roster: Object.entries(SEAT_WEIGHTS_BP).map(([seat, weightBp]) => ({
      seat: seat as SeatId,
      weightBp,
      publicKey: '0'.repeat(64),
      keyId: `seat/${seat}#${'0'.repeat(16)}` as KeyId,
      vetoes: (VETO_SEATS as readonly string[]).includes(seat),
      evaluators: [],
      calibration: 'uncalibrated',
    })),
    thresholdBp: 7_000,
    quorumBp: 8_500,
    maxRounds: 2,
    remoteFamilies: ['provider/'],
    policyRevision: 'test',
    constitutionHash: 'test',
    checks: [],
    ...changes,
  };
}

/** Unsigned ballot; full approval of round 1 on no evidence unless `changes` says otherwise. */
export function ballotOf(seat: string, changes: Partial<BallotBody> = {}, evidence: Evidence[] = []): Ballot {
  const body: BallotBody = {
    decisionId: `d${'0'.repeat(32)}` as DecisionId,
    sessionDigest: SOME_DIGEST,
    decisionDigest: SOME_DIGEST,
    seat: seat as SeatId,
    round: 1,
    scoreBp: 10_000,
    confidenceBp: 10_000,
    applicable: true,
    veto: null,
    families: [],
    evaluators: [],
    evidenceDigest: SOME_DIGEST,
    previousBallot: null,
    cites: [],
    calibration: 'uncalibrated',
    ...changes,
  };
  return { body, evidence, keyId: `seat/${seat}#${'0'.repeat(16)}` as KeyId, signature: 'A'.repeat(86) };
}

/** Evidence of a rules evaluator, approving and without finding unless `changes` says otherwise. */
export function evidenceOf(changes: Partial<Evidence> = {}): Evidence {
  return {
    evaluator: 'test/rules@1.0.0#000000000000',
    kind: 'rules',
    family: 'rules',
    scoreBp: 10_000,
    confidenceBp: 9_000,
    code: 'none',
    reasons: [],
    spans: [],
    basis: 'content',
    critical: false,
    applicable: true,
    ...changes,
  };
}

/** One ballot for each seat of the roster; `changes` by seat, `null` for a seat that is absent. */
export function allBallots(
  terms: SessionTerms,
  common: Partial<BallotBody> = {},
  changes: Readonly<Record<string, Partial<BallotBody> | null>> = {},
): Ballot[] {
  return terms.roster.flatMap(({ seat }) => {
    const change = changes[seat];
    return change === null ? [] : [ballotOf(seat, { ...common, ...change })];
  });
}

const basisPoints = fc.oneof(
  fc.constantFrom(0, 4_999, 5_000, 7_000, 9_999, 10_000),
  fc.integer({ min: 0, max: 10_000 }),
);
const family = fc.constantFrom('rules', 'model/a', 'provider/x/1', 'provider/x/2', 'provider/y/1');

function bodyArbitrary(): fc.Arbitrary<Partial<BallotBody>> {
  return fc.record({
    scoreBp: fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 7_000, max: 10_000 }) },
      { weight: 1, arbitrary: basisPoints },
    ),
    confidenceBp: fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 7_000, max: 10_000 }) },
      { weight: 1, arbitrary: basisPoints },
    ),
    applicable: fc.boolean(),
    veto: fc.oneof(
      { weight: 12, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constant('harm.found') },
    ),
    families: fc.uniqueArray(family, { maxLength: 2 }),
  });
}

/**
 * Arbitrary terms with the ballots of some of the seats, in both rounds; leaning to councils near an
 * approval.
 */
export const council: fc.Arbitrary<{ terms: SessionTerms; ballots: Ballot[]; round: 1 | 2 }> = fc
  .record({
    seats: fc.array(
      fc.record({
        weightBp: fc.oneof(fc.constantFrom(0, 10_000), fc.integer({ min: 0, max: 10_000 })),
        vetoes: fc.oneof(
          { weight: 4, arbitrary: fc.constant(false) },
          { weight: 1, arbitrary: fc.constant(true) },
        ),
        first: fc.option(bodyArbitrary(), { freq: 12, nil: undefined }),
        second: fc.option(bodyArbitrary(), { freq: 12, nil: undefined }),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    thresholdBp: fc.oneof(fc.constant(7_000), basisPoints),
    quorumBp: fc.oneof(fc.constant(8_500), basisPoints),
    tallyForm: fc.constantFrom(
      'raw' as const,
      'weight-normalised' as const,
      'confidence-normalised' as const,
      undefined,
    ),
    remoteFamilies: fc.constantFrom<string[]>([], ['provider/x/'], ['provider/']),
    round: fc.constantFrom(1 as const, 2 as const),
  })
  .map(({ seats, round, tallyForm, ...rules }) => {
    const roster = seats.map(({ weightBp, vetoes }, index) => ({
      ...printedTerms().roster[0]!,
      seat: `seat-${index}` as SeatId,
      weightBp,
      vetoes,
    }));
    const ballots = seats.flatMap(({ first, second }, index) => [
      ...(first ? [ballotOf(`seat-${index}`, { ...first, round: 1 })] : []),
      ...(first && second && round === 2 ? [ballotOf(`seat-${index}`, { ...second, round: 2 })] : []),
    ]);
    return { terms: printedTerms({ roster, ...rules, ...(tallyForm ? { tallyForm } : {}) }), ballots, round };
  });
