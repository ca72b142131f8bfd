/** The pure parts of the anchor: fees, next steps, heads, batches, and the fold of the outbox. */
import fc from 'fast-check';
import { TestLog } from '../../../../../test/anchor/anchor-kit.ts';
import { assert, suite } from '../../../../../test/harness.ts';
import { sha256 } from '../../../../../runtime/kernel/crypto/digest.ts';
import { AnchorEvent } from './anchor-event.ts';
import type { AnchorRecord } from './anchor-event.ts';
import { isBatchDue } from './batch-rule.ts';
import { EMPTY_LANE, foldLane, headOf, snapshotOf, spentOn } from './lane-state.ts';
import type { LaneState } from './lane-state.ts';
import { nextStep } from './next-step.ts';
import type { NextStep, RecordSight } from './next-step.ts';
import { firstOffer, isInBudget, nextOffer } from './plan-fee.ts';
import { reconcileHead } from './reconcile-head.ts';

const test = suite('anchor, pure parts');
const wei = fc.bigInt({ min: 0n, max: 10n ** 15n });
const fees = fc.record({ baseFeeWei: wei, tipWei: wei });
const rules = fc.record({
  maxFeeWei: wei,
  minTipWei: fc.bigInt({ min: 1n, max: 10n ** 10n }),
  dailyBudgetWei: wei,
});

test('an offer is within its limits and is taken by the block it was made for', () => {
  fc.assert(
    fc.property(fees, rules, (market, limits) => {
      const offer = firstOffer(market, limits);
      if (!offer) return assert.ok(market.baseFeeWei + limits.minTipWei > limits.maxFeeWei);
      assert.ok(offer.maxFeeWei <= limits.maxFeeWei && offer.tipWei <= offer.maxFeeWei);
      assert.ok(offer.maxFeeWei >= market.baseFeeWei);
    }),
  );
});

test('a replacement grows tip and cap by at least a tenth, each time, within the limit', () => {
  fc.assert(
    fc.property(fees, fees, rules, (before, now, limits) => {
      const first = firstOffer(before, limits);
      if (!first) return;
      const earlier = { maxFeeWei: `${first.maxFeeWei}`, tipWei: `${first.tipWei}` };
      const next = nextOffer(earlier, now, limits);
      if (!next) return;
      assert.ok(next.maxFeeWei * 10n >= first.maxFeeWei * 11n);
      assert.ok(next.tipWei * 10n >= first.tipWei * 11n);
      assert.ok(next.maxFeeWei <= limits.maxFeeWei && next.tipWei <= next.maxFeeWei);
    }),
  );
});

test('a budget takes what fits it to the last wei', () => {
  const limits = { maxFeeWei: 1n, minTipWei: 1n, dailyBudgetWei: 100n };
  assert.ok(isInBudget(60n, 40n, limits));
  assert.not.ok(isInBudget(60n, 41n, limits));
});

test('a batch is due at its count, at its age and on request, and never without an entry', () => {
  const limits = { maxEntryCount: 5, maxAgeMs: 100 };
  const due = (count: number, ageMs: number, isAskedFor = false): boolean =>
    isBatchDue({ count, ageMs, isAskedFor }, limits);
  assert.equal(
    [due(5, 0), due(4, 99), due(1, 100), due(1, 0, true), due(0, 999, true)],
    [true, false, true, true, false],
  );
});

const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const step = {
  logId: hash('1'),
  origin: 'witan/x',
  size: 5,
  root: 'a'.repeat(64),
  prevRoot: '0'.repeat(64),
  note: '',
};
const tx = { raw: '0x', hash: hash('2'), gasLimit: '100', maxFeeWei: '10', tipWei: '1' };
const place = { hash: hash('2'), blockHash: hash('3'), blockNumber: 7, costWei: '400', day: '2026-11-21' };
const record: AnchorRecord = { id: 0, nonce: 4, steps: [step], txs: [tx], state: 'sent', place: null };
const limits = { stuckMs: 100, againMs: 10, maxReplacementCount: 2, disbeliefCount: 3 };
const seen: RecordSight = {
  heads: { latest: 9, safe: 7, finalized: 5 },
  nonceCount: 4,
  found: null,
  hasEarlierOpen: false,
  oddCount: 0,
  ageMs: 0,
  sinceSentMs: 0,
};
const found = { blockHash: place.blockHash, blockNumber: 7, succeeded: true };

test('next steps of an open transaction', () => {
  const next = (change: Partial<RecordSight>, of: Partial<AnchorRecord> = {}): NextStep =>
    nextStep({ ...record, ...of }, { ...seen, ...change }, limits);
  assert.is(next({}, { state: 'signed' }), 'broadcast');
  assert.is(next({}), 'wait');
  assert.is(next({ sinceSentMs: 10 }), 'broadcast');
  assert.is(next({ ageMs: 100 }), 'replace');
  assert.is(
    next({ ageMs: 100, sinceSentMs: 10 }, { txs: [tx, tx, tx] }),
    'broadcast',
    'replaced often enough',
  );
  assert.is(next({ ageMs: 100, nonceCount: 2, hasEarlierOpen: true }), 'wait', 'not its turn');
  assert.is(next({ found, nonceCount: 5 }), 'mine');
  assert.is(next({ found: { ...found, succeeded: false }, nonceCount: 5 }), 'revert');
  assert.is(next({ nonceCount: 5, oddCount: 2 }), 'wait', 'not believed yet');
  assert.is(next({ nonceCount: 5, oddCount: 3 }), 'drop-taken');
  assert.is(next({ nonceCount: 2, oddCount: 2 }), 'wait');
  assert.is(next({ nonceCount: 2, oddCount: 3 }), 'drop-gap');
});

