/** Keys of subjects, and the services that wrap them, over memory and over files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { SubjectKeysPort } from '../../../runtime/kernel/ports/crypto/subject-keys.ts';
import { FileSubjectKeyStore } from '../../../runtime/store/crypto/subjects/file-subject-key-store.ts';
import { MemorySubjectKeyStore } from '../../../runtime/store/crypto/subjects/memory-subject-key-store.ts';
import { openFileKms } from '../../../runtime/store/keys/kms/file-kms.ts';
import { MemoryKms } from '../../../runtime/store/keys/kms/memory-kms.ts';
import { advance } from '../../sim-time.ts';
import { kmsConformance } from './kms.ts';
import type { MakePort } from '../fixture.ts';
import { recordKeysConformance } from './record-keys.ts';
import { subjectKeysConformance, type SubjectKeysFixture } from './subject-keys.ts';
import { subjectVaultFixture } from './subject-vault-fixture.ts';

const inMemory: MakePort<SubjectKeysPort, SubjectKeysFixture> = async () => {
  const clock = new SimClock();
  const [store, kms] = [new MemorySubjectKeyStore(), new MemoryKms(clock)];
  return subjectVaultFixture(clock, { store: () => store, kms: async () => kms, end: () => undefined });
};

const onFiles: MakePort<SubjectKeysPort, SubjectKeysFixture> = async () => {
  const clock = new SimClock();
  const folder = mkdtempSync(join(tmpdir(), 'witan-subjects-'));
  return subjectVaultFixture(clock, {
    store: () => new FileSubjectKeyStore(join(folder, 'subjects')),
    kms: () => openFileKms({ folder: join(folder, 'kms'), clock }),
    end: () => rmSync(folder, { recursive: true, force: true }),
  });
};

subjectKeysConformance('memory', inMemory);
subjectKeysConformance('files', onFiles);
recordKeysConformance('memory', inMemory);
recordKeysConformance('files', onFiles);

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
