import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { FileKeys } from '../../runtime/store/keys/file-keys.ts';
import { MemoryLedger } from '../../runtime/store/memory/memory-ledger.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import { openSegmentLedger } from '../../runtime/store/segment/segment-ledger.ts';
import { keysConformance } from './keys.ts';
import { ledgerConformance } from './ledger.ts';

const clock = {
  monotonicMs: () => 0,
  wallMs: () => 1_800_000_000_000.5,
  setTimer: () => ({ cancel: () => {} }),
};
const logId = 'witan.example/test';
const pass = (): Promise<void> => Promise.resolve();

ledgerConformance('memory', async () => {
  const keys = new MemoryKeys({ clock, seed: 'memory' });
  const port = new MemoryLedger({ logId, clock, keys });
  const logKey = () => ({ logId, publicKey: keys.active('checkpoint').publicKey });
  return { port, logKey, pass, end: () => port.close() };
});

ledgerConformance('segments on a file system', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-ledger-'));
  const keys = new MemoryKeys({ clock, seed: 'files' });
  const port = await openSegmentLedger({
    folder: join(folder, 'log'),
    logId,
    clock,
    keys,
    segmentBytes: 65_536,
  });
  const logKey = () => ({ logId, publicKey: keys.active('checkpoint').publicKey });
  const end = async (): Promise<void> => {
    await port.close();
    rmSync(folder, { recursive: true });
  };
  return { port, logKey, pass, end };
});

ledgerConformance('segments on a disk in memory', async () => {
  const keys = new MemoryKeys({ clock, seed: 'disk' });
  const port = await openSegmentLedger({
    folder: '/log',
    logId,
    clock,
    keys,
    segmentBytes: 65_536,
    fs: new MemoryDisk(),
  });
  const logKey = () => ({ logId, publicKey: keys.active('checkpoint').publicKey });
  return { port, logKey, pass, end: () => port.close() };
});

keysConformance('memory, seeded', async () => {
  const port = new MemoryKeys({ clock, seed: 'keys' });
  return { port, pass, end: () => port.close() };
});

for (const passphrase of [undefined, 'correct horse']) {
  keysConformance(passphrase ? 'files under a passphrase' : 'files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-keys-'));
    const port = new FileKeys({ folder, clock, ...(passphrase && { passphrase }) });
    const end = async (): Promise<void> => rmSync(folder, { recursive: true });
    return { port, pass, end };
  });
}
