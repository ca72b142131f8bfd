/** A node's folder and its backup, as the child that is ended and whoever goes on after it open them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import type { ObjectPort } from '../../../runtime/kernel/ports/object.ts';
import { archiveKeyIn } from '../../../runtime/store/archive/archive-key.ts';
import type { StepHook } from '../../../runtime/store/archive/archive-steps.ts';
import { ARCHIVE_PURPOSE } from '../../../runtime/store/archive/manifest.ts';
import { backupNames, BackupWriter, listPoints } from '../../../runtime/store/backup/backup-writer.ts';
import { restoreBackup } from '../../../runtime/store/backup/restore-backup.ts';
import type { RestoreReport } from '../../../runtime/store/backup/restore-backup.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../../runtime/store/ledger/log-signer.ts';
import { openObjects } from '../../../runtime/store/objects/open-objects.ts';
import { openSegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';

/** Entries that are appended before each backup. */
export const BACKED_EACH = 20;
/** Files whose text is another before each backup: one of a point, one that must never go back in time. */
export const BACKED_FILES = { point: 'keys/a.key.json', newest: 'subject-keys/head.json' } as const;

const PREFIX = 'backup';
const LOG_ID = 'witan/chaos';
const NO_RETENTION = { windowDays: 0, dailyDays: 0, weeklyDays: 0, monthlyMonths: 0, yearlyYears: 0 };

/** What the store holds, as far as faults may leave too much of it. */
export interface BackupLeftovers {
  readonly points: number;
  /** Versions of what must never go back in time: one. */
  readonly newest: number;
  /** Packs of tails that no manifest names. */
  readonly orphans: number;
}

/** An open log with its backup. */
export interface ChaosBackup {
  /** Appends, and gives both files the text. */
  change(text: string): Promise<void>;
  /** Backs up as if it were this much later. */
  write(laterMs: number): Promise<void>;
  restore(to: string): Promise<RestoreReport>;
  left(): Promise<BackupLeftovers>;
  close(): Promise<void>;
}

class ShiftedClock extends SystemClock {
  shiftMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.shiftMs;
  }
}

/** Opens both; `step` is told of each step of the backup. */
export async function openChaosBackup(folder: string, step?: StepHook): Promise<ChaosBackup> {
  const clock = new ShiftedClock();
  const keys = new MemoryKeys({ clock, seed: 'chaos backup' });
  const dataDir = join(folder, 'node');
  const ledger = await openSegmentLedger({ folder: join(dataDir, 'log'), logId: LOG_ID, clock, keys });
  const objects = await openObjects({ address: join(folder, 'objects'), clock });
  const key = archiveKeyIn(join(dataDir, 'keys'), undefined);
  const { keyId, purpose, publicKey, state } = keys.active(ARCHIVE_PURPOSE);
  if (ledger.size() === 0) {
    const payload = { keyId, purpose, publicKey: toHex(publicKey), state };
    await ledger.append({ kind: 'key', tenant: 'system', payload });
  }
  const signer = () => ({ keyId, sign: (message: Uint8Array) => keys.sign(keyId, message) });
  const limits = { packMaxCount: 8, packBytes: 1_000_000, retention: NO_RETENTION };
  const parts = { objects, prefix: PREFIX, dataDir, source: ledger, key, signer, clock, ...limits };
  const writer = new BackupWriter({ ...parts, step });
  const publicKeys = [toHex(keys.active(CHECKPOINT_PURPOSE).publicKey)];
  const pinned = { format: 'witan-verify-key/1' as const, logId: LOG_ID, publicKeys };
  return {
    async change(text) {
      for (let at = 0; at < BACKED_EACH; at += 1)
        await ledger.append({ kind: 'event', tenant: 'chaos', payload: { at, text } });
      for (const path of Object.values(BACKED_FILES)) {
        mkdirSync(dirname(join(dataDir, path)), { recursive: true });
        writeFileSync(join(dataDir, path), text);
      }
    },
    async write(laterMs) {
      clock.shiftMs = laterMs;
      await writer.write('increment');
    },
    restore: (to) => restoreBackup({ objects, prefix: PREFIX, to, key, segmentBytes: 65_536, pinned }),
    left: () => leftIn(objects),
    async close() {
      await ledger.close();
      await objects.close();
    },
  };
}

async function leftIn(objects: ObjectPort): Promise<BackupLeftovers> {
  const names = backupNames(PREFIX, LOG_ID);
  const named: string[] = [];
  for await (const { key } of objects.list(PREFIX)) named.push(key);
  const manifests = named.filter((key) => key.includes('/tails/'));
  const texts = await Promise.all(
    manifests.map(async (key) => new TextDecoder().decode(await objects.get(key))),
  );
  const packs = named.filter((key) => key.includes('/tail-packs/'));
  return {
    points: (await listPoints(objects, names)).length,
    newest: (await objects.versions(names.newest)).length,
    orphans: packs.filter((key) => !texts.some((text) => text.includes(key))).length,
  };
}
