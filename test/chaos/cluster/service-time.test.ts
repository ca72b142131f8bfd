/** Times without service, from histories made by hand. */
import { assert, suite } from '../../harness.ts';
import { planFaults, FAULT_KINDS } from './faults.ts';
import type { Answer, Call, CopiedEntry } from './history.ts';
import { missedBounds } from './report.ts';
import { costOf, longestGapMs, median } from './service-time.ts';
import type { FaultRecord } from './service-time.ts';

const test = suite('times without service');

const told: Answer = {
  type: 'verdict',
  verdict: { decisionId: 'd', outcome: 'approved', heldReason: null, index: 0, leafHash: '', signature: '' },
};
const none: Answer = { type: 'none', why: '' };
const call = (key: string, startMs: number, endMs: number, answer: Answer = told): Call => ({
  what: 'submit',
  key,
  node: 'a',
  startMs,
  endMs,
  answer,
});
const RECORD: FaultRecord = {
  round: 0,
  kind: 'kill',
  target: 'a',
  victim: 'a',
  atMs: 1_000,
  healedMs: 6_000,
  wholeMs: 9_000,
  shards: new Set([1]),
};
const final = (outcome: string, heldReason: string | null): CopiedEntry => ({
  kind: 'final',
  decisionId: '',
  leafHash: '',
  outcome,
  heldReason,
});
const seen = (calls: Call[], finals: Record<string, CopiedEntry> = {}) => ({
  calls,
  locals: [],
  nodes: [],
  shardOf: (key: string) => (key.startsWith('own') ? 1 : 2),
  finalOf: (key: string) => finals[key] ?? final('approved', null),
});

test('the longest time between two events, the ends of the time counted too', () => {
  assert.is(longestGapMs([], 100, 400), 300);
  assert.is(longestGapMs([50, 150, 390, 500], 100, 400), 240);
  assert.is(longestGapMs([390, 150], 100, 400), 240);
  assert.equal([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
});

test('served again: a decision of the lost shards that was asked for after the fault', () => {
  const cost = costOf(
    RECORD,
    seen([
      call('other-1', 1_100, 1_200),
      call('own-before', 900, 2_000),
      call('own-1', 1_500, 4_400),
      call('own-2', 1_600, 4_100),
      call('own-3', 1_300, 1_900, none),
    ]),
  );
  assert.is(cost.servedAgainMs, 3_100);
  assert.is(cost.gapMs, 4_600);
  assert.is(costOf(RECORD, seen([call('other-1', 1_100, 1_200)])).servedAgainMs, undefined);
});

test('in flight at the fault: asked for before it, not answered, of the lost shards', () => {
  const calls = [
    call('own-answered', 500, 900),
    call('own-waits', 900, 4_000),
    call('own-held', 950, 4_500),
    call('other-waits', 950, 1_100),
    call('own-later', 1_100, 4_000),
  ];
  const cost = costOf(RECORD, seen(calls, { 'own-held': final('held', 'session-lost') }));
  assert.equal([cost.inFlight, cost.inFlightHeld], [2, 1]);
  const veto = costOf(RECORD, seen(calls, { 'own-held': final('held', 'veto') }));
  assert.equal([veto.inFlight, veto.inFlightHeld], [2, 0]);
});

test('answers of a node’s own count where it was not hit', () => {
  const local = (node: string, endMs: number, ok = true) => ({ node, startMs: endMs, endMs, ok });
  const locals = [local('b', 3_000), local('b', 4_000, false), local('b', 6_000), local('b', 8_900)];
  const cost = costOf(RECORD, { ...seen([]), locals, nodes: ['a', 'b'] });
  assert.is(cost.localGapMs, 3_000);
});

test('a bound that is missed is told: late again, never again, too much held, a leader too long away', () => {
  const good = costOf(RECORD, seen([call('own-1', 1_500, 3_000)]));
  assert.equal(missedBounds([good]), []);
  assert.is(missedBounds([{ ...good, servedAgainMs: 3_501 }]).length, 1);
  assert.is(missedBounds([{ ...good, servedAgainMs: undefined }]).length, 1);
  assert.is(missedBounds([{ ...good, inFlight: 20, inFlightHeld: 1 }]).length, 0);
  assert.is(missedBounds([{ ...good, inFlight: 20, inFlightHeld: 2 }]).length, 1);
  const leader = { ...good, record: { ...RECORD, kind: 'nats-leader' as const } };
  assert.equal(missedBounds([leader]), []);
  assert.is(missedBounds([{ ...leader, gapMs: 20_001 }]).length, 1);
  assert.is(missedBounds([{ ...leader, localGapMs: 2_001 }]).length, 1);
});

test('a plan is the same for its seed, and has every kind before one comes again', () => {
  const kinds = Object.keys(FAULT_KINDS);
  const plan = planFaults({ seed: 7, rounds: kinds.length * 2, nodeCount: 3 });
  assert.equal(plan, planFaults({ seed: 7, rounds: kinds.length * 2, nodeCount: 3 }));
  assert.not.equal(plan, planFaults({ seed: 8, rounds: kinds.length * 2, nodeCount: 3 }));
  const first = plan.slice(0, kinds.length).map(({ kind }) => kind);
  assert.equal([...first].sort(), [...kinds].sort());
  const only = planFaults({ seed: 7, rounds: 5, nodeCount: 3, only: 'disk' });
  assert.ok(only.every(({ kind }) => kind === 'disk'));
});
