import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { decisionId, final, opened } from '../../../test/conformance/ledger.ts';
import { assertFails, collect } from '../../../test/conformance/fixture.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { settle } from '../../../test/sim-time.ts';
import type { LedgerEntryInput, LedgerReceipt } from '../../kernel/ports/ledger.ts';
import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { MemoryKeys } from '../keys/memory-keys.ts';
import { MemoryDisk, type DiskFault, type DiskOperation } from './memory-disk.ts';
import { openSegmentLedger, type SegmentLedger } from './segment-ledger.ts';

const test = suite('segment ledger', { limitMs: 60_000 });
const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000,
  setTimer: () => ({ cancel: () => {} }),
};
const keys = new MemoryKeys({ clock, seed: 'segment' });
const open = (fs: MemoryDisk, segmentBytes = 65_536): Promise<SegmentLedger> =>
  openSegmentLedger({ folder: '/log', logId: 'witan.example/log', clock, keys, segmentBytes, fs });
const event = (payload: unknown): LedgerEntryInput => ({ kind: 'event', tenant: 'acme', payload });
const isSegment = ({ path }: DiskOperation): boolean => /\/\d{10}\.seg$/.test(path);

/** Fails the first operation that `matches`, once. */
function once(disk: MemoryDisk, matches: (operation: DiskOperation) => boolean, fault: DiskFault): void {
  let armed = true;
  disk.fault = (operation) => {
    if (!armed || !matches(operation)) return undefined;
    armed = false;
    return fault;
  };
}

test('each acknowledgement follows a sync of the segment that holds the entry', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  for (let at = 0; at < 20; at += 1) {
    const from = disk.operations.length;
    await ledger.append(event({ at }));
    const kinds = disk.operations
      .slice(from)
      .filter(isSegment)
      .map(({ kind }) => kind);
    assert.ok(kinds.includes('write'), `${kinds}`);
    assert.ok(kinds.lastIndexOf('datasync') > kinds.lastIndexOf('write'), `${kinds}`);
  }
  await ledger.close();
});

test('no acknowledgement while the sync is under way; what comes meanwhile shares the next one', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  let release: () => void = () => {};
  const gate = new Promise<undefined>((done) => (release = () => done(undefined)));
  let syncs = 0;
  disk.fault = (operation) => {
    if (operation.kind !== 'datasync' || !isSegment(operation)) return undefined;
    syncs += 1;
    return syncs === 1 ? gate : undefined;
  };
  let isFirstDone = false;
  const first = ledger.append(event('first')).then(() => (isFirstDone = true));
  await new Promise((done) => setImmediate(done));
  const rest = Promise.all(Array.from({ length: 100 }, (_, at) => ledger.append(event({ at }))));
  await new Promise((done) => setImmediate(done));
  assert.not(isFirstDone);
  assert.is(ledger.size(), 0);
  release();
  await Promise.all([first, rest]);
  assert.is(syncs, 2);
  assert.is(ledger.size(), 101);
  await ledger.close();
});

test('the head is on the disk before its checkpoint is signed', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  for (let at = 0; at < 10; at += 1) {
    await ledger.append(event({ at }));
    const { size } = await ledger.checkpoint();
    // Everything unsynced is lost: the reopened log must still be able to stand by what was signed.
    const after = await open(disk.crash(() => false));
    assert.ok(after.size() >= size, `${after.size()} of ${size}`);
    await after.close();
  }
  await ledger.close();
});

test('batches of one moment share a seal, which comes without anybody asking', async () => {
  const disk = new MemoryDisk();
  const sim = new SimClock();
  const ledger = await openSegmentLedger({ folder: '/log', logId: 'log', clock: sim, keys, fs: disk });
  const isSeal = ({ kind, path }: DiskOperation): boolean => kind === 'datasync' && path.endsWith('/head');
  const from = disk.operations.length;
  for (let at = 0; at < 3; at += 1) await ledger.append(event({ at }));
  sim.advance(199);
  assert.is(disk.operations.slice(from).filter(isSeal).length, 0);
  sim.advance(1);
  await settle();
  assert.is(disk.operations.slice(from).filter(isSeal).length, 1);
  assert.match(Buffer.from(disk.bytes('/log/checkpoint')).toString(), /^log\n3\n/);
  await ledger.append(event(3));
  sim.advance(200);
  await settle();
  assert.is(disk.operations.slice(from).filter(isSeal).length, 2);
  await ledger.append(event(4));
  await ledger.close();
  assert.is(disk.operations.slice(from).filter(isSeal).length, 3);
  assert.is(sim.nextDueMs(), undefined);
});

