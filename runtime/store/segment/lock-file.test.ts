import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { nodeFileSystem } from './file-system.ts';
import { takeLock } from './lock-file.ts';

const test = suite('lock of a log', { limitMs: 20_000 });
let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-lock-'));
});
test.afterEach(() => rmSync(folder, { recursive: true }));

const holder = (pid: number, host = hostname(), incarnation = ''): void =>
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, host, incarnation }));

/** Pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('one holder at a time, also among opens that run together', async () => {
  const taken = await Promise.allSettled(Array.from({ length: 5 }, () => takeLock(nodeFileSystem, folder)));
  const won = taken.filter((one) => one.status === 'fulfilled');
  assert.is(won.length, 1);
  await won[0]!.value.release();
  await won[0]!.value.release();
  assert.equal(readdirSync(folder), []);
  await (await takeLock(nodeFileSystem, folder)).release();
});

test('the lock of a living process is respected, with a word on what to do', async () => {
  holder(process.ppid);
  const error = await assertFails(() => takeLock(nodeFileSystem, folder), 'already_exists');
  assert.match(error.message, new RegExp(`process ${process.ppid}.*remove`));
});

test('the lock of a dead process, of an earlier one with our pid, and a torn one are taken over', async () => {
  for (const leave of [
    () => holder(deadPid()),
    () => holder(process.pid),
    () => writeFileSync(join(folder, 'lock'), '{"pi'),
  ]) {
    leave();
    const lock = await takeLock(nodeFileSystem, folder);
    assert.equal(readdirSync(folder), ['lock']);
    await lock.release();
  }
});

test('a pid that now belongs to another process does not keep the lock', async () => {
  holder(process.ppid, hostname(), 'another boot:1');
  const lock = takeLock(nodeFileSystem, folder);
  if (process.platform === 'linux') await (await lock).release();
  else await assertFails(() => lock, 'already_exists');
});

test('the lock of another machine is never taken over', async () => {
  holder(deadPid(), 'elsewhere.example');
  const error = await assertFails(() => takeLock(nodeFileSystem, folder), 'already_exists');
  assert.match(error.message, /elsewhere\.example/);
});
