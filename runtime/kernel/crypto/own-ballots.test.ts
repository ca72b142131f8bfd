import type { Ballot } from '../../../contracts/messages/ballot.ts';
import { assert, suite } from '../../../test/harness.ts';
import { isNotedBallot, noteOwnBallot } from './own-ballots.ts';

const test = suite('own ballots');
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const hex = (fill: string): string => fill.repeat(32);
const ballot = (): Ballot =>
  ({
    body: { scoreBp: 10_000, cites: [] },
    evidence: [{ reasons: ['none'] }],
    signature: 'A',
  }) as unknown as Ballot;

test('only the very ballot that was noted is known, and only under its key', () => {
  const noted = noteOwnBallot(ballot(), key(0x11));
  assert.ok(isNotedBallot(noted, hex('11')));
  assert.not(isNotedBallot(noted, hex('22')));
  assert.not(isNotedBallot(ballot(), hex('11')));
  assert.not(isNotedBallot({ ...noted }, hex('11')));
  assert.not(isNotedBallot(structuredClone(noted), hex('11')));
  for (const other of [null, undefined, 'a ballot', 1]) assert.not(isNotedBallot(other, hex('11')));
});

test('no part of a noted ballot can be changed any more, one that was half frozen included', () => {
  const half = ballot();
  Object.freeze(half.evidence);
  const noted = noteOwnBallot(half, key(0x11)) as unknown as {
    body: { scoreBp: number; cites: string[] };
    evidence: { reasons: string[] }[];
  };
  assert.throws(() => (noted.body = { scoreBp: 0, cites: [] }), /read only/);
  assert.throws(() => (noted.body.scoreBp = 0), /read only/);
  assert.throws(() => noted.body.cites.push('x'), /not extensible/);
  assert.throws(() => noted.evidence.pop(), /Cannot delete/);
  assert.throws(() => (noted.evidence[0]!.reasons = []), /read only/);
  assert.throws(() => (noted.evidence[0]!.reasons[0] = 'x'), /read only/);
});
