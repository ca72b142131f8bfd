/** The anchor on a scripted chain: every fault is caused, nothing is anchored twice, nothing is lost. */
import fc from 'fast-check';
import { Transaction } from 'ethers';
import { verifyAnchorReceipt } from '../../contracts/chain/verify-anchor.ts';
import { ANCHOR_STEPS } from '../../agents/platform/audit/anchor/anchor-steps.ts';
import type { AnchorStepName } from '../../agents/platform/audit/anchor/anchor-steps.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { assert, suite } from '../harness.ts';
import { bench, TestLog } from './anchor-kit.ts';
import type { Bench } from './anchor-kit.ts';
import { keccak, ScriptedChain } from './scripted-chain.ts';

const test = suite('anchor on a scripted chain', { limitMs: 120_000 });

/** No root twice, every step on the one before, and the last one is the whole log's. */
function assertAnchored(kit: Bench, log: TestLog = kit.log): void {
  const steps = kit.chain.anchored;
  const roots = steps.map(({ root }) => root);
  assert.is(new Set(roots).size, roots.length, 'a root stands twice');
  for (const { root, size } of steps) assert.is(root, log.rootOf(size), `root of ${size}`);
  assert.is(steps.at(-1)?.size, log.size(), 'the newest root covers the log');
}

test('a batch is closed on entries, on time and on request', async () => {
  const kit = bench();
  kit.log.add(9);
  await kit.turns(1, 100);
  assert.is(kit.chain.anchored.length, 0);
  kit.log.add(1);
  await kit.turns(2, 100);
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10],
  );
  kit.log.add(1);
  await kit.turns(3, 100);
  assert.is(kit.chain.anchored.length, 1, 'too early');
  await kit.turns(3, 600);
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10, 11],
  );
  kit.log.add(1);
  kit.lane.askFor();
  await kit.turns(1, 100);
  assertAnchored(kit);
});

test('mined, safe, final by the tags of the chain; the receipt is kept and checks offline', async () => {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(2);
  assert.is(kit.lane.state.records[0]!.state, 'mined');
  const early = await kit.lane.receipt(kit.log.origin, 3);
  assert.is(early.finality, 'included');
  kit.chain.mineEmpty(2);
  await kit.turns(1);
  assert.is(kit.lane.state.records[0]!.state, 'safe');
  kit.chain.mineEmpty(2);
  await kit.turns(1);
  assert.is(kit.lane.state.records[0]!.state, 'final');
  const receipt = await kit.lane.receipt(kit.log.origin, 3);
  assert.is(receipt.finality, 'final');
  const pins = { chainId: kit.chain.chainId, contract: kit.chain.contract };
  const { mismatch, checked } = verifyAnchorReceipt(receipt, pins, { keccak256: keccak, sha256 });
  assert.is(mismatch, null);
  assert.is(checked.at(-1), 'inclusion');
});

test('a reorganisation of any depth: the same bytes again, no root twice', async () => {
  for (let depth = 1; depth <= 12; depth += 1) {
    const kit = bench();
    for (let batch = 0; batch < 4; batch += 1) {
      kit.log.add(10);
      await kit.turns(2);
    }
    const sent = kit.chain.included.map(({ hash }) => hash);
    kit.chain.reorganise(depth);
    await kit.turns(4);
    assert.equal(
      kit.chain.included.map(({ hash }) => hash),
      sent,
      `depth ${depth}`,
    );
    assertAnchored(kit);
    kit.log.add(10);
    await kit.turns(3);
    assertAnchored(kit);
  }
});

test('a fee that is too low is raised under the same nonce, so often and no further', async () => {
  const kit = bench({ rules: { step: { stuckMs: 5_000 } } });
  kit.chain.isAutomatic = false;
  kit.log.add(10);
  await kit.turns(2);
  kit.chain.baseFeeWei *= 10n;
  kit.chain.mine();
  assert.is(kit.chain.pooled.length, 1, 'too cheap');
  await kit.turns(8);
  const [raised] = kit.chain.pooled;
  assert.is(raised!.nonce, 0);
  assert.ok(raised!.maxFeePerGas! > kit.chain.baseFeeWei);
  kit.chain.mine();
  await kit.turns(2);
  assertAnchored(kit);
  assert.is(kit.lane.state.records[0]!.place!.hash, raised!.hash);

  kit.log.add(10);
  await kit.turns(200);
  assert.ok(kit.lane.state.records.at(-1)!.txs.length <= 6, 'bounded');
});

