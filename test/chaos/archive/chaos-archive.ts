/** A log and its archive in one folder, as the child that is ended and whoever looks afterwards open them. */
import { join } from 'node:path';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { ObjectPort } from '../../../runtime/kernel/ports/object.ts';
import { archiveKeyIn, type ArchiveKey } from '../../../runtime/store/archive/archive-key.ts';
import type { StepHook } from '../../../runtime/store/archive/archive-steps.ts';
import { ArchiveWriter } from '../../../runtime/store/archive/archive-writer.ts';
import { ARCHIVE_PURPOSE } from '../../../runtime/store/archive/manifest.ts';
import { verifyArchive, type ArchiveVerification } from '../../../runtime/store/archive/verify-archive.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../../runtime/store/ledger/log-signer.ts';
import { openObjects } from '../../../runtime/store/objects/open-objects.ts';
import { openSegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';

/** Entries that are appended before each write of the archive. */
export const ENTRIES_EACH = 40;

const PREFIX = 'archive';
const LOG_ID = 'witan/chaos';

/** An open log with its archive. */
export interface ChaosArchive {
  readonly ledger: LedgerPort;
  readonly writer: ArchiveWriter;
  append(count: number): Promise<void>;
  verify(): Promise<ArchiveVerification>;
  close(): Promise<void>;
}

/** Opens both; `step` is told of each step of the archive. */
export async function openChaosArchive(folder: string, step?: StepHook): Promise<ChaosArchive> {
  const clock = new SystemClock();
  const keys = new MemoryKeys({ clock, seed: 'chaos archive' });
  const ledger = await openSegmentLedger({ folder: join(folder, 'log'), logId: LOG_ID, clock, keys });
  const objects: ObjectPort = await openObjects({ address: join(folder, 'objects'), clock });
  const key: ArchiveKey = archiveKeyIn(folder, undefined);
  const { keyId, purpose, publicKey, state } = keys.active(ARCHIVE_PURPOSE);
  if (ledger.size() === 0) {
    const payload = { keyId, purpose, publicKey: toHex(publicKey), state };
    await ledger.append({ kind: 'key', tenant: 'system', payload });
  }
  const writer = new ArchiveWriter({
    objects,
    prefix: PREFIX,
    source: ledger,
    key,
    signer: () => ({ keyId, sign: (message: Uint8Array) => keys.sign(keyId, message) }),
    clock,
    packMaxCount: 16,
    packBytes: 1_000_000,
    lockedUntil: (nowWallMs) => nowWallMs + 60_000,
    step,
  });
  const publicKeys = [toHex(keys.active(CHECKPOINT_PURPOSE).publicKey)];
  const pinned = { format: 'witan-verify-key/1' as const, logId: LOG_ID, publicKeys };
  return {
    ledger,
    writer,
    async append(count) {
      for (let at = 0; at < count; at += 1) {
        const payload = { at, text: `the same words in every event, ${at % 5}` };
        await ledger.append({ kind: 'event', tenant: 'chaos', payload });
      }
    },
    verify: () => verifyArchive({ objects, prefix: PREFIX, pinned, secret: key.secret }),
    async close() {
      await ledger.close();
      await objects.close();
    },
  };
}
