import { assert, suite } from '../../test/harness.ts';
import { digestOf, sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import type { Ballot, BallotBody } from '../messages/ballot.ts';
import type { DecisionId, Digest, KeyId, SeatId } from '../messages/ids.ts';
import type { ProofKey } from '../messages/proof.ts';
import type { FrozenSeat, OpenedPayload } from '../messages/session.ts';
import { toBase64Url, toHex } from './bytes.ts';
import {
  ballotDigest,
  ballotSigningBytes,
  decisionDigest,
  decisionIdOf,
  evidenceDigest,
  verdictSigningBytes,
} from './signing.ts';
import { verifySignatures, type SignedRecord } from './verify-signatures.ts';

const test = suite('verification of ballots and verdict');
const crypto = { sha256, verifyEd25519 };
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const SEATS = ['guardian', 'truth', 'justice'] as const;
const EVALUATOR = 'test/rules@1.0.0#0123456789ab';
const keys = new MemoryKeys({ clock, seed: 'signatures' });
const keyOf = (seat: string) => keys.active(`seat/${seat}`);

function openedPayload(): OpenedPayload {
  const request = { type: 'chat', text: 'hello', idempotencyKey: 'k' } as OpenedPayload['request'];
  const terms: OpenedPayload['terms'] = {
    decisionId: decisionIdOf('acme', 'k', sha256),
    decisionDigest: decisionDigest(request, sha256),
    tenant: 'acme',
    roster: SEATS.map((seat) => ({
      seat: seat as SeatId,
      weightBp: 1_000,
      publicKey: toHex(keyOf(seat).publicKey),
      keyId: keyOf(seat).keyId as KeyId,
      vetoes: false,
      evaluators: [EVALUATOR],
      calibration: 'uncalibrated',
    })),
    thresholdBp: 7_000,
    quorumBp: 8_500,
    maxRounds: 2,
    remoteFamilies: [],
    policyRevision: 'p1',
    constitutionHash: 'c1',
    checks: [],
  };
  return {
    terms,
    sessionDigest: digestOf(terms),
    request,
    statedRisk: null,
    submittedBy: 'local',
    openedAt: '2027-01-15T08:00:00.000Z',
    deadlineMs: 5_000,
    retryOf: null,
  };
}

function signedBallot(opened: OpenedPayload, seat: string, changes: Partial<BallotBody> = {}): Ballot {
  const body: BallotBody = {
    decisionId: opened.terms.decisionId,
    sessionDigest: opened.sessionDigest,
    decisionDigest: opened.terms.decisionDigest,
    seat: seat as SeatId,
    round: 1,
    scoreBp: 9_000,
    confidenceBp: 9_000,
    applicable: true,
    veto: null,
    families: ['rules'],
    evaluators: [EVALUATOR],
    evidenceDigest: evidenceDigest([], sha256),
    previousBallot: null,
    cites: [],
    calibration: 'uncalibrated',
    ...changes,
  };
  const { keyId } = keyOf(seat);
  return {
    body,
    evidence: [],
    keyId: keyId as KeyId,
    signature: toBase64Url(keys.sign(keyId, ballotSigningBytes(body))),
  };
}

/** Record in which truth voted again in round 2; `adjust` may change ballots before the verdict is signed. */
function record(
  adjust: (ballots: Ballot[], superseded: Ballot[], opened: OpenedPayload) => void = () => {},
): SignedRecord {
  const opened = openedPayload();
  const first = signedBallot(opened, 'truth');
  const previousBallot = ballotDigest(first.body, sha256);
  const second = signedBallot(opened, 'truth', { round: 2, scoreBp: 5_000, previousBallot });
  const ballots = [signedBallot(opened, 'guardian'), second, signedBallot(opened, 'justice')];
  const superseded = [first];
  adjust(ballots, superseded, opened);
  const body: SignedRecord['final']['body'] = {
    decisionId: opened.terms.decisionId,
    decisionDigest: opened.terms.decisionDigest,
    sessionDigest: opened.sessionDigest,
    outcome: 'held',
    heldReason: 'undecided',
    decidedBy: 'council',
    risk: 'low',
    rounds: 2,
    tally: null,
    steps: [],
    ballots: ballots.map((ballot) => ballotDigest(ballot.body, sha256)),
    alternative: null,
    audience: null,
    decidedAt: '2027-01-15T08:00:01.000Z',
    notAfter: '2027-01-16T08:00:01.000Z',
    attempts: 0,
  };
  const { keyId } = keys.active('node');
  const signature = toBase64Url(keys.sign(keyId, verdictSigningBytes(body)));
  return {
    opened,
    final: { body, ballots, superseded, keyId: keyId as KeyId, signature },
    keys: proofKeys(),
  };
}

function proofKeys(): ProofKey[] {
  keys.active('node');
  return keys
    .list()
    .map(({ keyId, purpose, publicKey, state }) => ({ keyId, purpose, publicKey: toHex(publicKey), state }));
}

const found = (signed: SignedRecord): (string | undefined)[] => {
  const { mismatch } = verifySignatures(signed, crypto);
  return [mismatch?.check, mismatch?.field];
};

test('a genuine record verifies, ballot by ballot', () => {
  const { ok, checked, mismatch } = verifySignatures(
    JSON.parse(JSON.stringify(record())) as SignedRecord,
    crypto,
  );
  assert.is(mismatch, null);
  assert.ok(ok);
  const ballots = ['ballot truth/1', 'ballot guardian/1', 'ballot truth/2', 'ballot justice/1'];
  assert.equal(checked, [
    'form',
    'decision-digest',
    'session-digest',
    'roster',
    'ballot-list',
    ...ballots,
    'verdict',
  ]);
});

test('a ballot of the same seat on another node counts under a frozen key of it, and under no other', () => {
  const others = new MemoryKeys({ clock, seed: 'another node' });
  const signedElsewhere = (freeze: (frozen: FrozenSeat) => FrozenSeat): SignedRecord => {
    const key = others.active('seat/justice');
    return record((ballots, superseded, opened) => {
      Object.assign(opened.terms, { roster: opened.terms.roster.map(freeze) });
      Object.assign(opened, { sessionDigest: digestOf(opened.terms) });
      superseded.splice(0, 1, signedBallot(opened, 'truth'));
      const previousBallot = ballotDigest(superseded[0]!.body, sha256);
      const own = [
        signedBallot(opened, 'guardian'),
        signedBallot(opened, 'truth', { round: 2, previousBallot }),
      ];
      const { body } = signedBallot(opened, 'justice');
      const signature = toBase64Url(others.sign(key.keyId, ballotSigningBytes(body)));
      ballots.splice(0, 3, ...own, { body, evidence: [], keyId: key.keyId as KeyId, signature });
    });
  };
  const { keyId, publicKey } = others.active('seat/justice');
  const otherKeys = [{ keyId: keyId as KeyId, publicKey: toHex(publicKey) }];
  const listed = (frozen: FrozenSeat): FrozenSeat =>
    frozen.seat === 'justice' ? { ...frozen, otherKeys } : frozen;
  assert.is(verifySignatures(signedElsewhere(listed), crypto).mismatch, null);
  assert.equal(found(signedElsewhere((frozen) => frozen)), ['ballot justice/1', 'ballots.2.keyId']);
  const elsewhere = signedElsewhere((frozen) =>
    frozen.seat === 'truth' ? { ...frozen, otherKeys } : frozen,
  );
  assert.equal(found(elsewhere), ['ballot justice/1', 'ballots.2.keyId'], 'a key of another seat');
  const named = keyOf('truth').publicKey;
  const wrong = [{ keyId: keyId as KeyId, publicKey: toHex(named) }];
  const misnamed = signedElsewhere((frozen) => ({ ...frozen, otherKeys: wrong }));
  assert.equal(found(misnamed), ['roster', 'opened.terms.roster.0.otherKeys.0.keyId']);
  const revoked = signedElsewhere(listed);
  const key: ProofKey = { keyId: keyId as KeyId, purpose: 'seat/justice', publicKey: '', state: 'revoked' };
  assert.equal(found({ ...revoked, keys: [...revoked.keys, key] }), ['ballot justice/1', 'ballots.2.keyId']);
});

test('an end without a council verifies', () => {
  const signed = record((ballots, superseded) => {
    ballots.length = 0;
    superseded.length = 0;
  });
  assert.ok(verifySignatures(signed, crypto).ok);
});

test('changes after signing are named', () => {
  const changed = (change: (signed: SignedRecord) => unknown): (string | undefined)[] => {
    const signed = structuredClone(record());
    change(signed);
    return found(signed);
  };
  assert.equal(
    changed((signed) => 'request' in signed.opened && (signed.opened.request.text = 'bye')),
    ['decision-digest', 'opened.terms.decisionDigest'],
  );
  assert.equal(
    changed((signed) => (signed.opened.terms.thresholdBp = 1)),
    ['session-digest', 'opened.sessionDigest'],
  );
  assert.equal(
    changed((signed) => (signed.final.ballots[0]!.body.scoreBp = 1)),
    ['ballot-list', 'final.body.ballots'],
  );
  assert.equal(
    changed((signed) => (signed.final.body.outcome = 'approved')),
    ['verdict', 'final.signature'],
  );
  assert.equal(
    changed((signed) => (signed.final.body.sessionDigest = `sha256:${'0'.repeat(64)}` as Digest)),
    ['session-digest', 'final.body.sessionDigest'],
  );
  assert.equal(
    changed((signed) => (signed.final.superseded[0]!.body.scoreBp = 1)),
    ['ballot truth/1', 'superseded.0.signature'],
  );
  assert.equal(
    changed((signed) => void ((signed.final as unknown as { extra: number }).extra = 1)),
    ['form', 'final'],
  );
});

test('ballots that the node put in by itself are named', () => {
  const resigned = (ballot: Ballot, changes: Partial<BallotBody>, by = 'node'): Ballot => {
    const body = { ...ballot.body, ...changes };
    return {
      ...ballot,
      body,
      signature: toBase64Url(keys.sign(keys.active(by).keyId, ballotSigningBytes(body))),
    };
  };
  const put = (make: (ballot: Ballot, opened: OpenedPayload) => Ballot, at = 0): (string | undefined)[] =>
    found(record((ballots, _superseded, opened) => void (ballots[at] = make(ballots[at]!, opened))));
  assert.equal(
    put((ballot) => resigned(ballot, { scoreBp: 10_000 })),
    ['ballot guardian/1', 'ballots.0.signature'],
  );
  const foreign = { decisionId: `d${'0'.repeat(32)}` as DecisionId };
  assert.equal(
    put((_, opened) => signedBallot(opened, 'guardian', foreign)),
    ['ballot guardian/1', 'ballots.0.body.decisionId'],
  );
  const other = { sessionDigest: `sha256:${'0'.repeat(64)}` as Digest };
  assert.equal(
    put((_, opened) => signedBallot(opened, 'guardian', other)),
    ['ballot guardian/1', 'ballots.0.body.sessionDigest'],
  );
  const unfrozen = { evaluators: ['other/rules@1.0.0#0123456789ab'] };
  assert.equal(
    put((_, opened) => signedBallot(opened, 'guardian', unfrozen)),
    ['ballot guardian/1', 'ballots.0.body.evaluators'],
  );
  assert.equal(
    put((ballot) => ({ ...ballot, keyId: keyOf('truth').keyId as KeyId })),
    ['ballot guardian/1', 'ballots.0.keyId'],
  );
  assert.equal(
    put((_, opened) => signedBallot(opened, 'wisdom')),
    ['ballot-list', 'ballots.0.body.seat'],
  );
  assert.equal(
    put((_, opened) => signedBallot(opened, 'truth')),
    ['ballot-list', 'ballots.1.body.seat'],
  );
});

test('evidence is bound to its ballot', () => {
  const signed = structuredClone(record());
  signed.final.ballots[2]!.evidence.push({
    evaluator: EVALUATOR,
    kind: 'rules',
    family: 'rules',
    scoreBp: 0,
    confidenceBp: 0,
    code: 'planted',
    reasons: [],
    spans: [],
    basis: 'content',
    critical: true,
    applicable: true,
  });
  assert.equal(found(signed), ['ballot justice/1', 'ballots.2.body.evidenceDigest']);
});

test('a revision without its first ballot, and a first ballot without revision, are named', () => {
  assert.equal(found(record((_, superseded) => void superseded.pop())), [
    'ballot truth/2',
    'ballots.1.body.previousBallot',
  ]);
  const doubled = record((_, superseded) => void superseded.push(superseded[0]!));
  assert.equal(found(doubled), ['ballot-list', 'superseded.1']);
  const kept = record((ballots, superseded) => void superseded.push(ballots[0]!));
  assert.equal(found(kept), ['ballot-list', 'superseded.1']);
});

test('a revoked key no longer speaks: for a seat, and for the node', () => {
  const signed = record();
  const revoke = (keyId: string): SignedRecord => ({
    ...signed,
    keys: signed.keys.map((key) => (key.keyId === keyId ? { ...key, state: 'revoked' as const } : key)),
  });
  assert.equal(found(revoke(keyOf('justice').keyId)), ['ballot justice/1', 'ballots.2.keyId']);
  assert.equal(found(revoke(signed.final.keyId)), ['verdict', 'final.keyId']);
  assert.equal(found({ ...signed, keys: [] }), ['verdict', 'final.keyId']);
});

test('a key under the name of another is named', () => {
  const signed = structuredClone(record());
  const node = signed.keys.find((key) => key.keyId === signed.final.keyId)!;
  node.publicKey = toHex(keyOf('truth').publicKey);
  assert.equal(found(signed), ['verdict', 'final.keyId']);
});
