/** A lane among nodes that talk nonsense and disks that fill: what it takes in, and how it comes back. */
import { Transaction } from 'ethers';
import { LaneRunner } from '../../agents/platform/audit/anchor/lane-runner.ts';
import type { AnchorLane } from '../../agents/platform/audit/anchor/lane/anchor-lane.ts';
import { WitanError } from '../../contracts/errors.ts';
import { bigintOf, countOf } from '../../runtime/host/chain/anchor/chain-encoding.ts';
import type { OutboxPort } from '../../runtime/kernel/ports/outbox.ts';
import { openFileOutbox } from '../../runtime/store/outbox/file-outbox.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import { assert, suite } from '../harness.ts';
import { bench, inVirtualTime } from './anchor-kit.ts';

const test = suite('lane among nonsense', { limitMs: 60_000 });

test('a number of a chain is a quantity, or an error', () => {
  assert.is(bigintOf('0x0a'), 10n);
  assert.is(countOf('0x1fffffffffffff'), Number.MAX_SAFE_INTEGER);
  for (const value of [
    '-5',
    '-0x5',
    '',
    ' 5',
    '5',
    '0x',
    'x',
    -1,
    1.5,
    NaN,
    true,
    null,
    undefined,
    [],
    `0x${'f'.repeat(65)}`,
  ])
    assert.throws(
      () => bigintOf(value),
      (error: WitanError) => error.code === 'internal',
      String(value),
    );
  assert.throws(
    () => countOf('0x20000000000000'),
    (error: WitanError) => error.code === 'internal',
  );
});

test('what could not be read back from the outbox is not written into it', async () => {
  const kit = bench();
  kit.log.add(10);
  const { receipt } = kit.chain;
  kit.chain.receipt = async (hash) => {
    const found = await receipt.call(kit.chain, hash);
    return found && { ...found, gasPriceWei: -1n };
  };
  await kit.turns(4);
  assert.is(kit.lane.lastError?.code, 'verification_failed');
  kit.chain.receipt = receipt;
  kit.restart();
  await kit.turns(2);
  assert.is(kit.lane.lastError, null);
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10],
  );
});

test('a limit of gas that was named too low is asked for anew, under the same nonce', async () => {
  const kit = bench();
  const { estimate, broadcast } = kit.chain;
  kit.chain.estimate = async () => ({ gas: 1n });
  kit.chain.broadcast = async (raw) => {
    if (Transaction.from(raw).gasLimit < 21_000n) throw new WitanError('internal', 'intrinsic gas too low');
    return broadcast.call(kit.chain, raw);
  };
  kit.log.add(10);
  await kit.turns(3);
  assert.equal(kit.chain.anchored, []);
  kit.chain.estimate = estimate;
  await kit.turns(80);
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10],
  );
  assert.is(kit.chain.included[0]!.nonce, 0);
});

test('however many ask for a receipt at once, the chain is asked once; a damaged one is named', async () => {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(2);
  const before = kit.chain.calls.length;
  await inVirtualTime(kit.lane.receipt(kit.log.origin, 3), kit.clock);
  const once = kit.chain.calls.length - before;
  assert.ok(once > 0);
  const asked = Array.from({ length: 50 }, (_, index) => kit.lane.receipt(kit.log.origin, index % 10));
  const receipts = await inVirtualTime(Promise.all(asked), kit.clock);
  assert.is(receipts[49]!.inclusion!.index, 9);
  assert.is(kit.chain.calls.length - before, 2 * once);
  kit.chain.mineEmpty(6);
  await kit.turns(3);
  await kit.texts.put(10, '{"format":"witan-anchor/1"');
  await kit.lane.receipt(kit.log.origin, 3).then(
    () => assert.unreachable('a torn receipt was given out'),
    (error: WitanError) => assert.equal([error.code, error.details['size']], ['verification_failed', 10]),
  );
});

test('a full disk stops an anchor as long as it is full, not until the node starts again', async () => {
  const disk = new MemoryDisk();
  const opened: OutboxPort[] = [];
  const kit = bench();
  const open = async (): Promise<AnchorLane> => {
    opened.push(await openFileOutbox({ folder: '/anchor', fs: disk }));
    return bench({ chain: kit.chain, logs: [kit.log], parts: { clock: kit.clock }, outbox: opened.at(-1)! })
      .lane;
  };
  const release = async (): Promise<void> => opened.at(-1)!.close();
  const runner = new LaneRunner({ name: 'scripted', contract: kit.chain.contract, pollMs: 1, open, release });
  const turns = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 1) {
      await inVirtualTime(runner.turn(), kit.clock);
      kit.clock.advance(1_000);
    }
  };
  kit.log.add(10);
  await turns(2);
  kit.log.add(10);
  disk.fault = ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined);
  await turns(3);
  assert.is(runner.lastError?.code, 'storage_failed');
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10],
  );
  disk.fault = undefined;
  await turns(3);
  assert.is(runner.lastError, null);
  assert.equal(
    kit.chain.anchored.map(({ size }) => size),
    [10, 20],
  );
});

test('an outbox that is larger than can be read is not taken for one with a torn end', async () => {
  const disk = new MemoryDisk();
  const outbox = await openFileOutbox({ folder: '/anchor', fs: disk });
  for (let at = 0; at < 20; at += 1) await outbox.append({ at });
  await outbox.close();
  await openFileOutbox({ folder: '/anchor', fs: disk, maxBytes: 200 }).then(
    () => assert.unreachable('it was read in part'),
    (error: WitanError) => assert.is(error.code, 'too_large'),
  );
  const again = await openFileOutbox({ folder: '/anchor', fs: disk });
  assert.is(again.records().length, 20);
});
