import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { utf8 } from '../bytes.ts';
import { leafHashOf } from './merkle.ts';
import { MerkleTree } from './merkle-tree.ts';
import { TileTree, type ReadTile } from './tile-tree.ts';

const test = suite('tile tree', { limitMs: 30_000 });

const LEAVES = 70_000;
const tree = new MerkleTree(sha256);
for (let at = 0; at < LEAVES; at += 1) tree.append(leafHashOf(utf8(`${at}`), sha256));
const read: ReadTile = async (level, index, width) => tree.tile(level, index, width);
const tiles = new TileTree(read, sha256);
const hex = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((hash) => Buffer.from(hash).toString('hex'));
const size = fc.oneof(
  fc.integer({ min: 1, max: LEAVES }),
  fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537),
);

test('property: root and proofs are those of the whole tree, at every size it had', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, async (left, right) => {
      const [small, large] = left < right ? [left, right] : [right, left];
      assert.equal(hex([await tiles.root(large)]), hex([tree.root(large)]));
      const index = small - 1;
      assert.equal(hex(await tiles.inclusionProof(index, large)), hex(tree.inclusionProof(index, large)));
      assert.equal(hex(await tiles.consistencyProof(small, large)), hex(tree.consistencyProof(small, large)));
    }),
    { numRuns: 300 },
  );
  assert.equal(hex([await tiles.root(0)]), hex([tree.root(0)]));
});

test('a path reads each tile once, and asks for no hash that the tree of its size lacks', async () => {
  const asked: string[] = [];
  const watched = new TileTree((level, index, width) => {
    asked.push(`${level}/${index}`);
    return read(level, index, width);
  }, sha256);
  await watched.inclusionProof(66_000, LEAVES);
  assert.is(new Set(asked).size, asked.length);
  assert.ok(asked.length <= 8, `${asked.length} tiles`);
});

test('the peaks are the complete subtrees from the left', async () => {
  assert.equal(
    hex(await tiles.peaks(65_536 + 256 + 1)),
    hex([tree.root(65_536), tree.tile(1, 1, 1), tree.leaf(65_792)]),
  );
});