test('over the price limit and over the budget nothing is sent, nothing is lost, and it is told', async () => {
  const kit = bench({
    rules: { fee: { maxFeeWei: 5_000_000_000n, dailyBudgetWei: 56_250n * 7_000_000_000n } },
  });
  kit.chain.baseFeeWei = 50_000_000_000n;
  kit.log.add(10);
  await kit.turns(5);
  assert.is(kit.lane.hold, 'fee');
  assert.is(kit.chain.included.length, 0);
  kit.chain.baseFeeWei = 1_000_000_000n;
  await kit.turns(3);
  assert.is(kit.lane.hold, null);
  assertAnchored(kit);
  for (let batch = 0; batch < 10; batch += 1) {
    kit.log.add(10);
    await kit.turns(2);
  }
  assert.is(kit.lane.hold, 'budget');
  const before = kit.chain.included.length;
  await kit.turns(5);
  assert.is(kit.chain.included.length, before);
  kit.clock.advance(86_400_000);
  await kit.turns(2);
  assert.is(kit.lane.hold, null);
  assertAnchored(kit);
});

test('a chain that is away for days: one later root, and the breaker spares it', async () => {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(2);
  kit.chain.fault = () => 'fail';
  const before = kit.chain.calls.length;
  for (let hour = 0; hour < 72; hour += 1) {
    kit.log.add(10);
    await kit.turns(3, 1_200_000);
  }
  assert.ok(kit.lane.lastError !== null);
  assert.ok(kit.chain.calls.length - before < 300);
  kit.chain.fault = () => undefined;
  await kit.turns(4, 120_000);
  assert.is(kit.chain.anchored.length, 2);
  assertAnchored(kit);
});

test('a chain that hangs in any call is given up in time', async () => {
  for (const call of [
    'identity',
    'heads',
    'nonce',
    'anchoredHead',
    'estimate',
    'fees',
    'broadcast',
    'receipt',
    'header',
  ]) {
    const kit = bench();
    let left = 2;
    kit.chain.fault = (name) => (name === call && left-- > 0 ? 'hang' : undefined);
    kit.log.add(10);
    await kit.turns(12, 6_000);
    kit.log.add(10);
    await kit.turns(6, 6_000);
    assertAnchored(kit);
  }
});

test('a chain that lies: about nonces, heads and receipts', async () => {
  const kit = bench();
  kit.chain.isAutomatic = false;
  kit.log.add(10);
  await kit.turns(1);
  kit.chain.lies = { nonce: 1, receipts: true };
  await kit.turns(4);
  assert.is(kit.lane.lastError?.code, 'verification_failed');
  assert.is(kit.lane.state.records.filter(({ state }) => state === 'mined').length, 0);
  kit.chain.lies = { nonce: 7 };
  await kit.turns(20, 10_000);
  kit.chain.lies = {};
  kit.chain.isAutomatic = true;
  await kit.turns(30, 10_000);
  assertAnchored(kit);

  kit.chain.lies = { head: { root: '1'.repeat(64), size: 15, epoch: 0, frozen: false } };
  kit.log.add(10);
  await kit.turns(5);
  assert.is(kit.lane.hold, 'forked');
  kit.chain.lies = { head: { root: kit.log.rootOf(20), size: 20, epoch: 0, frozen: false } };
  await kit.turns(5);
  kit.chain.lies = {};
  await kit.turns(5);
  assertAnchored(kit);
});

test('a pool that loses a transaction, and an answer that is lost', async () => {
  const kit = bench();
  kit.chain.losesCount = 3;
  kit.log.add(10);
  await kit.turns(10, 6_000);
  assertAnchored(kit);
  assert.is(kit.chain.included.length, 1);
  kit.chain.answersLost = true;
  kit.log.add(10);
  await kit.turns(1);
  kit.chain.answersLost = false;
  await kit.turns(4);
  assertAnchored(kit);
  assert.is(kit.chain.included.length, 2);
});