test('next steps of one that is in a block', () => {
  const mined: AnchorRecord = { ...record, state: 'mined', place };
  const next = (change: Partial<RecordSight>, state: AnchorRecord['state'] = 'mined'): NextStep =>
    nextStep({ ...mined, state }, { ...seen, nonceCount: 5, found, ...change }, limits);
  const heads = (safe: number | null, finalized: number | null) => ({
    heads: { latest: 9, safe, finalized },
  });
  assert.is(next(heads(7, 5)), 'safe');
  assert.is(next(heads(7, 5), 'safe'), 'wait');
  assert.is(next(heads(9, 7)), 'final');
  assert.is(next(heads(null, null)), 'wait', 'a chain without tags is never final');
  assert.is(next({ found: null }), 'unmine');
  assert.is(next({ found: null }, 'final'), 'unmine');
  assert.is(next({ found: { ...found, blockHash: hash('9') } }), 'mine', 'it is in another block now');
});

test('heads: step, anchored, ahead, forked, frozen', async () => {
  const log = new TestLog();
  log.add(40);
  const other = new TestLog('witan/test', 'other ');
  other.add(40);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 45 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (at, size, isOther) => {
        const chainLog = isOther ? other : log;
        const root = at === 0 ? '0'.repeat(64) : chainLog.rootOf(Math.min(at, 40));
        const chain = { size: at, root, epoch: 0, frozen: false };
        const own = { size, root: log.rootOf(size) };
        const [from, to] = [Math.min(at, size), Math.max(at, size)];
        const path = from > 0 && from < to && to <= 40 ? await log.consistency(from, to) : [];
        const verdict = reconcileHead({ chain, own, path, logSize: 40 }, sha256);
        const expected =
          at === 0 ? 'step' : at > 40 ? 'ahead' : isOther ? 'forked' : at < size ? 'step' : 'anchored';
        assert.is(verdict, expected);
        assert.is(
          reconcileHead({ chain: { ...chain, frozen: true }, own, path, logSize: 40 }, sha256),
          'frozen',
        );
      },
    ),
  );
});

const fold = (...events: readonly unknown[]): LaneState =>
  events.reduce<LaneState>((state, event) => foldLane(state, AnchorEvent.parse(event)), EMPTY_LANE);
const { prevRoot: _prevRoot, ...queued } = step;

test('the fold: queue, sign, mine, final; costs by day', () => {
  const signed = fold(
    { type: 'queued', head: queued },
    { type: 'signed', record: { ...record, state: 'signed' } },
  );
  assert.is(signed.queue.size, 0);
  assert.is(spentOn(signed, '2026-11-21'), 1_000n, 'the most that it may cost');
  const mined = foldLane(signed, { type: 'mined', id: 0, place });
  assert.equal([spentOn(mined, '2026-11-21'), spentOn(mined, '2026-11-22')], [400n, 0n]);
  assert.equal([headOf(mined, step.logId).size, headOf(mined, step.logId).finalSize], [5, 0]);
  assert.is(headOf(foldLane(mined, { type: 'final', id: 0 }), step.logId).finalSize, 5);
});

test('a later head replaces one that waits; a dropped one goes back, never over a later one', () => {
  const later = { ...queued, size: 9, root: 'b'.repeat(64) };
  assert.is(
    fold({ type: 'queued', head: queued }, { type: 'queued', head: later }).queue.get(step.logId)!.size,
    9,
  );
  assert.is(
    fold({ type: 'queued', head: later }, { type: 'queued', head: queued }).queue.get(step.logId)!.size,
    9,
  );
  const dropped = { type: 'dropped', id: 0, reason: 'nonce-taken', place: null };
  assert.is(fold({ type: 'signed', record }, dropped).queue.get(step.logId)!.size, 5);
  assert.is(
    fold({ type: 'signed', record }, { type: 'queued', head: later }, dropped).queue.get(step.logId)!.size,
    9,
  );
});

test('a snapshot is the same state, and costs of what it drops stay', () => {
  const finals = Array.from({ length: 40 }, (_, id) => [
    { type: 'signed', record: { ...record, id, nonce: id, steps: [{ ...step, size: id + 1 }] } },
    { type: 'mined', id, place },
    { type: 'final', id },
  ]).flat();
  const state = fold(...finals, { type: 'queued', head: { ...queued, size: 99 } });
  const after = fold(JSON.parse(JSON.stringify(snapshotOf(state))));
  assert.is(after.records.length, 32);
  assert.is(spentOn(after, '2026-11-21'), spentOn(state, '2026-11-21'));
  assert.equal([after.queue, after.heads, after.nextId], [state.queue, state.heads, state.nextId]);
  assert.equal(snapshotOf(after), fold(snapshotOf(after)) && snapshotOf(fold(snapshotOf(after))));
});

test('an outbox that speaks of what it does not hold is damaged', () => {
  assert.throws(() => fold({ type: 'sent', id: 3 }), /does not hold/);
});
