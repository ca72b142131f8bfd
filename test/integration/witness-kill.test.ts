/** A witness killed at each step of an answer: what it may have vouched for binds it when it is back. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeCheckpoint } from '../../agents/platform/audit/witness/judge-checkpoint.ts';
import { FileWitnessStore } from '../../runtime/store/witness/file-witness-store.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { CRYPTO, ScriptedLog } from '../unit/witness/scripted-log.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('killed witness', { limitMs: 180_000 });
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-killed-witness-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the witness until it stands at `place`, then kills it without warning. */
async function killAt(data: string, place: string, size: number): Promise<void> {
  const script = join(import.meta.dirname, 'killed-witness.ts');
  const args = [...SOURCE_FLAGS, script, data, place, String(size)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal)),
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('reached') && resolve());
    void gone.then((signal) => reject(new Error(`the witness ended before, with ${signal}`)));
  });
  child.kill('SIGKILL');
  assert.is(await gone, 'SIGKILL');
}

for (const place of ['before-save', 'after-save', 'after-sign'] as const) {
  test(`kill -9 ${place}: the same log goes on, a fork is refused`, async () => {
    const data = join(folder, place);
    await killAt(data, place, 10);
    const isSaved = place !== 'before-save';
    const store = await FileWitnessStore.open(data);
    const log = new ScriptedLog().grow(20);
    const known = await store.head(log.origin);
    assert.is(known?.size, isSaved ? 10 : undefined);
    // Its cosignature over 10 may be out in the world only where the memory of it was on the disk.
    const fork = new ScriptedLog().grow(20, 'another history');
    const keys = [log.signer.key];
    const forked = judgeCheckpoint(fork.request(known?.size ?? 0, 10), { keys, known }, CRYPTO);
    if (isSaved) assert.is(forked.kind === 'refuse' && forked.fork, 'same-size');
    else assert.is(forked.kind, 'vouch');
    const next = judgeCheckpoint(log.request(known?.size ?? 0, 20), { keys, known }, CRYPTO);
    assert.is(next.kind, 'vouch');
  });
}

test('a second start stands where the first was killed', async () => {
  const data = join(folder, 'twice');
  await killAt(data, 'after-save', 10);
  await killAt(data, 'after-sign', 20);
  const store = await FileWitnessStore.open(data);
  assert.is((await store.head(new ScriptedLog().origin))?.size, 20);
});

test('a damaged memory is an error, never a new start', async () => {
  const data = join(folder, 'damaged');
  await killAt(data, 'after-save', 10);
  const store = await FileWitnessStore.open(data);
  const name = readdirSync(data).find((one) => one.endsWith('.json'))!;
  const text = readFileSync(join(data, name), 'utf8');
  for (const damage of ['', '{}', text.slice(0, -10), text.replace('"size":10', '"size":-1')]) {
    writeFileSync(join(data, name), damage);
    await assertFails(() => store.head(new ScriptedLog().origin), 'verification_failed');
  }
});
