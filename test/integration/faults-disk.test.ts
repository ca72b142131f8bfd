/** A disk that is really full: no verdict, nothing half-recorded, and space brings it all back. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecisionId } from '../../contracts/messages/ids.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assertLogVerifies, ended, isError, outcomeOf, PATIENT } from './fault-fixtures.ts';

const test = suite('faults-disk', { limitMs: 180_000 });
const SEGMENT_BYTES = 131_072;
const DISK_BYTES = 4 * SEGMENT_BYTES;
const DECISIONS_MAX_COUNT = 100;

interface Scene {
  readonly dataDir: string;
  /** The small disk, which holds the log and nothing else. */
  readonly disk: string;
  readonly host: Host;
}

/** A node whose log lies on a file system of its own of half a megabyte. */
async function withSmallDisk(use: (scene: Scene) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'witan-disk-'));
  const disk = join(dataDir, 'log');
  mkdirSync(disk);
  const options = ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0700`, 'tmpfs', disk];
  assert.is(spawnSync('mount', options).status, 0);
  const settings = { ...PATIENT, record: { segmentBytes: SEGMENT_BYTES }, review: { sweepEveryMs: 100 } };
  try {
    const host = await createHost({ dataDir, http: false, settings });
    await host.start();
    try {
      await use({ dataDir, disk, host });
    } finally {
      await host.stop({ graceMs: 1_000 });
    }
    await assertLogVerifies(dataDir);
  } finally {
    spawnSync('umount', [disk]);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Takes what is left of a disk; gives back how to free it. */
function fill(disk: string): () => void {
  const ballast = join(disk, 'ballast');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return () => truncateSync(ballast, 0);
}

const canMount = process.getuid?.() === 0 && isMountable();

function isMountable(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'witan-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place]).status === 0;
  if (isMounted) spawnSync('umount', [place]);
  rmSync(place, { recursive: true, force: true });
  return isMounted;
}

if (!canMount) {
  test.skip('the disk is full', 'needs root and a mountable tmpfs');
} else {
  test('a full disk: never a verdict; the node stays up, and works again with space', async () => {
    await withSmallDisk(async ({ dataDir, disk, host }) => {
      const first = await host.submit(BENIGN);
      assert.is(first.body.outcome, 'approved');
      const free = fill(disk);
      const failed = await submitUntilRefused(host);
      assert.ok(['unavailable', 'storage_failed'].includes(failed.code), failed.code);
      await assertLogVerifies(dataDir);
      assert.is(host.status, 'ready');
      // What was decided before is still there and still verifies, on the full disk.
      assert.is((await host.verify(first.body.decisionId)).mismatch, null);
      const lostId = failed.details['decisionId'];
      const lost = lostId === undefined ? undefined : DecisionId.parse(lostId);
      if (lost) assert.is((await host.readDecision(lost)).state, 'open');
      const settled = lost && ended(host, lost);
      free();
      const after = await host.submit({ ...BENIGN, idempotencyKey: 'after' });
      assert.is(after.body.outcome, 'approved');
      assert.is((await host.verify(after.body.decisionId)).mismatch, null);
      if (settled) {
        const { body } = await settled;
        assert.ok(body.outcome === 'approved' || body.heldReason === 'session-lost', String(body.heldReason));
        assert.is((await host.verify(body.decisionId)).mismatch, null);
      }
    });
  });
}

/** Decides until the log has no room left; every verdict until then is a whole one. */
async function submitUntilRefused(host: Host): Promise<{ code: string; details: Record<string, unknown> }> {
  for (let count = 0; count < DECISIONS_MAX_COUNT; count += 1) {
    const result = await outcomeOf(
      host.submit({ ...BENIGN, idempotencyKey: `full-${count}`, deadlineMs: 5_000 }),
    );
    if (isError(result)) return result;
    assert.is((await host.verify(result.body.decisionId)).mismatch, null);
  }
  throw new Error(`the disk took ${DECISIONS_MAX_COUNT} decisions`);
}
