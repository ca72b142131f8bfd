/** Keys of subjects, and the services that wrap them, over memory and over files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { KmsPort } from '../../../runtime/kernel/ports/crypto/kms.ts';
import type { SubjectKeyStorePort } from '../../../runtime/kernel/ports/crypto/subject-keys.ts';
import { openCrypto } from '../../../runtime/store/crypto/open-crypto.ts';
import { FileSubjectKeyStore } from '../../../runtime/store/crypto/subjects/file-subject-key-store.ts';
import { MemorySubjectKeyStore } from '../../../runtime/store/crypto/subjects/memory-subject-key-store.ts';
import { openSubjectVault } from '../../../runtime/store/crypto/subjects/subject-vault.ts';
import { openFileKms } from '../../../runtime/store/keys/kms/file-kms.ts';
import { MemoryKms } from '../../../runtime/store/keys/kms/memory-kms.ts';
import { advance } from '../../sim-time.ts';
import { kmsConformance } from './kms.ts';
import { subjectKeysConformance, type SubjectKeysFixture } from './subject-keys.ts';

const crypto = openCrypto({ postQuantum: false });

async function fixtureOf(
  clock: SimClock,
  parts: { store: () => SubjectKeyStorePort; kms: () => Promise<KmsPort>; end: () => void },
): Promise<SubjectKeysFixture> {
  const aead = await crypto.aead('aes-256-gcm');
  const open = async () => openSubjectVault({ store: parts.store(), kms: await parts.kms(), aead, clock });
  let port = await open();
  return {
    port,
    pass: (ms) => advance(clock, ms),
    async reopen() {
      await port.close();
      port = await open();
      return port;
    },
    async end() {
      await port.close();
      parts.end();
    },
  };
}

subjectKeysConformance('memory', async () => {
  const clock = new SimClock();
  const [store, kms] = [new MemorySubjectKeyStore(), new MemoryKms(clock)];
  return fixtureOf(clock, { store: () => store, kms: async () => kms, end: () => undefined });
});

subjectKeysConformance('files', async () => {
  const clock = new SimClock();
  const folder = mkdtempSync(join(tmpdir(), 'witan-subjects-'));
  return fixtureOf(clock, {
    store: () => new FileSubjectKeyStore(join(folder, 'subjects')),
    kms: () => openFileKms({ folder: join(folder, 'kms'), clock }),
    end: () => rmSync(folder, { recursive: true, force: true }),
  });
});

kmsConformance('memory', async () => {
  const clock = new SimClock();
  return { port: new MemoryKms(clock), pass: (ms) => advance(clock, ms), end: async () => undefined };
});

kmsConformance('files', async () => {
  const clock = new SimClock();
  const folder = mkdtempSync(join(tmpdir(), 'witan-kms-'));
  return {
    port: await openFileKms({ folder, clock }),
    pass: (ms) => advance(clock, ms),
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