test('a failed save of the head gives no checkpoint, and the next one is whole', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.fault = ({ kind, path }) => (kind === 'datasync' && path.endsWith('/head') ? 'EIO' : undefined);
  await ledger.append(event(1));
  await assertFails(() => ledger.checkpoint(), 'unavailable');
  disk.fault = undefined;
  assert.is((await ledger.checkpoint()).size, 1);
  await ledger.close();
});

test('everything is there after a reopen: entries, decisions, generation, root', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  for (let at = 0; at < 300; at += 1) await first.append(opened(at), { generation: 3 });
  await first.append(final(7));
  const before = await first.checkpoint();
  const entries = await collect(first.read(0));
  await first.close();
  const second = await open(disk);
  assert.equal(await second.checkpoint(), before);
  assert.equal(
    (await collect(second.read(0))).map((entry) => entry.canonical),
    entries.map((entry) => entry.canonical),
  );
  assert.equal(
    (await second.byDecision(decisionId(7))).map((entry) => entry.index),
    [7, 300],
  );
  assert.not((await second.append(final(7, 'rejected'), { generation: 3 })).appended);
  await assertFails(() => second.append(opened(8, 'b'), { generation: 3 }), 'conflict');
  await assertFails(() => second.append(event(1), { generation: 2 }), 'stale_writer');
  assert.is((await second.append(event(1))).index, 301);
  await second.close();
});

test('property: whatever a power cut leaves of unsynced sectors, no acknowledged entry is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 60 }),
      fc.infiniteStream(fc.boolean()),
      async (bursts, cutAfter, coins) => {
        const disk = new MemoryDisk();
        const ledger = await open(disk);
        const acknowledged: LedgerReceipt[] = [];
        let left = cutAfter;
        let crashed: MemoryDisk | undefined;
        disk.fault = () => {
          left -= 1;
          if (left < 0) crashed ??= disk.crash(() => coins.next().value as boolean);
          // After the cut nothing comes back: the process is gone.
          return crashed ? 'EIO' : undefined;
        };
        for (const [at, burst] of bursts.entries()) {
          const inputs = Array.from({ length: burst }, (_, n) =>
            event({ at, n, pad: 'x'.repeat((at * 97 + n * 31) % 900) }),
          );
          const acknowledge = (receipt: LedgerReceipt): void => {
            // A receipt that comes when the power is gone was never seen by anyone.
            if (!crashed) acknowledged.push(receipt);
          };
          await Promise.allSettled(inputs.map((input) => ledger.append(input).then(acknowledge)));
        }
        await ledger.close().catch(() => undefined);
        const after = await open(crashed ?? disk.crash(() => coins.next().value as boolean));
        assert.ok(after.size() >= acknowledged.length, `${after.size()} of ${acknowledged.length}`);
        for (const { index, entry } of acknowledged)
          assert.is((await after.entry(index))!.canonical, entry.canonical);
        const { index } = await after.append(event('goes on'));
        assert.is((await after.proof(index)).index, index);
        await after.close();
      },
    ),
    { numRuns: 150 },
  );
});

test('a write that the disk refuses leaves nothing behind: storage_failed, and the log goes on', async () => {
  for (const fault of ['ENOSPC', 'EIO']) {
    const disk = new MemoryDisk();
    const ledger = await open(disk);
    await ledger.append(opened(1));
    once(disk, (operation) => operation.kind === 'write' && isSegment(operation), fault);
    const failed = await Promise.allSettled([ledger.append(final(1)), ledger.append(event(1))]);
    for (const one of failed)
      assert.is(((one as PromiseRejectedResult).reason as WitanError).code, 'storage_failed');
    assert.is(ledger.size(), 1);
    assert.equal((await ledger.byDecision(decisionId(1))).length, 1);
    const retried = await ledger.append(final(1, 'held'));
    assert.ok(retried.appended);
    assert.is(retried.index, 1);
    await ledger.close();
    const again = await open(disk);
    assert.is(again.size(), 2);
    assert.not(again.isTailCut);
    await again.close();
  }
});

test('a short write is finished', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  once(disk, (operation) => operation.kind === 'write' && operation.byteLength > 1_000, { shortBy: 100 });
  await ledger.append(event({ text: 'x'.repeat(1_000) }));
  await ledger.close();
  const again = await open(disk);
  assert.equal((await again.entry(0))!.payload, { text: 'x'.repeat(1_000) });
  await again.close();
});

test('of a batch that is written in part nothing is found later', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.append(event(0));
  const faults: DiskFault[] = [{ shortBy: 100 }, 'ENOSPC'];
  disk.fault = (operation) =>
    operation.kind === 'write' && isSegment(operation) ? faults.shift() : undefined;
  const failed = await Promise.allSettled([ledger.append(opened(1)), ledger.append(final(1))]);
  for (const one of failed) {
    assert.is(((one as PromiseRejectedResult).reason as WitanError).code, 'storage_failed');
  }
  const after = await open(disk.crash(() => true));
  assert.is(after.size(), 1);
  assert.equal(await after.byDecision(decisionId(1)), []);
  await after.close();
  await ledger.close();
});

