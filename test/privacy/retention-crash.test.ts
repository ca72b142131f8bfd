/** A pass of retention that is killed (SIGKILL) at each of its steps is ended by the next start, once. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERASURE_FAULT_POINTS } from '../../agents/platform/audit/erasure/ports.ts';
import { ERASED_TEXT } from '../../contracts/messages/privacy/sealed-record.ts';
import { verifyLogFolder } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { assert, suite } from '../harness.ts';
import { findBelow } from './marker-search.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('a retention that is cut off', { limitMs: 240_000 });
const ROOT = join(import.meta.dirname, '../..');
const CHILD = join(import.meta.dirname, 'retention-child.ts');
const POINTS = [...ERASURE_FAULT_POINTS, 'rounds done', 'mark stored'];

interface Seen {
  readonly texts: readonly string[];
  readonly tombstones: readonly { readonly keyIds: readonly string[]; readonly entries: readonly number[] }[];
  readonly isPersonErased: boolean;
  readonly states: readonly string[];
  readonly mark: { readonly fromIndex: number } | undefined;
  readonly pinned: unknown;
}

function run(folder: string, mode: string, step = ''): { signal: string | null; seen: Seen | undefined } {
  const args = [...SOURCE_FLAGS, CHILD, folder, mode, step];
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT });
  if (signal === null) assert.is(status, 0, `${mode} ${step}: ${stderr.toString()}`);
  return { signal, seen: signal === null ? (JSON.parse(stdout.toString()) as Seen) : undefined };
}

let prepared = '';
test.before(() => {
  prepared = mkdtempSync(join(tmpdir(), 'witan-retention-prepared-'));
  assert.is(run(prepared, 'prepare').seen!.texts[0], 'Xyloquen Vardemoor asks');
});
test.after(() => rmSync(prepared, { recursive: true, force: true }));

for (const point of POINTS) {
  test(`killed at: ${point}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-retention-crash-'));
    try {
      cpSync(prepared, folder, { recursive: true });
      assert.is(run(folder, 'retain', point).signal, 'SIGKILL');
      const { texts, tombstones, isPersonErased, states, mark, pinned } = run(folder, 'look').seen!;
      assert.equal(texts, [ERASED_TEXT, ERASED_TEXT, 'young'], 'nothing lost of what is young');
      assert.ok(isPersonErased);
      assert.equal(
        tombstones.map(({ keyIds, entries }) => [keyIds.length, entries.length]),
        [
          [2, 4],
          [1, 0],
        ],
        'one certificate for the decisions, one for the person',
      );
      assert.equal(states, ['done', 'done']);
      assert.is(mark?.fromIndex, 4);
      assert.equal(run(folder, 'look').seen!.tombstones, tombstones);
      assert.is((await verifyLogFolder(folder, PinnedKey.parse(pinned))).ok, true);
      assert.equal(findBelow(folder, ['Xyloquen Vardemoor', 'person-Qx7']), []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
