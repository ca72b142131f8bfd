/** Damage to a finished log: every flipped bit of it is told, with the record and its place. */
import { MemoryDisk } from '../../../runtime/store/segment/memory-disk.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../../runtime/store/ledger/log-signer.ts';
import { openSegmentLedger, type SegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';
import { verifyLog } from '../../../runtime/store/segment/verify-log.ts';
import { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { LedgerReceipt } from '../../../runtime/kernel/ports/ledger.ts';
import { CHAOS_LOG } from './chaos-log.ts';

/** What became of a number of damaged copies. */
export interface DamageOutcome {
  readonly name: string;
  readonly tried: number;
  /** Damage that was named with its place, or from which the log came back whole. */
  readonly held: number;
  /** Acknowledged entries that were lost without a word. */
  readonly lost: number;
  /** The first that was not named. */
  readonly missed: string | null;
}

const FOLDER = '/log';
const clock = new SimClock();
const keys = new MemoryKeys({ clock, seed: CHAOS_LOG.seed });
const logKey = {
  logId: CHAOS_LOG.options.logId,
  publicKey: keys.active(CHECKPOINT_PURPOSE).publicKey,
};

const open = (fs: MemoryDisk, at = clock): Promise<SegmentLedger> =>
  openSegmentLedger({ ...CHAOS_LOG.options, folder: FOLDER, clock: at, keys, fs });

/** A log of `count` entries, closed. */
async function writtenLog(count: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  for (let at = 0; at < count; at += 1) {
    await ledger.append({ kind: 'event', tenant: 'chaos', payload: { at, text: 'y'.repeat(600) } });
  }
  await ledger.close();
  return disk;
}

/** Flips single bits in written frames. */
export async function flippedBits(count: number, seed = 1): Promise<DamageOutcome> {
  const disk = await writtenLog(250);
  const random = new SeededRandom(seed);
  let held = 0;
  let missed: string | null = null;
  for (let turn = 0; turn < count; turn += 1) {
    const segment = random.below(3);
    const path = `${FOLDER}/${String(segment).padStart(10, '0')}.seg`;
    const written = disk.bytes(path).findLastIndex((byte) => byte !== 0) + 1;
    const offset = 8 + random.below(written - 8);
    const copy = disk.copy();
    copy.tamper(path, (bytes) => void (bytes[offset]! ^= 1 << random.below(8)));
    const { ok, broken } = await verifyLog(FOLDER, [logKey], copy);
    const isNamed = !ok && broken !== null && broken.segment === segment && broken.offset <= offset;
    if (isNamed) held += 1;
    else missed ??= `${path} at ${offset}: ${JSON.stringify(broken)}`;
  }
  return { name: 'bits flipped in written frames', tried: count, held, lost: 0, missed };
}

/** Changes the files beside the records. */
export async function damagedFiles(): Promise<DamageOutcome> {
  const disk = await writtenLog(50);
  const damages: [string, (bytes: Uint8Array) => void][] = [
    ['checkpoint', (bytes) => void (bytes[30]! ^= 1)],
    ['checkpoint', (bytes) => void (bytes[bytes.length - 5]! ^= 1)],
    ['log.json', (bytes) => void (bytes[3]! ^= 1)],
    ['head', (bytes) => bytes.fill(0)],
    ['head', (bytes) => bytes.fill(0xff)],
  ];
  let held = 0;
  let missed: string | null = null;
  for (const [name, change] of damages) {
    const copy = disk.copy();
    copy.tamper(`${FOLDER}/${name}`, change);
    const told = await verifyLog(FOLDER, [logKey], copy).then(
      ({ ok, mismatch }) => (ok ? null : mismatch!.field),
      (error: Error) => error.message,
    );
    if (told !== null) held += 1;
    else missed ??= name;
  }
  return { name: 'files beside the records', tried: damages.length, held, lost: 0, missed };
}

/** Power cuts that keep any of the sectors which were written and not synced. */
export async function tornWrites(count: number, seed = 2): Promise<DamageOutcome> {
  const random = new SeededRandom(seed);
  let [held, lost] = [0, 0];
  let missed: string | null = null;
  for (let turn = 0; turn < count; turn += 1) {
    const disk = new MemoryDisk();
    const ledger = await open(disk);
    const acknowledged: LedgerReceipt[] = [];
    let left = random.below(60);
    let crashed: MemoryDisk | undefined;
    disk.fault = () => {
      left -= 1;
      if (left < 0) crashed ??= disk.crash(() => random.below(2) === 0);
      return crashed ? 'EIO' : undefined;
    };
    for (let at = 0; at < 30 && !crashed; at += 1) {
      const payload = { at, text: 'z'.repeat((at * 97) % 900) };
      const receipt = await ledger.append({ kind: 'event', tenant: 'chaos', payload }).catch(() => null);
      if (receipt && !crashed) acknowledged.push(receipt);
    }
    await ledger.close().catch(() => undefined);
    const after = await open(crashed ?? disk).catch((error: Error) => error);
    if (after instanceof Error) {
      missed ??= `cut ${turn}: ${after.message}`;
      continue;
    }
    for (const { index, leafHash } of acknowledged) {
      if ((await after.entry(index))?.leafHash !== leafHash) lost += 1;
    }
    await after.close();
    held += 1;
  }
  return { name: 'torn writes at a power cut', tried: count, held, lost, missed };
}

/** A disk without room at every kind of write: nothing is acknowledged that is not there. */
export async function fullDisk(): Promise<DamageOutcome> {
  let [held, lost] = [0, 0];
  let missed: string | null = null;
  const places = [/\/\d{10}\.seg$/, /\/spare\.seg$/, /\/head$/, /\/checkpoint$/, /\/columns\//];
  for (const place of places) {
    const disk = new MemoryDisk();
    const ledger = await open(disk);
    const acknowledged: LedgerReceipt[] = [];
    for (let at = 0; at < 160; at += 1) {
      const isFull = at >= 40 && at < 120;
      disk.fault = ({ kind, path }) =>
        isFull && place.test(path) && ['write', 'create', 'text'].includes(kind) ? 'ENOSPC' : undefined;
      const payload = { at, text: 'w'.repeat(900) };
      const receipt = await ledger.append({ kind: 'event', tenant: 'chaos', payload }).catch(() => null);
      if (receipt) acknowledged.push(receipt);
      if (at % 10 === 0) await ledger.checkpoint().catch(() => undefined);
    }
    disk.fault = undefined;
    await ledger.close();
    const after = await open(disk.crash(() => false));
    for (const { index, leafHash } of acknowledged) {
      if ((await after.entry(index))?.leafHash !== leafHash) lost += 1;
    }
    const { ok } = await verifyLog(FOLDER, [logKey], disk);
    if (ok && after.size() === acknowledged.length) held += 1;
    else missed ??= `${place}: ${after.size()} of ${acknowledged.length}`;
    await after.close();
  }
  return { name: 'full disk, by file', tried: places.length, held, lost, missed };
}

/** A clock that goes backwards: order is the index, and the log still verifies. */
export async function clockBackwards(): Promise<DamageOutcome> {
  const disk = new MemoryDisk();
  let wallMs = 1_800_000_000_000;
  const backwards = {
    monotonicMs: () => 0,
    wallMs: () => (wallMs -= 60_000),
    setTimer: () => ({ cancel() {} }),
  };
  const options = { ...CHAOS_LOG.options, folder: FOLDER, clock: backwards, keys, fs: disk };
  const ledger = await openSegmentLedger(options);
  const receipts: LedgerReceipt[] = [];
  for (let at = 0; at < 100; at += 1) {
    receipts.push(await ledger.append({ kind: 'event', tenant: 'chaos', payload: at }));
  }
  await ledger.close();
  const isOrdered = receipts.every(({ index }, at) => index === at);
  const { ok } = await verifyLog(FOLDER, [logKey], disk);
  const holds = ok && isOrdered;
  return { name: 'clock backwards', tried: 1, held: Number(holds), lost: 0, missed: holds ? null : 'order' };
}