test('a nonce that another transaction took, and one that is out of reach', async () => {
  const kit = bench();
  kit.chain.isAutomatic = false;
  kit.log.add(10);
  await kit.turns(2);
  const [own] = kit.chain.pooled;
  kit.chain.emptyPool();
  const { bench: other } = { bench: bench({ chain: kit.chain, logs: [new TestLog('witan/other')] }) };
  other.log.add(10);
  kit.chain.isAutomatic = true;
  await other.turns(2);
  assert.is(kit.chain.included[0]!.nonce, own!.nonce);
  await kit.turns(8);
  assert.ok(kit.told.some(({ message }) => message.startsWith('a nonce is given up')));
  assert.is(kit.chain.included.length, 2);
  assert.is(kit.chain.anchored.at(-1)!.root, kit.log.rootOf(10));

  const gap = bench();
  gap.log.add(10);
  gap.chain.lies.nonce = 9;
  await gap.turns(2);
  gap.chain.lies = {};
  await gap.turns(8);
  assertAnchored(gap);
});

test('paused, frozen, ahead, forked: held with its reason, and on again', async () => {
  const kit = bench();
  kit.chain.isPaused = true;
  kit.log.add(10);
  await kit.turns(3);
  assert.is(kit.lane.hold, 'paused');
  kit.chain.isPaused = false;
  await kit.turns(2);
  assertAnchored(kit);
  const shorter = bench({ chain: kit.chain });
  shorter.log.add(3);
  shorter.lane.askFor();
  await shorter.turns(2);
  assert.is(shorter.lane.hold, 'ahead');
  const forked = bench({ chain: kit.chain, logs: [new TestLog('witan/test', 'other ')] });
  forked.log.add(30);
  await forked.turns(2);
  assert.is(forked.lane.hold, 'forked');
  assert.is(kit.chain.included.length, 1);
});

test('an outbox that is lost: the chain’s head is taken, nothing is anchored again', async () => {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(3);
  const again = bench({ chain: kit.chain });
  again.log.add(10);
  await again.turns(5);
  assert.is(kit.chain.included.length, 1);
  again.log.add(10);
  await again.turns(3);
  assertAnchored(again);
  assert.is(kit.chain.included.length, 2);
});

test('another chain, or another contract, than before is refused', async () => {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(2);
  const other = new ScriptedChain();
  other.mineEmpty(1);
  other.identity = async () => ({
    chainId: 31_337,
    genesisHash: `0x${'9'.repeat(64)}`,
    codeHash: `0x${'c0'.repeat(32)}`,
  });
  const moved = bench({ chain: other, outbox: kit.outbox });
  moved.log.add(20);
  await moved.turns(2);
  assert.is(moved.lane.hold, 'identity');
  assert.is(moved.lane.lastError?.code, 'conflict');
  assert.is(other.included.length, 0);
});

test('several logs in one call', async () => {
  const logs = ['a', 'b', 'c'].map((name) => new TestLog(`witan/${name}`));
  const kit = bench({ logs });
  for (const log of logs) log.add(10);
  await kit.turns(2);
  assert.is(kit.chain.included.length, 1);
  assert.is(kit.chain.anchored.length, 3);
  const pins = { chainId: kit.chain.chainId, contract: kit.chain.contract };
  for (const log of logs) {
    const receipt = await kit.lane.receipt(log.origin, 9);
    assert.is(verifyAnchorReceipt(receipt, pins, { keccak256: keccak, sha256 }).mismatch, null, log.origin);
  }
});

