/** An erasure that is killed (SIGKILL) at each of its steps is finished by the next start, once. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERASURE_FAULT_POINTS } from '../../agents/platform/audit/erasure/ports.ts';
import type { StoredErasure } from '../../runtime/kernel/ports/erasure-store.ts';
import { assert, suite } from '../harness.ts';
import { findBelow } from './marker-search.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('an erasure that is cut off', { limitMs: 240_000 });
const ROOT = join(import.meta.dirname, '../..');
const CHILD = join(import.meta.dirname, 'erasure-child.ts');

interface Seen {
  readonly seen: readonly { readonly text: string; readonly input: string }[];
  readonly tombstones: readonly { readonly entries: readonly number[] }[];
  readonly erasure: StoredErasure | null;
}

function run(folder: string, mode: string, step = ''): { signal: string | null; seen: Seen | undefined } {
  const args = [...SOURCE_FLAGS, CHILD, folder, mode, step];
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT });
  if (signal === null) assert.is(status, 0, `${mode} ${step}: ${stderr.toString()}`);
  return { signal, seen: signal === null ? (JSON.parse(stdout.toString()) as Seen) : undefined };
}

let prepared = '';
test.before(() => {
  prepared = mkdtempSync(join(tmpdir(), 'witan-erasure-prepared-'));
  assert.equal(run(prepared, 'prepare').seen!.seen, [
    { text: 'Xyloquen Vardemoor asks', input: 'sealed' },
    { text: 'nothing of it', input: 'sealed' },
  ]);
});
test.after(() => rmSync(prepared, { recursive: true, force: true }));

for (const point of ERASURE_FAULT_POINTS) {
  test(`killed at: ${point}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-erasure-crash-'));
    try {
      cpSync(prepared, folder, { recursive: true });
      assert.is(run(folder, 'erase', point).signal, 'SIGKILL');
      const { seen, tombstones, erasure } = run(folder, 'look').seen!;
      assert.ok(erasure);
      assert.is(erasure.state, 'done');
      assert.equal(seen, [
        { text: '[erased]', input: 'erased' },
        { text: 'nothing of it', input: 'sealed' },
      ]);
      assert.is(tombstones.length, 1, 'one tombstone');
      assert.is(tombstones[0]!.entries.length, 2);
      assert.is(erasure.certificate?.body.keyIds.length, 1);
      assert.equal(erasure.decisionIds?.length, 1);
      // Asked for once more: the same certificate.
      const again = run(folder, 'erase').seen!;
      assert.equal(again.erasure?.certificate, erasure.certificate);
      assert.equal(findBelow(folder, ['Xyloquen Vardemoor', 'person-Qx7-of-the-crash']), []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
