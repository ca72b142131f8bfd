/**
 * What exactly is signed and digested. A signature covers a domain line and canonical JSON, so that no
 * signature made for one purpose can be read as another.
 */
import type { BallotBody } from '../messages/ballot.ts';
import type { DecisionRequest } from '../messages/decision.ts';
import type { Evidence } from '../messages/evidence.ts';
import type { DecisionId, Digest, KeyId } from '../messages/ids.ts';
import type { SessionTerms } from '../messages/session.ts';
import type { VerdictBody } from '../messages/verdict.ts';
import { concatBytes, fromHex, toHex, utf8 } from './bytes.ts';
import { canonicalBytes, canonicalJson } from './canonical-json.ts';
import type { Sha256 } from './crypto.ts';

/** First line of the bytes that a seat signs. */
export const BALLOT_DOMAIN = 'witan-ballot/1\n';
/** First line of the bytes that a node signs for a verdict. */
export const VERDICT_DOMAIN = 'witan-verdict/1\n';

/** Bytes that a seat's signature covers: domain line, then the canonical body. */
export function ballotSigningBytes(body: BallotBody): Uint8Array {
  return utf8(BALLOT_DOMAIN + canonicalJson(body));
}

/** Bytes that the node's signature on a verdict covers: domain line, then the canonical body. */
export function verdictSigningBytes(body: VerdictBody): Uint8Array {
  return utf8(VERDICT_DOMAIN + canonicalJson(body));
}

/** `sha256:` and hex over the canonical JSON of any value. @throws as {@link canonicalJson} */
export function digestOf(value: unknown, sha256: Sha256): Digest {
  return `sha256:${toHex(sha256(canonicalBytes(value)))}` as Digest;
}

/**
 * As {@link digestOf}, keyed: HMAC-SHA-256 under a salt, so that nobody finds a short text by trying.
 * @source RFC 2104
 * @param salt 64 hex digits
 */
export function keyedDigestOf(value: unknown, salt: string, sha256: Sha256): Digest {
  const key = fromHex(salt);
  const pad = (byte: number): Uint8Array => Uint8Array.from({ length: 64 }, (_, at) => (key[at] ?? 0) ^ byte);
  const inner = sha256(concatBytes(pad(0x36), canonicalBytes(value)));
  return `sha256:${toHex(sha256(concatBytes(pad(0x5c), inner)))}` as Digest;
}

/** Digest of a ballot's body, as `previousBallot` and `VerdictBody.ballots` name it. */
export function ballotDigest(body: BallotBody, sha256: Sha256): Digest {
  return digestOf(body, sha256);
}

/** Digest of a ballot's evidence, as `BallotBody.evidenceDigest` names it; keyed where there is a salt. */
export function evidenceDigest(evidence: readonly Evidence[], sha256: Sha256, salt?: string): Digest {
  return salt === undefined ? digestOf(evidence, sha256) : keyedDigestOf(evidence, salt, sha256);
}

/** Digest of the frozen terms, as ballots and verdict sign it. */
export function sessionDigest(terms: SessionTerms, sha256: Sha256): Digest {
  return digestOf(terms, sha256);
}

/**
 * Digest of a request: all of it but `idempotencyKey` and `deadlineMs`, which say nothing about the subject.
 * Keyed where there is a salt.
 */
export function decisionDigest(request: DecisionRequest, sha256: Sha256, salt?: string): Digest {
  const { idempotencyKey: _key, deadlineMs: _deadline, ...subject } = request;
  const said = definedOnly(subject);
  return salt === undefined ? digestOf(said, sha256) : keyedDigestOf(said, salt, sha256);
}

/** Id of a decision, from tenant and idempotency key: the same pair always names the same decision. */
export function decisionIdOf(tenant: string, idempotencyKey: string, sha256: Sha256): DecisionId {
  const digest = sha256(utf8(`witan-decision/1\n${canonicalJson([tenant, idempotencyKey])}`));
  return `d${toHex(digest.subarray(0, 16))}` as DecisionId;
}

/** Id of a key: its purpose and the first 16 hex digits of SHA-256 over the raw 32-byte public key. */
export function keyIdOf(purpose: string, publicKey: Uint8Array, sha256: Sha256): KeyId {
  return `${purpose}#${toHex(sha256(publicKey).subarray(0, 8))}` as KeyId;
}

/** An absent key and a key that is present but undefined are the same request. */
function definedOnly(request: object): object {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
