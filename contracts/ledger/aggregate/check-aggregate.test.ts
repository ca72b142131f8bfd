/** Aggregates on a record: what is signed, with which keys, and everything that must be refused. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { assert, suite } from '../../../test/harness.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { blsScheme } from '../../../runtime/store/crypto/backends/noble-bls.ts';
import type { Ballot } from '../../messages/ballot.ts';
import type { BallotAggregate, FinalPayload } from '../../messages/final.ts';
import type { ProofKey } from '../../messages/proof.ts';
import type { SessionTerms } from '../../messages/session.ts';
import { toBase64Url, toHex } from '../bytes.ts';
import { Checklist } from '../verification.ts';
import { blsVerifier } from './bls-verifier.ts';
import { aggregateKeysDigest, checkAggregate, roundSigningBytes } from './check-aggregate.ts';

const test = suite('aggregate of a decision', { limitMs: 60_000 });
const crypto = { sha256, verifyEd25519, bls: blsVerifier(bls12_381) };
const scheme = blsScheme();
const SEATS = ['guardian', 'truth', 'justice', 'privacy'] as const;
const seedOf = (seat: string): Uint8Array => sha256(new TextEncoder().encode(seat));
const subject = { decisionId: 'd1', decisionDigest: 'sha256:d', sessionDigest: 'sha256:s', rounds: 1 };
const ballotOf = (seat: string, scoreBp = 9_000): Ballot =>
  ({ body: { seat, scoreBp, round: 1 }, keyId: `seat/${seat}#0` }) as unknown as Ballot;

interface Case {
  readonly seats: readonly string[];
  readonly keys: readonly ProofKey[];
  readonly ballots: readonly Ballot[];
  readonly aggregate: BallotAggregate | undefined;
  /** Digest of the keys as frozen; `undefined` in the record where it is null. */
  readonly frozen: string | null;
}

const keyOf = (seat: string): ProofKey => ({
  keyId: `seat/${seat}#0`,
  purpose: `seat/${seat}`,
  publicKey: '00'.repeat(32),
  state: 'active',
  aggregate: {
    publicKey: toHex(scheme.keyFromSeed(seedOf(seat)).publicKey),
    possession: toHex(scheme.provePossession(seedOf(seat))),
  },
});
const KEYS = SEATS.map(keyOf);
const BALLOTS = SEATS.map((seat) => ballotOf(seat));
const frozenOf = (keys: readonly ProofKey[]): string =>
  aggregateKeysDigest(
    keys.map(({ aggregate }) => aggregate!.publicKey),
    sha256,
  );
const signedBy = (signers: readonly string[], ballots: readonly Ballot[]): BallotAggregate => {
  const message = roundSigningBytes(subject as never, ballots, sha256);
  const signature = toBase64Url(scheme.signTogether(signers.map(seedOf), message));
  return { suite: 'bls12-381-g2-pop', signature };
};
const TOGETHER = signedBy(SEATS, BALLOTS);

/** What a check says: its line, or the field that is wrong. */
function said(change: Partial<Case> = {}): string | undefined {
  const whole: Case = {
    seats: SEATS,
    keys: KEYS,
    ballots: BALLOTS,
    aggregate: TOGETHER,
    frozen: frozenOf(KEYS),
    ...change,
  };
  const roster = whole.seats.map((seat) => ({ seat, keyId: `seat/${seat}#0` }));
  const { frozen: aggregateKeys, aggregate, ballots, keys } = whole;
  const terms = { roster, ...(aggregateKeys !== null && { aggregateKeys }) } as unknown as SessionTerms;
  const final = { body: subject, ballots, aggregate } as unknown as FinalPayload;
  const list = new Checklist();
  const { ok, checked, mismatch } = list.run(() => checkAggregate(list, { terms, final, keys }, crypto));
  assert.ok(ok || mismatch!.check === 'aggregate', 'what fails is named');
  return ok ? checked[0] : mismatch!.field;
}

const SIGNATURE = 'final.aggregate.signature';

test('signing together gives what aggregating each signature gives', () => {
  const message = roundSigningBytes(subject as never, BALLOTS, sha256);
  const each = SEATS.map((seat) => scheme.keyFromSeed(seedOf(seat)).sign(message));
  assert.equal(scheme.signTogether(SEATS.map(seedOf), message), scheme.aggregate(each));
  assert.throws(() => scheme.signTogether([], message));
});

test('the aggregate of the counted seats holds, of all or of those that were there', () => {
  assert.is(said(), 'aggregate');
  const [, ...present] = BALLOTS;
  assert.is(said({ ballots: present, aggregate: signedBy(SEATS.slice(1), present) }), 'aggregate');
});

