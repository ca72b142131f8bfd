/** Checks that a recorded verdict is what the frozen roster's seats and the node signed. */
import type { Ballot } from '../messages/ballot.ts';
import { FinalPayload } from '../messages/final.ts';
import type { ProofKey } from '../messages/proof.ts';
import { RecordedOpened, type DecisionDisclosure } from '../messages/privacy/sealed-record.ts';
import { frozenKeyOf, frozenKeysOf } from '../messages/session.ts';
import type { FrozenSeat } from '../messages/session.ts';
import { checkAggregate } from './aggregate/check-aggregate.ts';
import { fromBase64Url, fromHex, toHex } from './bytes.ts';
import type { LedgerCrypto } from './crypto.ts';
import {
  ballotDigest,
  ballotSigningBytes,
  decisionDigest,
  evidenceDigest,
  sessionDigest,
  verdictSigningBytes,
} from './signing.ts';
import { Checklist, type Verification } from './verification.ts';

/** What {@link verifySignatures} reads: both payloads come from proven entries of one decision. */
export interface SignedRecord {
  readonly opened: RecordedOpened;
  readonly final: FinalPayload;
  /** What the record seals; where it is absent, digests of sealed parts are taken as they were signed. */
  readonly disclosure?: DecisionDisclosure | undefined;
  /** Keys of the proof: the node's key by id, and which keys are revoked. */
  readonly keys: readonly ProofKey[];
}

/**
 * Checks digests, ballots and the verdict's signature of one decision. The tally is not recomputed here.
 *
 * Seat keys come from the `opened` entry; a ballot counts once per seat, is bound to decision, session and
 * evidence, and names its predecessor. A key that `keys` calls revoked no longer speaks. Never throws.
 */
export function verifySignatures(record: SignedRecord, crypto: LedgerCrypto): Verification {
  const list = new Checklist();
  return list.run(() => {
    checkForm(list, record);
    checkDigests(list, record, crypto);
    checkBallotList(list, record, crypto);
    const { ballots, superseded } = record.final;
    superseded.forEach((ballot, at) =>
      checkBallot(list, { ballot, field: `superseded.${at}`, place: ballots.length + at, record, crypto }),
    );
    ballots.forEach((ballot, at) =>
      checkBallot(list, { ballot, field: `ballots.${at}`, place: at, record, crypto }),
    );
    const { opened, final, keys } = record;
    checkAggregate(list, { terms: opened.terms, final, keys }, crypto);
    checkVerdict(list, record, crypto);
  });
}

function checkForm(list: Checklist, { opened, final }: SignedRecord): void {
  list.begin('form');
  const parts = { opened: RecordedOpened.safeParse(opened), final: FinalPayload.safeParse(final) };
  for (const [name, { error }] of Object.entries(parts)) {
    const issue = error?.issues[0];
    const field = [name, ...(issue?.path ?? [])].join('.');
    list.holds(!issue, {
      field,
      expected: `the payload of an entry of kind ${name}`,
      actual: issue?.message ?? '',
    });
  }
}

/** The request and its salt, as the record or the disclosure has them; undefined: they are sealed. */
function inputOf({ opened, disclosure }: SignedRecord): Pick<DecisionDisclosure, 'request'> | undefined {
  return 'request' in opened ? opened : disclosure;
}

function checkDigests(list: Checklist, record: SignedRecord, { sha256 }: LedgerCrypto): void {
  const { opened, final, disclosure } = record;
  const { terms } = opened;
  list.begin('decision-digest');
  const input = inputOf(record);
  const salt = 'request' in opened ? opened.salt : disclosure?.salt;
  if (input) {
    const digest = decisionDigest(input.request, sha256, salt);
    list.equal('opened.terms.decisionDigest', digest, terms.decisionDigest);
  }
  list.equal('final.body.decisionId', terms.decisionId, final.body.decisionId);
  list.equal('final.body.decisionDigest', terms.decisionDigest, final.body.decisionDigest);
  list.begin('session-digest');
  list.equal('opened.sessionDigest', sessionDigest(terms, sha256), opened.sessionDigest);
  list.equal('final.body.sessionDigest', opened.sessionDigest, final.body.sessionDigest);
  list.begin('roster');
  const seats = new Set<string>();
  terms.roster.forEach((frozen, at) => {
    const field = `opened.terms.roster.${at}`;
    list.holds(!seats.has(frozen.seat), {
      field: `${field}.seat`,
      expected: 'each seat once',
      actual: frozen.seat,
    });
    seats.add(frozen.seat);
    list.equal(`${field}.keyId`, hashPart(frozen.keyId), keyDigits(frozen.publicKey, { sha256 }));
    frozen.otherKeys?.forEach(({ keyId, publicKey }, other) => {
      const digits = keyDigits(publicKey, { sha256 });
      list.equal(`${field}.otherKeys.${other}.keyId`, hashPart(keyId), digits);
    });
  });
}

function checkBallotList(list: Checklist, { opened, final }: SignedRecord, { sha256 }: LedgerCrypto): void {
  list.begin('ballot-list');
  const { body, ballots, superseded } = final;
  const digests = ballots.map((ballot) => ballotDigest(ballot.body, sha256));
  list.equal('final.body.ballots', body.ballots.join(' '), digests.join(' '));
  const order = opened.terms.roster.map((frozen) => frozen.seat as string);
  let last = -1;
  ballots.forEach((ballot, at) => {
    const place = order.indexOf(ballot.body.seat);
    const field = `ballots.${at}.body.seat`;
    list.holds(place >= 0, { field, expected: 'a seat of the roster', actual: ballot.body.seat });
    list.holds(place > last, {
      field,
      expected: 'each seat once, in roster order',
      actual: ballot.body.seat,
    });
    last = place;
  });
  const replaced = new Set(
    ballots.filter((ballot) => ballot.body.round === 2).map((ballot) => ballot.body.seat),
  );
  superseded.forEach((ballot, at) => {
    const known = ballot.body.round === 1 && replaced.delete(ballot.body.seat);
    const expected = 'the round-1 ballot of a seat that voted in round 2, once';
    list.holds(known, {
      field: `superseded.${at}`,
      expected,
      actual: `${ballot.body.seat}, round ${ballot.body.round}`,
    });
  });
}

