/**
 * The aggregate of a decision: one BLS signature of all counted seats over the list of their ballots.
 *
 * What a ballot says and whether it counts is decided by its own Ed25519 signature; this is a second, short
 * witness of the same list, so that it holds adds nothing to the outcome and that it fails is never ignored.
 */
import type { Ballot } from '../../messages/ballot.ts';
import type { BallotAggregate, FinalPayload } from '../../messages/final.ts';
import type { Digest } from '../../messages/ids.ts';
import type { ProofKey } from '../../messages/proof.ts';
import type { SessionTerms } from '../../messages/session.ts';
import type { VerdictBody } from '../../messages/verdict.ts';
import { fromBase64Url, fromHex, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { BlsVerifier, LedgerCrypto, Sha256 } from '../crypto.ts';
import { ballotDigest, digestOf } from '../signing.ts';
import type { Checklist } from '../verification.ts';

/** First line of the bytes that the seats of a round sign together. */
export const ROUND_DOMAIN = 'witan-round/1\n';

/** What a list of ballots belongs to. */
export type RoundSubject = Pick<VerdictBody, 'decisionId' | 'decisionDigest' | 'sessionDigest' | 'rounds'>;

/**
 * Bytes that each counted seat signs: domain line, then the canonical list of who is on it with which ballot.
 *
 * One message for all seats: a seat that signs it says which ballot it cast and which others were counted
 * beside it. Who is not named did not sign.
 */
export function roundSigningBytes(
  { decisionId, decisionDigest, sessionDigest, rounds }: RoundSubject,
  ballots: readonly Pick<Ballot, 'body'>[],
  sha256: Sha256,
): Uint8Array {
  const list = ballots.map(({ body }) => ({ seat: body.seat, ballot: ballotDigest(body, sha256) }));
  const statement = { decisionId, decisionDigest, sessionDigest, rounds, ballots: list };
  return utf8(ROUND_DOMAIN + canonicalJson(statement));
}

/** Digest of the seats' BLS keys in roster order (96 hex digits each), as session terms freeze it. */
export function aggregateKeysDigest(publicKeys: readonly string[], sha256: Sha256): Digest {
  return digestOf(publicKeys, sha256);
}

/**
 * What became of the aggregate of a record that holds: verified, passed over by a verifier without BLS, or
 * not there, and why.
 */
export type AggregateFound = 'verified' | 'unchecked' | `none: ${AbsenceOfAggregate}`;

type AbsenceOfAggregate = Extract<BallotAggregate, { none: unknown }>['none'];

/** See {@link AggregateFound}; null: the record says nothing of one. Only for records that were checked. */
export function aggregateFound(
  { aggregate }: FinalPayload,
  { bls }: Pick<LedgerCrypto, 'bls'>,
): AggregateFound | null {
  if (aggregate === undefined) return null;
  if ('none' in aggregate) return `none: ${aggregate.none}`;
  return bls ? 'verified' : 'unchecked';
}

/** What is checked. */
export interface AggregateSubject {
  readonly terms: SessionTerms;
  readonly final: FinalPayload;
  readonly keys: readonly ProofKey[];
}

/**
 * Checks the aggregate of a decision whose ballots were checked. Adds one line that says what was found:
 * `aggregate`, `no aggregate (<why>)`, or `aggregate not looked at` for a verifier without BLS. A record that
 * promised one in its terms must hold it, or say why it has none.
 */
export function checkAggregate(list: Checklist, subject: AggregateSubject, crypto: LedgerCrypto): void {
  const { terms, final } = subject;
  const { aggregate, ballots } = final;
  const promised = terms.aggregateKeys;
  if (aggregate === undefined) {
    if (promised === undefined || ballots.length === 0) return;
    list.begin('aggregate');
    const expected = `an aggregate of ${ballots.length} ballots, or why there is none`;
    list.holds(false, { field: 'final.aggregate', expected, actual: 'nothing' });
  } else if ('none' in aggregate) list.begin(`no aggregate (${aggregate.none})`);
  else if (!crypto.bls) list.begin('aggregate not looked at');
  else {
    list.begin('aggregate');
    checkSignature(list, subject, { signature: aggregate.signature, bls: crypto.bls, sha256: crypto.sha256 });
  }
}

interface SignatureUnderTest {
  readonly signature: string;
  readonly bls: BlsVerifier;
  readonly sha256: Sha256;
}

function checkSignature(
  list: Checklist,
  { terms, final, keys }: AggregateSubject,
  { signature, bls, sha256 }: SignatureUnderTest,
): void {
  const { body, ballots } = final;
  const field = 'final.aggregate.signature';
  const inTerms = 'opened.terms.aggregateKeys';
  list.holds(terms.aggregateKeys !== undefined, {
    field: inTerms,
    expected: 'the keys that the aggregate was made with',
    actual: 'nothing',
  });
  const known = new Map(keys.map((key) => [key.keyId, key.aggregate]));
  const halves = terms.roster.map(({ keyId }) => {
    const half = known.get(keyId);
    const expected = `the BLS key of ${keyId}, with its proof of possession`;
    list.holds(half !== undefined, { field: `keys.${keyId}.aggregate`, expected, actual: 'nothing' });
    return half!;
  });
  const publicKeys = halves.map(({ publicKey }) => publicKey);
  list.equal(inTerms, aggregateKeysDigest(publicKeys, sha256), terms.aggregateKeys!);
  list.holds(new Set(publicKeys).size === publicKeys.length, {
    field: inTerms,
    expected: 'another key for each seat',
    actual: 'two seats under one key',
  });
  const signers = ballots.map((ballot) => {
    const at = terms.roster.findIndex(({ seat }) => seat === ballot.body.seat);
    const { publicKey, possession } = halves[at]!;
    list.holds(bls.verifyPossession(fromHex(publicKey), fromHex(possession)), {
      field: `keys.${terms.roster[at]!.keyId}.aggregate.possession`,
      expected: 'a proof that the seat holds the secret half',
      actual: 'it does not verify',
    });
    return fromHex(publicKey);
  });
  const message = roundSigningBytes(body, ballots, sha256);
  list.holds(bls.verifyTogether(signers, message, fromBase64Url(signature)), {
    field,
    expected: `one signature of ${signers.length} seats over their ballots`,
    actual: 'it does not verify',
  });
}