test('a head that is written in part leaves the one before', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.append(event(0));
  await ledger.checkpoint();
  for (let at = 1; at < 4; at += 1) {
    let writes = 0;
    disk.fault = ({ kind, path }) => {
      if (kind !== 'write' || !path.endsWith('/head')) return undefined;
      writes += 1;
      return writes === 1 ? { shortBy: 40 } : 'EIO';
    };
    await ledger.append(event(at));
    await assertFails(() => ledger.checkpoint(), 'unavailable');
    const after = await open(disk.crash(() => true));
    assert.is(after.size(), at + 1);
    await after.close();
    disk.fault = undefined;
    assert.is((await ledger.checkpoint()).size, at + 1);
  }
  await ledger.close();
});

test('damage to an entry that no head covers yet is told from a torn tail by what follows it', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.fault = ({ kind, path }) => (kind === 'write' && path.endsWith('/head') ? 'EIO' : undefined);
  for (let at = 0; at < 5; at += 1) await ledger.append(opened(at));
  const text = Buffer.from(disk.bytes('/log/0000000000.seg')).toString('latin1');
  const damaged = (number: number): MemoryDisk => {
    const broken = disk.copy();
    void broken.remove('/log/lock');
    const at = text.indexOf(`"number":${number},`);
    broken.tamper('/log/0000000000.seg', (bytes) => void (bytes[at + 9] = 0x39));
    return broken;
  };
  const error = await assertFails(() => open(damaged(2)), 'verification_failed');
  assert.is(error.details['index'], 2);
  // The last batch alone can be torn by a power cut: nothing proves that anyone was told of it.
  const tail = await open(damaged(4));
  assert.ok(tail.isTailCut);
  assert.is(tail.size(), 4);
  await tail.close();
  await ledger.close();
});

test('a refused write that cannot be wiped is unknown', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.fault = (operation) => (operation.kind === 'write' && isSegment(operation) ? 'EIO' : undefined);
  await assertFails(() => ledger.append(opened(1)), 'unavailable');
  await assertFails(() => ledger.byDecision(decisionId(1)), 'unavailable');
  await ledger.close();
});

test('after a failed sync: unknown, no more appends, earlier entries readable, a reopen decides', async () => {
  for (const isKept of [true, false]) {
    const disk = new MemoryDisk();
    const ledger = await open(disk);
    await ledger.append(opened(1));
    once(disk, (operation) => operation.kind === 'datasync' && isSegment(operation), 'EIO');
    const unknown = ledger.append(final(1));
    await assertFails(() => unknown, 'unavailable');
    await assertFails(() => ledger.append(event(1)), 'storage_failed');
    await assertFails(() => ledger.byDecision(decisionId(1)), 'unavailable');
    assert.is((await ledger.entry(0))!.kind, 'opened');
    assert.is(ledger.size(), 1);
    await ledger.close();
    const again = await open(disk.crash(() => isKept));
    assert.is(again.size(), isKept ? 2 : 1);
    // Read back from a cache that was never synced, it must be on the disk before anything is built on it.
    const third = await open(disk.crash(() => isKept).crash(() => false));
    assert.ok(third.size() >= 1);
    await again.close();
    await third.close();
  }
});

test('entries found unsynced when the log is opened are synced again before they count', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.append(event(0));
  once(disk, (operation) => operation.kind === 'datasync' && isSegment(operation), 'EIO');
  await assertFails(() => ledger.append(event(1)), 'unavailable');
  await ledger.close();
  // Same machine, same page cache: the entry can be read although it never reached the disk.
  const again = await open(disk);
  assert.is(again.size(), 2);
  const afterCut = await open(disk.crash(() => false));
  assert.is(afterCut.size(), 2);
  await again.close();
  await afterCut.close();
});

test('a defect while a batch is built fails those who wait and ends nothing else', async () => {
  let isBroken = false;
  const wallMs = (): number => {
    if (isBroken) throw new Error('a clock that fails');
    return 1_800_000_000_000;
  };
  const options = { folder: '/log', logId: 'witan.example/log', keys, segmentBytes: 65_536 };
  const disk = new MemoryDisk();
  const ledger = await openSegmentLedger({ ...options, clock: { ...clock, wallMs }, fs: disk });
  await ledger.append(event(0));
  isBroken = true;
  const settled = await Promise.allSettled([ledger.append(event(1)), ledger.append(event(2))]);
  assert.equal(
    settled.map((one) => one.status),
    ['rejected', 'rejected'],
  );
  await assertFails(() => ledger.append(event(3)), 'storage_failed');
  assert.equal((await ledger.entry(0))!.payload, 0);
  await ledger.close();
  const again = await open(disk);
  assert.is(again.size(), 1);
  await again.close();
});

