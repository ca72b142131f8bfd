/** An erasure that is killed (SIGKILL) at each of its steps is finished by the next start, once. */
import { ERASURE_FAULT_POINTS } from '../../agents/platform/audit/erasure/ports.ts';
import type { StoredErasure } from '../../runtime/kernel/ports/erasure-store.ts';
import { assert, suite } from '../harness.ts';
import { CutOffChild } from './cut-off-child.ts';
import { findBelow } from './marker-search.ts';

const test = suite('an erasure that is cut off', { limitMs: 240_000 });

interface Seen {
  readonly seen: readonly { readonly text: string; readonly input: string }[];
  readonly tombstones: readonly { readonly entries: readonly number[] }[];
  readonly erasure: StoredErasure | null;
}

const child = new CutOffChild<Seen>(test, 'erasure-child.ts', ({ seen }) => {
  assert.equal(seen, [
    { text: 'Xyloquen Vardemoor asks', input: 'sealed' },
    { text: 'nothing of it', input: 'sealed' },
  ]);
});

for (const point of ERASURE_FAULT_POINTS) {
  test(`killed at: ${point}`, () =>
    child.onCopy((folder) => {
      assert.is(child.run(folder, 'erase', point).signal, 'SIGKILL');
      const { seen, tombstones, erasure } = child.run(folder, 'look').seen!;
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
      const again = child.run(folder, 'erase').seen!;
      assert.equal(again.erasure?.certificate, erasure.certificate);
      assert.equal(findBelow(folder, ['Xyloquen Vardemoor', 'person-Qx7-of-the-crash']), []);
    }));
}