test('a seat too few or too many, and ballots other than those that were signed', () => {
  assert.is(said({ aggregate: signedBy(SEATS.slice(1), BALLOTS) }), SIGNATURE);
  assert.is(said({ ballots: BALLOTS.slice(1) }), SIGNATURE);
  assert.is(said({ ballots: BALLOTS.slice(1), aggregate: signedBy(SEATS, BALLOTS.slice(1)) }), SIGNATURE);
  const [first, second, ...others] = BALLOTS;
  const swapped = [
    { ...first!, body: { ...second!.body, seat: first!.body.seat } },
    { ...second!, body: { ...first!.body, seat: second!.body.seat, scoreBp: 100 } },
    ...others,
  ];
  assert.is(said({ ballots: swapped }), SIGNATURE);
  assert.is(said({ ballots: [second!, first!, ...others] }), SIGNATURE);
  assert.is(said({ ballots: [first!, first!, second!, ...others] }), SIGNATURE);
  assert.is(said({ ballots: [ballotOf('guardian', 8_999), ...BALLOTS.slice(1)] }), SIGNATURE);
});

test('a signature made for something else is none', () => {
  const plain = scheme.aggregate(
    SEATS.map((seat, at) => scheme.keyFromSeed(seedOf(seat)).sign(new Uint8Array([at]))),
  );
  assert.is(said({ aggregate: { suite: 'bls12-381-g2-pop', signature: toBase64Url(plain) } }), SIGNATURE);
  const nothing = toBase64Url(Uint8Array.of(0xc0, ...new Uint8Array(95)));
  assert.is(said({ aggregate: { suite: 'bls12-381-g2-pop', signature: nothing } }), SIGNATURE);
});

test('keys are those that the session froze, one for each seat, each with its proof', () => {
  const otherwise = [keyOf('stranger'), ...KEYS.slice(1)].map((key, at) => ({
    ...key,
    keyId: KEYS[at]!.keyId,
  }));
  assert.is(said({ keys: otherwise }), 'opened.terms.aggregateKeys');
  assert.is(said({ keys: KEYS.slice(1) }), 'keys.seat/guardian#0.aggregate');
  assert.is(said({ frozen: null }), 'opened.terms.aggregateKeys');
  const shared = KEYS.map((key) => ({ ...key, aggregate: KEYS[0]!.aggregate! }));
  assert.is(said({ keys: shared, frozen: frozenOf(shared) }), 'opened.terms.aggregateKeys');
  const borrowed = KEYS.map((key) => ({
    ...key,
    aggregate: { ...key.aggregate!, possession: KEYS[1]!.aggregate!.possession },
  }));
  assert.is(said({ keys: borrowed }), 'keys.seat/guardian#0.aggregate.possession');
});

test('a rogue key in the roster would sign for all; its missing proof of possession gives it away', () => {
  const { G1 } = bls12_381;
  const own = seedOf('attacker');
  const points = KEYS.slice(0, 3).map(({ aggregate }) => G1.Point.fromHex(aggregate!.publicKey));
  const others = points.reduce((sum, one) => sum.add(one));
  const rogue = G1.Point.fromBytes(scheme.keyFromSeed(own).publicKey).subtract(others).toBytes();
  const message = roundSigningBytes(subject as never, BALLOTS, sha256);
  const signature = scheme.keyFromSeed(own).sign(message);
  const all = [...points.map((point) => point.toBytes()), rogue];
  assert.ok(crypto.bls.verifyTogether(all, message, signature), 'the forged aggregate of all four verifies');
  const possession = toHex(scheme.provePossession(own));
  const keys = [...KEYS.slice(0, 3), { ...KEYS[3]!, aggregate: { publicKey: toHex(rogue), possession } }];
  const aggregate = { suite: 'bls12-381-g2-pop', signature: toBase64Url(signature) } as const;
  assert.is(said({ keys, frozen: frozenOf(keys), aggregate }), 'keys.seat/privacy#0.aggregate.possession');
});

test('a missing one: said why, or promised and not there', () => {
  assert.is(said({ aggregate: { none: 'late' } }), 'no aggregate (late)');
  assert.is(said({ aggregate: undefined }), 'final.aggregate');
  assert.is(said({ aggregate: undefined, ballots: [] }), undefined);
  assert.is(said({ aggregate: undefined, frozen: null }), undefined);
  assert.is(said({ ballots: [] }), SIGNATURE);
});
