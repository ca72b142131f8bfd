import * as fc from 'fast-check';
import { combineEvidence } from '../../agents/kit/combine-evidence.ts';
import { reviseVote, type RevisionInput } from '../../agents/kit/revise-vote.ts';
import type { SeatCalibration } from '../../agents/kit/seat-plan.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { Evidence, PeerEvidence } from '../../contracts/messages/evidence.ts';
import { revisionFault } from '../../council/tally/revision-fault.ts';
import { assert, suite } from '../harness.ts';
import { ballotOf, evidenceOf, SOME_DIGEST } from './fixtures.ts';

const test = suite('revision', { limitMs: 30_000 });
const calibration: SeatCalibration = {
  id: 'uncalibrated',
  benignConfidenceBp: 9_500,
  findingConfidenceBp: {},
  vetoCodes: ['guardian.harm'],
};
const options = { calibration, isRecordMandate: false };

function peerOf(seat: string, changes: Partial<PeerEvidence> = {}): PeerEvidence {
  const { evaluator, kind, code, scoreBp, confidenceBp, critical } = evidenceOf();
  return { seat, evaluator, kind, code, scoreBp, confidenceBp, critical, spans: [], ...changes };
}

function roundOne(seat: string, evidence: Evidence[]): Ballot {
  const { families, ...vote } = combineEvidence(evidence, options)!;
  return ballotOf(seat, { ...vote, families: [...families] }, evidence);
}

function revised(evidence: Evidence[], peers: PeerEvidence[], how = options) {
  return reviseVote(
    { seat: 'guardian', previous: roundOne('guardian', evidence).body, evidence, peers },
    how,
  );
}

test('without anything new the vote stays', () => {
  const vote = revised(
    [evidenceOf()],
    [peerOf('truth'), peerOf('truth', { scoreBp: 0, code: 'truth.no-evidence' })],
  );
  assert.equal([vote.scoreBp, vote.confidenceBp, vote.cites], [10_000, 9_500, []]);
});

test('critical evidence of a veto seat pulls the score down by its confidence', () => {
  const critical = { critical: true, vetoes: true, scoreBp: 0, code: 'security.injection' };
  assert.is(
    revised([evidenceOf()], [peerOf('security', { ...critical, confidenceBp: 9_000 })]).scoreBp,
    1_000,
  );
  assert.is(
    revised([evidenceOf()], [peerOf('security', { ...critical, confidenceBp: 5_000 })]).scoreBp,
    5_000,
  );
  assert.is(
    revised([evidenceOf()], [peerOf('security', { ...critical, confidenceBp: 4_999 })]).scoreBp,
    10_000,
  );
});

test('a seat that was not touched weighs critical evidence too', () => {
  const previous = ballotOf('guardian', { applicable: false, confidenceBp: 9_500 }).body;
  const peers = [
    peerOf('security', { critical: true, vetoes: true, scoreBp: 0, code: 'security.injection' }),
  ];
  const vote = reviseVote({ seat: 'guardian', previous, evidence: [], peers }, options);
  assert.equal([vote.applicable, vote.scoreBp], [true, 1_000]);
});

test('a seat that may be absent without holding the decision moves nobody', () => {
  const finding = { scoreBp: 0, code: 'guardian.weapon', confidenceBp: 9_900 };
  assert.is(revised([evidenceOf()], [peerOf('truth', { ...finding, critical: true })]).scoreBp, 10_000);
  assert.is(revised([evidenceOf()], [peerOf('security', { ...finding, vetoes: true })]).scoreBp, 10_000);
});

test('a surer critical finding never leaves more weight behind an approval', () => {
  const weight = (confidenceBp: number): number => {
    const peer = peerOf('security', {
      critical: true,
      vetoes: true,
      scoreBp: 4_000,
      code: 'security.x',
      confidenceBp,
    });
    const vote = revised([evidenceOf()], [peer]);
    return vote.scoreBp >= 5_000 ? vote.scoreBp * vote.confidenceBp : 0;
  };
  for (let confidenceBp = 0; confidenceBp < 10_000; confidenceBp += 100) {
    assert.ok(weight(confidenceBp + 100) <= weight(confidenceBp), `at ${confidenceBp}`);
  }
});

