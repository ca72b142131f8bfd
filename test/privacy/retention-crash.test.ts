/** A pass of retention that is killed (SIGKILL) at each of its steps is ended by the next start, once. */
import { ERASURE_FAULT_POINTS } from '../../agents/platform/audit/erasure/ports.ts';
import { ERASED_TEXT } from '../../contracts/messages/privacy/sealed-record.ts';
import { verifyLogFolder } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { assert, suite } from '../harness.ts';
import { CutOffChild } from './cut-off-child.ts';
import { findBelow } from './marker-search.ts';

const test = suite('a retention that is cut off', { limitMs: 240_000 });
const POINTS = [...ERASURE_FAULT_POINTS, 'rounds done', 'mark stored'];

interface Seen {
  readonly texts: readonly string[];
  readonly tombstones: readonly { readonly keyIds: readonly string[]; readonly entries: readonly number[] }[];
  readonly isPersonErased: boolean;
  readonly states: readonly string[];
  readonly mark: { readonly fromIndex: number } | undefined;
  readonly pinned: unknown;
}

const child = new CutOffChild<Seen>(test, 'retention-child.ts', ({ texts }) => {
  assert.is(texts[0], 'Xyloquen Vardemoor asks');
});

for (const point of POINTS) {
  test(`killed at: ${point}`, () =>
    child.onCopy(async (folder) => {
      assert.is(child.run(folder, 'retain', point).signal, 'SIGKILL');
      const { texts, tombstones, isPersonErased, states, mark, pinned } = child.run(folder, 'look').seen!;
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
      assert.equal(child.run(folder, 'look').seen!.tombstones, tombstones);
      assert.is((await verifyLogFolder(folder, PinnedKey.parse(pinned))).ok, true);
      assert.equal(findBelow(folder, ['Xyloquen Vardemoor', 'person-Qx7']), []);
    }));
}