interface BallotCheck {
  readonly ballot: Ballot;
  readonly field: string;
  /** Place among the counted ballots, then the superseded ones. */
  readonly place: number;
  readonly record: SignedRecord;
  readonly crypto: LedgerCrypto;
}

/** A disclosure says again what the record holds without its prose: what it adds must fit the signed digest. */
function checkEvidence(list: Checklist, { ballot, field, place, record, crypto }: BallotCheck): void {
  const { opened, disclosure } = record;
  const isSealed = !('request' in opened);
  const salt = isSealed ? disclosure?.salt : opened.salt;
  if (isSealed && salt === undefined) return;
  const prose = isSealed ? disclosure?.evidence[place]?.items : undefined;
  const evidence = ballot.evidence.map((one, at) => ({ ...one, ...prose?.[at] }));
  const digest = evidenceDigest(evidence, crypto.sha256, salt);
  list.equal(`${field}.body.evidenceDigest`, digest, ballot.body.evidenceDigest);
}

function checkBallot(list: Checklist, check: BallotCheck): void {
  const { ballot, field, record, crypto } = check;
  const { body } = ballot;
  const { opened, final } = record;
  list.begin(`ballot ${body.seat}/${body.round}`);
  const seat = opened.terms.roster.find((frozen) => frozen.seat === body.seat) as FrozenSeat;
  const publicKey = frozenKeyOf(seat, ballot.keyId);
  const expected = frozenKeysOf(seat)
    .map(({ keyId }) => keyId)
    .join(' or ');
  list.holds(publicKey !== undefined, { field: `${field}.keyId`, expected, actual: ballot.keyId });
  checkNotRevoked(list, { field: `${field}.keyId`, keyId: ballot.keyId, keys: record.keys });
  list.equal(`${field}.body.decisionId`, opened.terms.decisionId, body.decisionId);
  list.equal(`${field}.body.decisionDigest`, opened.terms.decisionDigest, body.decisionDigest);
  list.equal(`${field}.body.sessionDigest`, opened.sessionDigest, body.sessionDigest);
  checkEvidence(list, check);
  const rounds = `at most ${final.body.rounds}`;
  list.holds(body.round <= final.body.rounds, {
    field: `${field}.body.round`,
    expected: rounds,
    actual: `${body.round}`,
  });
  const earlier =
    body.round === 2 ? final.superseded.find((other) => other.body.seat === body.seat) : undefined;
  const previous = earlier ? ballotDigest(earlier.body, crypto.sha256) : 'none';
  list.equal(`${field}.body.previousBallot`, previous, body.previousBallot ?? 'none');
  const unknown = body.evaluators.find((name) => !seat.evaluators.includes(name));
  list.holds(unknown === undefined, {
    field: `${field}.body.evaluators`,
    expected: 'evaluators frozen for the seat',
    actual: unknown ?? '',
  });
  checkSigned(list, {
    field,
    publicKey: publicKey!,
    crypto,
    message: ballotSigningBytes(body),
    by: ballot,
  });
}

function checkVerdict(list: Checklist, { final, keys }: SignedRecord, crypto: LedgerCrypto): void {
  list.begin('verdict');
  const key = keys.find((candidate) => candidate.keyId === final.keyId);
  list.holds(key !== undefined, {
    field: 'final.keyId',
    expected: 'a key of the proof',
    actual: final.keyId,
  });
  list.equal('final.keyId', hashPart(final.keyId), keyDigits(key!.publicKey, crypto));
  checkNotRevoked(list, { field: 'final.keyId', keyId: final.keyId, keys });
  const message = verdictSigningBytes(final.body);
  checkSigned(list, { field: 'final', publicKey: key!.publicKey, crypto, message, by: final });
}

interface SignatureCheck {
  readonly field: string;
  readonly publicKey: string;
  readonly crypto: LedgerCrypto;
  readonly message: Uint8Array;
  readonly by: { readonly keyId: string; readonly signature: string };
}

function checkSigned(list: Checklist, { field, publicKey, crypto, message, by }: SignatureCheck): void {
  const holds = crypto.verifyEd25519(fromHex(publicKey), message, fromBase64Url(by.signature));
  const expected = `a signature by ${by.keyId}`;
  list.holds(holds, { field: `${field}.signature`, expected, actual: 'it does not verify' });
}

function checkNotRevoked(
  list: Checklist,
  { field, keyId, keys }: { field: string; keyId: string; keys: readonly ProofKey[] },
): void {
  const revoked = keys.some((key) => key.keyId === keyId && key.state === 'revoked');
  list.holds(!revoked, { field, expected: 'a key that is not revoked', actual: `${keyId} is revoked` });
}

function hashPart(keyId: string): string {
  return keyId.slice(keyId.lastIndexOf('#') + 1);
}

function keyDigits(publicKey: string, { sha256 }: Pick<LedgerCrypto, 'sha256'>): string {
  return toHex(sha256(fromHex(publicKey)).subarray(0, 8));
}