test('the process ends at each step: the next one goes on, no root twice, none lost', async () => {
  const reached = new Set<AnchorStepName>();
  for (const point of ANCHOR_STEPS) {
    for (const nth of [1, 2]) {
      let passed = 0;
      let dead = false;
      const kit = bench({
        rules: { step: { stuckMs: 4_000, disbeliefCount: 1 } },
        parts: {
          onStep: (name) => {
            reached.add(name);
            // A process that has ended does nothing more: not even what comes next in the same turn.
            if (!dead && name === point && (passed += 1) === nth) dead = true;
            if (dead) throw new Error(`ended at ${name}`);
          },
        },
      });
      const live = async (count: number): Promise<void> => {
        for (let turn = 0; turn < count; turn += 1) {
          await kit.turns(1, 1_100);
          if (!dead) continue;
          dead = false;
          passed = Infinity;
          kit.restart();
        }
      };
      for (let round = 0; round < 3; round += 1) {
        kit.log.add(10);
        kit.chain.isAutomatic = round !== 1;
        await live(7);
        kit.chain.isAutomatic = true;
        kit.chain.mine();
        await live(3);
        kit.chain.reorganise(2);
        await live(3);
        kit.chain.mineEmpty(2);
        await live(2);
        kit.chain.mineEmpty(3);
        await live(3);
        // A nonce out of reach is given up.
        kit.log.add(10);
        kit.chain.lies = { nonce: 90 };
        await live(2);
        kit.chain.lies = {};
        await live(8);
      }
      assertAnchored(kit);
      const hashes = kit.chain.included.map(({ hash }) => hash);
      assert.is(new Set(hashes).size, hashes.length, point);
    }
  }
  const missed = ANCHOR_STEPS.filter((name) => !reached.has(name));
  assert.equal(missed, []);
});

test('whatever happens in whatever order: no root twice, one transaction open, none lost', async () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('entries' as const), count: fc.integer({ min: 1, max: 25 }) }),
    fc.record({ kind: fc.constant('reorganise' as const), count: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('restart' as const), count: fc.constant(1) }),
    fc.record({ kind: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('price' as const), count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('manual' as const), count: fc.constant(0) }),
    fc.record({ kind: fc.constant('mine' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('lie' as const), count: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 6 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
      const kit = bench({ rules: { step: { stuckMs: 8_000, maxReplacementCount: 40 } } });
      const { chain } = kit;
      for (const { kind, count } of events) {
        let left = count;
        if (kind === 'entries') kit.log.add(count);
        if (kind === 'reorganise') chain.reorganise(count);
        if (kind === 'restart') kit.restart();
        if (kind === 'fail') chain.fault = () => (left-- > 0 ? 'fail' : undefined);
        if (kind === 'lose') chain.losesCount = count;
        if (kind === 'price') chain.baseFeeWei = BigInt(count) * 1_000_000_000n;
        if (kind === 'manual') chain.isAutomatic = !chain.isAutomatic;
        if (kind === 'mine') for (let made = 0; made < count; made += 1) chain.mine();
        if (kind === 'lie') chain.lies = { nonce: count };
        await kit.turns(kind === 'turns' ? count : 1, 3_000);
        const open = kit.lane.state.records.filter(({ state }) => state === 'signed' || state === 'sent');
        const afterReorganisation = open.filter(({ nonce }) => nonce >= chain.included.length);
        assert.ok(
          new Set(open.map(({ nonce }) => nonce)).size === open.length,
          `${afterReorganisation.length}`,
        );
        const roots = chain.anchored.map(({ root }) => root);
        assert.is(new Set(roots).size, roots.length);
      }
      Object.assign(chain, {
        lies: {},
        isAutomatic: true,
        losesCount: 0,
        fault: () => undefined,
        baseFeeWei: 1_000_000_000n,
      });
      kit.log.add(10);
      chain.mine();
      await kit.turns(40, 9_000);
      assertAnchored(kit);
    }),
    { numRuns: 150 },
  );
});

test('the bytes that are sent stand in the outbox before', async () => {
  const kit = bench();
  const { broadcast } = kit.chain;
  const written: boolean[] = [];
  kit.chain.broadcast = async (raw) => {
    written.push(JSON.stringify(kit.outbox.records()).includes(Transaction.from(raw).hash!));
    return broadcast.call(kit.chain, raw);
  };
  kit.log.add(10);
  await kit.turns(2);
  assert.equal(written, [true]);
});