test('without room for the next segment appends are refused, reads go on, and room ends it', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.fault = ({ path }) => (path.endsWith('spare.seg') ? 'ENOSPC' : undefined);
  let accepted = 0;
  let refused: WitanError | undefined;
  while (!refused) {
    await ledger.append(event({ accepted, pad: 'x'.repeat(2_000) })).then(
      () => (accepted += 1),
      (error: WitanError) => (refused = error),
    );
  }
  assert.is(refused.code, 'storage_failed');
  assert.is(refused.details['code'], 'ENOSPC');
  assert.ok(accepted > 20);
  await assertFails(() => ledger.append(event('x'.repeat(2_000))), 'storage_failed');
  assert.is((await collect(ledger.read(0))).length, accepted);
  assert.is((await ledger.checkpoint()).size, accepted);
  disk.fault = undefined;
  assert.is((await ledger.append(event('room'))).index, accepted);
  await ledger.close();
  const again = await open(disk);
  assert.is(again.size(), accepted + 1);
  await again.close();
});

test('entries larger than a segment are refused before they are queued', async () => {
  const ledger = await open(new MemoryDisk());
  await assertFails(() => ledger.append(event('x'.repeat(70_000))), 'too_large');
  assert.is((await ledger.append(event('x'.repeat(60_000)))).index, 0);
  assert.is((await ledger.append(event('x'.repeat(60_000)))).index, 1);
  await ledger.close();
});

test('damage to an acknowledged entry is refused at open, with its name', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  for (let at = 0; at < 40; at += 1) await ledger.append(opened(at));
  await ledger.close();
  const text = Buffer.from(disk.bytes('/log/0000000000.seg')).toString('latin1');
  for (const number of [0, 17, 39]) {
    const broken = disk.crash(() => true);
    const at = text.indexOf(`"number":${number},`);
    assert.ok(at > 0);
    broken.tamper('/log/0000000000.seg', (bytes) => void (bytes[at + 9] = 0x39));
    const error = await assertFails(() => open(broken), 'verification_failed');
    assert.is(error.details['index'], number);
    assert.is(error.details['decisionId'], decisionId(number));
    // The refused open left no lock behind.
    await assertFails(() => open(broken), 'verification_failed');
  }
});

test('a wiped end, a wiped segment and a lost head are damage, not torn tails', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  for (let at = 0; at < 100; at += 1) await ledger.append(event({ at, pad: 'x'.repeat(1_000) }));
  await ledger.close();
  const damages: [string, (bytes: Uint8Array) => void][] = [
    ['/log/0000000001.seg', (bytes) => bytes.fill(0, bytes.length / 4)],
    ['/log/0000000001.seg', (bytes) => bytes.fill(0)],
    ['/log/0000000000.seg', (bytes) => bytes.fill(0, 2_000, 3_000)],
    ['/log/0000000000.seg', (bytes) => bytes.fill(0)],
    ['/log/head', (bytes) => bytes.fill(0)],
    ['/log/log.json', (bytes) => bytes.fill(0x20)],
  ];
  for (const [path, change] of damages) {
    const broken = disk.crash(() => true);
    broken.tamper(path, change);
    await assertFails(() => open(broken), 'verification_failed');
  }
});

test('a second opener is refused; a lock of a dead process is taken over', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await assertFails(() => open(disk), 'already_exists');
  await ledger.close();
  const again = await open(disk);
  await again.close();
});

test('a folder of another log is refused', async () => {
  const disk = new MemoryDisk();
  await (await open(disk)).close();
  const other = openSegmentLedger({ folder: '/log', logId: 'witan.example/other', clock, keys, fs: disk });
  await assertFails(() => other, 'config_invalid');
});

test('what waits for the disk is bounded', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk, 1_048_576);
  let release: () => void = () => {};
  const gate = new Promise<undefined>((done) => (release = () => done(undefined)));
  disk.fault = (operation) => (operation.kind === 'datasync' && isSegment(operation) ? gate : undefined);
  const waiting = Array.from({ length: 66_000 }, () =>
    ledger.append(event(1)).then(
      () => 'ok',
      (error: WitanError) => error.code,
    ),
  );
  await new Promise((done) => setImmediate(done));
  release();
  const outcomes = await Promise.all(waiting);
  const refused = outcomes.filter((outcome) => outcome === 'overloaded').length;
  assert.ok(refused > 0 && refused < 10_000, `${refused}`);
  assert.is(ledger.size(), 66_000 - refused);
  await ledger.close();
});
