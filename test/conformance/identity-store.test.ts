/** Stores of API keys against their suite, and what only files can do: outlive the process. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileIdentityStore } from '../../runtime/store/identity/file-identity-store.ts';
import { MemoryIdentityStore } from '../../runtime/store/memory/memory-identity-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails } from './fixture.ts';
import { identityStoreConformance, keyRecord } from './identity-store.ts';

const pass = async (): Promise<void> => undefined;

identityStoreConformance('memory', async () => {
  const port = new MemoryIdentityStore();
  return { port, pass, end: () => port.close() };
});

identityStoreConformance('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'witan-identity-'));
  const port = await FileIdentityStore.open(join(folder, 'identity'));
  const end = async (): Promise<void> => {
    await port.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, pass, end };
});

const test = suite('identity store on files');

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-identity-'));
  try {
    await use(join(folder, 'identity'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('keys, their ends and credits are there after another opening', () =>
  withFolder(async (folder) => {
    const first = await FileIdentityStore.open(folder);
    await first.add(keyRecord(2));
    await first.add(keyRecord(1));
    await first.change(keyRecord(2).id, { revokedAtWallMs: 3 });
    await first.addCredits('acme', 4, 7);
    await first.close();
    const second = await FileIdentityStore.open(folder);
    assert.equal(await second.keys(), [keyRecord(1), keyRecord(2, { revokedAtWallMs: 3 })]);
    assert.is(await second.addCredits('acme', 4, 1), 8);
    assert.is(await second.addCredits('acme', 3, 1), 9, 'a clock that went back opens no old period');
  }));

test('folder and files are for their owner alone, and nothing is left beside them', () =>
  withFolder(async (folder) => {
    const store = await FileIdentityStore.open(folder);
    await store.add(keyRecord(1));
    assert.is((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) {
      assert.match(name, /\.api-key\.json$/);
      assert.is((await stat(join(folder, name))).mode & 0o777, 0o600);
    }
  }));

test('a damaged file keeps the store from opening', () =>
  withFolder(async (folder) => {
    const store = await FileIdentityStore.open(folder);
    await store.add(keyRecord(1));
    await store.close();
    await writeFile(join(folder, `${keyRecord(1).id}.api-key.json`), '{"format":"witan-api-key/1"}');
    await assertFails(() => FileIdentityStore.open(folder), 'verification_failed');
  }));
