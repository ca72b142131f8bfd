/** Stores of API keys against their suite, and what only files can do: outlive the process. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvIdentityStore } from '../../runtime/store/identity/kv-identity-store.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { FileIdentityStore } from '../../runtime/store/identity/file-identity-store.ts';
import { MemoryIdentityStore } from '../../runtime/store/memory/memory-identity-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes } from './fixture.ts';
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

identityStoreConformance('key-value store', async () => {
  const kv = new MemoryKv();
  const port = new KvIdentityStore(kv);
  const end = async (): Promise<void> => {
    await port.close();
    await kv.close();
  };
  return { port, pass, end };
});

const shared = suite('identity store of a cluster');

shared('two nodes have the same keys, and what one ends has ended for both', async () => {
  const kv = new MemoryKv();
  const [left, right] = [new KvIdentityStore(kv), new KvIdentityStore(kv)];
  await left.add(keyRecord(1));
  await assertFails(() => right.add(keyRecord(1)), 'already_exists');
  await right.change(keyRecord(1).id, { revokedAtWallMs: 4_000 });
  assert.equal(await left.keys(), [keyRecord(1, { revokedAtWallMs: 4_000 })]);
  await left.close();
  assert.is((await right.keys()).length, 1);
});

shared('a value that is no key is told, and lets nobody in', async () => {
  const kv = new MemoryKv();
  const store = new KvIdentityStore(kv);
  await store.add(keyRecord(1));
  for (const text of ['', '{}', 'null', '{"format":"witan-api-key/1"}', '\u0000']) {
    await kv.put(`identity.key.${keyRecord(2).id}`, bytes(text));
    await assertFails(() => store.keys(), 'verification_failed');
  }
  const other = JSON.stringify({ format: 'witan-api-key/1', ...keyRecord(1) });
  await kv.put(`identity.key.${keyRecord(2).id}`, bytes(other));
  await assertFails(() => store.keys(), 'verification_failed');
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
