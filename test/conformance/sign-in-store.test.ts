/** Stores of users and sessions against their suite, and what only files can do: outlive the process. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSignInStore } from '../../runtime/store/identity/file-sign-in-store.ts';
import { sealKeyAt, sealKeyIn } from '../../runtime/store/identity/seal-key.ts';
import { MemorySignInStore } from '../../runtime/store/memory/memory-sign-in-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails } from './fixture.ts';
import { sessionRecord, signInStoreConformance, userRecord } from './sign-in-store.ts';

const pass = async (): Promise<void> => undefined;

for (const isShared of [false, true]) {
  signInStoreConformance(isShared ? 'memory of several nodes' : 'memory', async () => {
    const port = new MemorySignInStore({ isShared });
    return { port, pass, end: () => port.close() };
  });
}

signInStoreConformance('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'witan-sign-in-'));
  const port = await FileSignInStore.open(join(folder, 'sign-in'));
  const end = async (): Promise<void> => {
    await port.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, pass, end };
});

const test = suite('sign-in store on files');

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-sign-in-'));
  try {
    await use(join(folder, 'sign-in'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('users, sessions and the key are there after another opening', () =>
  withFolder(async (folder) => {
    const first = await FileSignInStore.open(folder);
    await first.putUser(userRecord(1));
    await first.addSession(sessionRecord(1));
    await first.addSession(sessionRecord(2));
    await first.changeSession(sessionRecord(1).digest, { seenAtWallMs: 5_000 });
    await first.removeSession(sessionRecord(2).digest);
    const key = await first.sealKey();
    await first.close();
    const second = await FileSignInStore.open(folder);
    assert.equal(await second.users(), [userRecord(1)]);
    assert.equal(await second.sessions(), [sessionRecord(1, { seenAtWallMs: 5_000 })]);
    assert.equal(await second.sealKey(), key);
    assert.equal(await sealKeyIn(folder), key);
    await second.close();
  }));

test('folder and files are for their owner alone', () =>
  withFolder(async (folder) => {
    const store = await FileSignInStore.open(folder);
    await store.putUser(userRecord(1));
    await store.addSession(sessionRecord(1));
    await store.close();
    assert.is((await stat(folder)).mode & 0o777, 0o700);
    const names = await readdir(folder);
    assert.is(names.length, 3);
    for (const name of names) assert.is((await stat(join(folder, name))).mode & 0o777, 0o600);
  }));

test('a key that is damaged or missing is no key', () =>
  withFolder(async (folder) => {
    await sealKeyIn(folder);
    const file = join(folder, 'seal-key');
    assert.equal(await sealKeyAt(file), await sealKeyIn(folder));
    await writeFile(file, 'short');
    await assertFails(() => sealKeyIn(folder), 'verification_failed');
    await assertFails(() => sealKeyAt(file), 'config_invalid');
    await assertFails(() => sealKeyAt(join(folder, 'nowhere')), 'config_invalid');
  }));
