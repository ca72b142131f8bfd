import fc from 'fast-check';
import { assert, suite } from '../../../../test/harness.ts';
import { RecordKeyTree, type TreeNodeStore } from './record-key-tree.ts';
import { leafSecret, nodeAbove, nodesBeside, recordKeyId, type TreeNode } from './record-keys.ts';

const test = suite('keys of single records', { limitMs: 30_000 });
const tree = 'ab'.repeat(12);
const root: TreeNode = { tree, depth: 0, prefix: 0 };
const leaf = fc.integer({ min: 0, max: 65_535 });

function nameOf({ depth, prefix }: TreeNode): string {
  return `${depth}/${prefix}`;
}

/** Nodes of one tree in memory; `failing` throws at a step, as a crash would. */
function nodeStore(failing: { at: string } = { at: '' }) {
  const stored = new Map<string, Uint8Array>([[nameOf(root), new Uint8Array(32).fill(7)]]);
  const gone = new Set<string>();
  const nodes: TreeNodeStore = {
    idOf: (node) => (stored.has(nameOf(node)) ? nameOf(node) : undefined),
    secretOf: async (keyId) => ({ keyId, secret: stored.get(keyId)! }),
    make: async () => undefined,
    add: async (added) => {
      for (const [at, { node, secret }] of added.entries()) {
        if (failing.at === 'add' && at === added.length >> 1) throw new Error('crash');
        stored.set(nameOf(node), secret);
      }
    },
    destroy: async (keyIds, recordIds) => {
      if (failing.at === 'destroy') throw new Error('crash');
      for (const keyId of keyIds) stored.delete(keyId);
      for (const recordId of recordIds) gone.add(recordId);
    },
  };
  return { nodes, stored, gone };
}

test('a destroyed key follows from nothing that is stored; every other one is as before', async () => {
  const others = fc.array(leaf, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(leaf, { minLength: 1, maxLength: 8 }), others, async (doomed, kept) => {
      const { nodes } = nodeStore();
      const keys = new RecordKeyTree(nodes);
      const idOf = (one: number): string => recordKeyId({ tree, leaf: one });
      const before = await Promise.all(kept.map((one) => keys.derive(idOf(one))));
      // Half of them at once, the others one by one.
      const half = doomed.length >> 1;
      await keys.puncture(doomed.slice(0, half).map(idOf));
      for (const one of doomed.slice(half)) await keys.puncture([idOf(one)]);
      for (const one of doomed) assert.is(await keys.derive(idOf(one)), undefined);
      for (const [at, one] of kept.entries()) {
        if (doomed.includes(one)) continue;
        assert.equal((await keys.derive(idOf(one)))?.secret, before[at]?.secret);
      }
    }),
    { numRuns: 60 },
  );
});

test('a destruction that is cut off at any step is finished by the next one', async () => {
  for (const at of ['add', 'destroy']) {
    const failing = { at };
    const { nodes } = nodeStore(failing);
    const keys = new RecordKeyTree(nodes);
    const [doomed, other] = [recordKeyId({ tree, leaf: 4_711 }), recordKeyId({ tree, leaf: 4_712 })];
    const before = await keys.derive(other);
    await keys.puncture([doomed]).then(
      () => assert.unreachable(`no crash at ${at}`),
      () => undefined,
    );
    failing.at = '';
    await keys.puncture([recordKeyId({ tree, leaf: 9 })]);
    await keys.puncture([doomed]);
    await keys.puncture([doomed]);
    assert.is(await keys.derive(doomed), undefined);
    assert.equal((await keys.derive(other))?.secret, before?.secret);
  }
});

test('the nodes beside a place cover all of the tree but the place', () => {
  const place = { tree, leaf: 65_535 };
  const beside = nodesBeside(new Uint8Array(32), root, [place]);
  assert.is(beside.length, 16);
  const covered = beside.reduce((sum, { node }) => sum + 2 ** (16 - node.depth), 0);
  assert.is(covered, 65_535);
  const above = beside.map((_, at) => nameOf(nodeAbove({ tree, leaf: 65_534 }, at + 1)));
  assert.is(beside.filter(({ node }) => above.includes(nameOf(node))).length, 1);
});

test('a run of neighbours is destroyed with one wait and leaves few secrets', async () => {
  const { nodes, stored, gone } = nodeStore();
  let destroyCount = 0;
  const keys = new RecordKeyTree({
    ...nodes,
    destroy: (...given) => {
      destroyCount += 1;
      return nodes.destroy(...given);
    },
  });
  const ids = Array.from({ length: 1_024 }, (_, at) => recordKeyId({ tree, leaf: at }));
  await keys.puncture(ids);
  assert.is(destroyCount, 1);
  assert.equal([...gone].sort(), ids);
  assert.is(stored.size, 6);
  assert.is(await keys.derive(ids[1_023]!), undefined);
  assert.ok(await keys.derive(recordKeyId({ tree, leaf: 1_024 })));
});

test('two places of a tree have different keys', () => {
  const secret = new Uint8Array(32).fill(1);
  const of = (at: number): string =>
    Buffer.from(leafSecret(secret, root, { tree, leaf: at })).toString('hex');
  assert.is(new Set(Array.from({ length: 300 }, (_, at) => of(at))).size, 300);
});
