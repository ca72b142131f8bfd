import { createHash } from 'node:crypto';
import { assert, suite } from '../../test/harness.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import type { BallotBody } from '../messages/ballot.ts';
import type { DecisionRequest } from '../messages/decision.ts';
import type { VerdictBody } from '../messages/verdict.ts';
import {
  ballotSigningBytes,
  decisionDigest,
  decisionIdOf,
  digestOf,
  keyIdOf,
  verdictSigningBytes,
} from './signing.ts';

const test = suite('what is signed and digested');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const hex = (input: string): string => createHash('sha256').update(input).digest('hex');

test('a ballot and a verdict of the same body are signed over different bytes', () => {
  const body = { b: 1, a: '€' };
  assert.is(text(ballotSigningBytes(body as unknown as BallotBody)), 'witan-ballot/1\n{"a":"€","b":1}');
  assert.is(text(verdictSigningBytes(body as unknown as VerdictBody)), 'witan-verdict/1\n{"a":"€","b":1}');
});

test('a digest is SHA-256 over canonical JSON', () => {
  assert.is(digestOf({ b: [1], a: null }, sha256), `sha256:${hex('{"a":null,"b":[1]}')}`);
});

test('the digest of a request leaves out key and deadline, and nothing else', () => {
  const request: DecisionRequest = { type: 'chat', text: 'hello' };
  const digest = decisionDigest(request, sha256);
  assert.is(digest, `sha256:${hex('{"text":"hello","type":"chat"}')}`);
  assert.is(decisionDigest({ ...request, idempotencyKey: 'k', deadlineMs: 100 }, sha256), digest);
  assert.is(decisionDigest({ ...request, audience: undefined }, sha256), digest);
  assert.is.not(decisionDigest({ ...request, audience: 'me' }, sha256), digest);
  assert.is.not(decisionDigest({ ...request, risk_level: 'high' }, sha256), digest);
});

test('the id of a decision follows from tenant and key, without ambiguity', () => {
  const id = decisionIdOf('acme', 'key', sha256);
  assert.is(id, `d${hex('witan-decision/1\n["acme","key"]').slice(0, 32)}`);
  assert.is(decisionIdOf('acme', 'key', sha256), id);
  assert.is.not(decisionIdOf('acm', 'ekey', sha256), id);
});

test('the id of a key is its purpose and 16 digits of its hash', () => {
  const key = new Uint8Array(32).fill(7);
  assert.is(
    keyIdOf('seat/truth', key, sha256),
    `seat/truth#${createHash('sha256').update(key).digest('hex').slice(0, 16)}`,
  );
});