test('a model finding outside the own mandate gives way to the rules of the seat whose mandate it is', () => {
  const model = evidenceOf({ kind: 'model', scoreBp: 1_000, code: 'privacy.email' });
  const vote = revised([evidenceOf(), model], [peerOf('privacy')]);
  assert.equal([vote.scoreBp, vote.confidenceBp, vote.cites], [10_000, 9_000, ['privacy/none']]);
  const stays = (evidence: Evidence, peer: PeerEvidence): void =>
    assert.is(revised([evidence], [peer]).scoreBp, 1_000);
  stays(model, peerOf('truth'));
  stays(model, peerOf('privacy', { kind: 'model' }));
  stays(model, peerOf('privacy', { kind: 'llm' }));
  stays({ ...model, kind: 'rules' }, peerOf('privacy'));
  stays({ ...model, critical: true }, peerOf('privacy'));
});

test('the caller’s word gives way to a record on the same topic', () => {
  const asserted = evidenceOf({ kind: 'record', basis: 'asserted', code: 'transparency.disclosed' });
  const record = peerOf('accountability', { kind: 'record', code: 'transparency.disclosure-on-record' });
  const vote = revised([asserted], [record], { ...options, isRecordMandate: true });
  assert.equal([vote.scoreBp, vote.cites], [10_000, ['accountability/transparency.disclosure-on-record']]);
});

test('a veto stands and keeps the score from rising', () => {
  const model = evidenceOf({ kind: 'model', scoreBp: 0, code: 'guardian.harm' });
  const vote = revised(
    [model, evidenceOf({ kind: 'model', scoreBp: 100, code: 'privacy.email' })],
    [peerOf('privacy')],
  );
  assert.equal([vote.veto, vote.scoreBp], ['guardian.harm', 0]);
});

const bp = fc.integer({ min: 0, max: 10_000 });
const kind = fc.constantFrom('rules' as const, 'model' as const, 'llm' as const, 'record' as const);
const code = fc.constantFrom(
  'none',
  'privacy.email',
  'guardian.harm',
  'guardian.threat',
  'truth.no-evidence',
);
const anyEvidence = fc
  .record({
    scoreBp: bp,
    confidenceBp: bp,
    kind,
    code,
    critical: fc.boolean(),
    applicable: fc.boolean(),
    basis: fc.constantFrom('asserted' as const, 'content' as const),
  })
  .map((changes) => evidenceOf(changes));

test('property: every revision keeps the council’s rules, whatever the evidence', () => {
  let raised = 0;
  fc.assert(
    fc.property(
      fc.array(anyEvidence, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.constantFrom('privacy', 'truth', 'guardian'), anyEvidence), { maxLength: 5 }),
      fc.option(anyEvidence, { nil: undefined }),
      fc.boolean(),
      (own, others, newer, isRecordMandate) => {
        const how = { calibration, isRecordMandate };
        const { families, ...vote } = combineEvidence(own, how)!;
        const previous = ballotOf('guardian', { ...vote, families: [...families] }, own);
        const peers = others.map(([seat, evidence]) =>
          peerOf(seat, { ...evidenceFields(evidence), vetoes: seat === 'privacy' }),
        );
        const evidence = newer ? [newer, ...own.slice(1)] : own;
        const input: RevisionInput = { seat: 'guardian', previous: previous.body, evidence, peers };
        const after = reviseVote(input, how);
        const revisedBallot = ballotOf('guardian', {
          ...after,
          families: [...after.families],
          cites: [...after.cites],
          round: 2,
          previousBallot: SOME_DIGEST,
        });
        const ballots = others
          .filter(([seat]) => seat !== 'guardian')
          .map(([seat, one]) => ballotOf(seat, {}, [one]));
        assert.is(
          revisionFault({ revised: revisedBallot, previous, previousDigest: SOME_DIGEST, roundOne: ballots }),
          null,
        );
        if (after.scoreBp > previous.body.scoreBp) raised += 1;
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(raised > 20, `only ${raised} revisions raised`);
});

function evidenceFields({
  kind: one,
  code: of,
  scoreBp,
  confidenceBp,
  critical,
}: Evidence): Partial<PeerEvidence> {
  return { kind: one, code: of, scoreBp, confidenceBp, critical };
}
