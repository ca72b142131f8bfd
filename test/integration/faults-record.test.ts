/** A record that was touched after the fact: `witan verify` names what is wrong and leaves with 7. */
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { FileKeys } from '../../runtime/store/keys/file-keys.ts';
import { openSegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, startHost, withFolder } from '../host/fixtures.ts';
import { PATIENT } from './fault-fixtures.ts';
import { runWitan } from './witan-process.ts';

const test = suite('faults-record', { limitMs: 90_000 });
const SMALL = { ...PATIENT, record: { segmentBytes: 1_048_576 } };

/** A stopped node's folder with three decisions; gives their ids and the folder. */
async function withRecord(
  use: (dataDir: string, decisionIds: readonly string[]) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const dataDir = join(folder, 'node');
    const host = await startHost({ dataDir, settings: SMALL });
    const decisionIds: string[] = [];
    for (const idempotencyKey of ['one', 'two', 'three']) {
      decisionIds.push((await host.submit({ ...BENIGN, idempotencyKey })).body.decisionId);
    }
    await host.stop();
    await use(dataDir, decisionIds);
  });
}

test('the untouched record verifies, from a copy in another folder and without its database', async () => {
  await withRecord(async (dataDir, [first]) => {
    const copy = join(dataDir, '..', 'copy');
    mkdirSync(copy);
    cpSync(join(dataDir, 'log'), join(copy, 'log'), { recursive: true });
    copyFileSync(join(dataDir, 'verify-key.json'), join(copy, 'pinned.json'));
    const run = await runWitan(['verify', first!, '--data-dir', '.', '--key', 'pinned.json'], copy);
    assert.is(run.code, 0, run.out + run.faults);
    assert.match(run.out, /^verified d[0-9a-f]{32}: approved by council\n/);
  });
});

test('one changed byte anywhere in a record: the record is named, exit code 7', async () => {
  await withRecord(async (dataDir, decisionIds) => {
    const [first, second] = decisionIds;
    const log = join(dataDir, 'log');
    const segment = join(
      log,
      readdirSync(log).find((name) => name.endsWith('.seg'))!,
    );
    const at = readFileSync(segment).indexOf(second!);
    flipByte(segment, at + second!.length + 40);
    // Whichever decision is asked for, damage anywhere in the log is told first.
    for (const asked of [first!, second!]) {
      const run = await runWitan(['verify', asked, '--data-dir', dataDir], dataDir);
      assert.is(run.code, 7, run.out + run.faults);
      assert.match(run.out, new RegExp(`^NOT verified: record \\d+ of ${second}`));
    }
    const json = await runWitan(['verify', first!, '--data-dir', dataDir, '--json'], dataDir);
    const { ok, record } = JSON.parse(json.out) as { ok: boolean; record: { decisionId: string } };
    assert.equal([ok, record.decisionId], [false, second]);
  });
});

test('a log recomputed whole and signed by another key is refused under the pinned key', async () => {
  await withRecord(async (dataDir, [first]) => {
    const pinned = join(dataDir, 'verify-key.json');
    const forged = join(dataDir, '..', 'forged');
    const { decisionId, key } = await forge(dataDir, forged);
    const run = await runWitan(['verify', decisionId, '--data-dir', forged, '--key', pinned], dataDir);
    assert.is(run.code, 7, run.out + run.faults);
    assert.match(run.out, /^NOT verified: .*signature/);
    // The forger's own key does not help either: the log's own records do not name it.
    const own = await runWitan(['verify', decisionId, '--data-dir', forged, '--key', key], dataDir);
    assert.is(own.code, 7, own.out + own.faults);
    assert.match(own.out, /^NOT verified: opened #\d+, keys/);
    assert.is((await runWitan(['verify', first!, '--data-dir', dataDir], dataDir)).code, 0);
  });
});

/** Writes the log anew with one outcome turned round: every hash and the head fit, under keys of its own. */
async function forge(dataDir: string, forged: string): Promise<{ decisionId: string; key: string }> {
  const clock = new SystemClock();
  const { logId } = JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')) as { logId: string };
  const open = (folder: string): Promise<LedgerPort> =>
    openSegmentLedger({
      folder: join(folder, 'log'),
      logId,
      keys: new FileKeys({ folder: join(folder, 'keys'), clock }),
      clock,
      segmentBytes: SMALL.record.segmentBytes,
    });
  mkdirSync(forged);
  const real = await open(dataDir);
  const made = await open(forged);
  let decisionId = '';
  for await (const { kind, tenant, decisionId: of, payload } of real.read(0)) {
    const isTurned = kind === 'final' && decisionId === '';
    if (isTurned) decisionId = of!;
    const told = isTurned ? turned(payload as FinalPayload) : payload;
    await made.append({ kind, tenant, ...(of !== undefined && { decisionId: of }), payload: told });
  }
  await made.checkpoint();
  await real.close();
  await made.close();
  const signer = new FileKeys({ folder: join(forged, 'keys'), clock }).active('checkpoint');
  return { decisionId, key: Buffer.from(signer.publicKey).toString('hex') };
}

function turned(payload: FinalPayload): FinalPayload {
  return { ...payload, body: { ...payload.body, outcome: 'rejected' } };
}

function flipByte(file: string, at: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0]! ^= 1;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}
