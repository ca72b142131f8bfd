/**
 * The on-chain verifier against the published probes of transparency-dev/merkle (RFC 6962, RFC 9162 §2.1) and
 * against our own verifier, on a dev chain.
 */
import { Contract, ContractFactory } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { leafHashOf, verifyConsistency, verifyInclusion } from '../../contracts/ledger/tree/merkle.ts';
import { MerkleTree } from '../../contracts/ledger/tree/merkle-tree.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { assert, suite } from '../harness.ts';
import { RFC6962_MISSING, rfc6962 } from '../vectors/rfc6962.ts';
import type { ConsistencyProbe, InclusionProbe } from '../vectors/rfc6962.ts';
import { CHAIN_MISSING, startTestChain } from './dev-node.ts';
import type { TestChain } from './dev-node.ts';

const test = suite('verifier on chain', { limitMs: 60_000 });
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const decoded = (text: string): Buffer => Buffer.from(text, 'base64');

/** Whether the ABI can say it: hashes of 32 bytes, sizes of 64 bits. The others are refused before any code runs. */
const canBeSaid = (hashes: readonly Uint8Array[], sizes: readonly number[]): boolean =>
  hashes.every((hash) => hash.length === 32) && sizes.every((size) => size >= 0 && size < 2 ** 64);

if (CHAIN_MISSING) test.skip('probes', CHAIN_MISSING);
else {
  let node: TestChain;
  let verifier: Contract;
  test.before(async () => {
    node = await startTestChain();
    const { abi, bytecode } = CONTRACTS.Rfc6962Verifier;
    const factory = new ContractFactory(abi as InterfaceAbi, bytecode, devAccount(0).connect(node.provider));
    verifier = (await (await factory.deploy()).waitForDeployment()) as Contract;
  });
  test.after(() => node.end());
  const included = (...claim: readonly unknown[]): Promise<boolean> =>
    verifier.getFunction('verifyInclusion')(...claim) as Promise<boolean>;
  const consistent = (...claim: readonly unknown[]): Promise<boolean> =>
    verifier.getFunction('verifyConsistency')(...claim) as Promise<boolean>;

  if (RFC6962_MISSING === undefined) {
    test('published probes: inclusion', async () => {
      let asked = 0;
      for (const probe of rfc6962<InclusionProbe[]>('inclusion.json')) {
        const hashes = [probe.leafHash, probe.root, ...(probe.proof ?? [])].map(decoded);
        if (!canBeSaid(hashes, [probe.leafIdx, probe.treeSize])) {
          assert.ok(probe.wantErr, probe.path);
          continue;
        }
        const [leaf, root, ...path] = hashes;
        const found = await included(BigInt(probe.leafIdx), BigInt(probe.treeSize), leaf, root, path);
        assert.is(found, !probe.wantErr, probe.path);
        asked += 1;
      }
      assert.is(asked, 70, 'of 98; the others hold what is no hash or no size');
    });

    test('published probes: consistency', async () => {
      let asked = 0;
      for (const probe of rfc6962<ConsistencyProbe[]>('consistency.json')) {
        const hashes = [probe.root1, probe.root2, ...(probe.proof ?? [])].map(decoded);
        // One probe calls 12 bytes of text a root and wants it accepted; a root that is no hash is none here.
        if (!canBeSaid(hashes, [probe.size1, probe.size2])) {
          if (!probe.wantErr) assert.match(probe.path, /sizes-are-equal-one-and-proof-is-empty/);
          continue;
        }
        const [older, newer, ...path] = hashes;
        const found = await consistent(BigInt(probe.size1), BigInt(probe.size2), older, newer, path);
        assert.is(found, !probe.wantErr, probe.path);
        asked += 1;
      }
      assert.is(asked, 71, 'of 98; the others hold what is no hash or no size');
    });
  } else {
    test.skip('published probes', RFC6962_MISSING);
  }

  test('it says what our own verifier says, of right and of damaged proofs', async () => {
    const tree = new MerkleTree(sha256);
    for (let index = 0; index < 70; index += 1) tree.append(leafHashOf(Buffer.from(`leaf ${index}`), sha256));
    const size = fc.integer({ min: 1, max: 70 });
    const damage = fc.option(fc.record({ at: fc.nat(), bit: fc.nat({ max: 255 }) }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(), damage, async (toSize, someIndex, someSize, harm) => {
        const index = someIndex % toSize;
        const root = tree.root(toSize);
        const path = damaged(tree.inclusionProof(index, toSize), harm);
        const claim = { index, size: toSize, leafHash: tree.leaf(index), root, path };
        assert.is(await included(index, toSize, claim.leafHash, root, path), verifyInclusion(claim, sha256));
        const fromSize = 1 + (someSize % toSize);
        const fromRoot = tree.root(fromSize);
        const proof = damaged(tree.consistencyProof(fromSize, toSize), harm);
        const extension = { fromSize, toSize, fromRoot, toRoot: root, path: proof };
        assert.is(
          await consistent(fromSize, toSize, fromRoot, root, proof),
          verifyConsistency(extension, sha256),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('leaf hashes are those of the log', async () => {
    const entry = Buffer.from('entry');
    const hash = (await verifier.getFunction('leafHash')(entry)) as string;
    assert.is(hash, `0x${Buffer.from(leafHashOf(entry, sha256)).toString('hex')}`);
  });
}

/** The path with one bit turned over; unharmed without `harm` and where it is empty. */
function damaged(path: readonly Uint8Array[], harm: { at: number; bit: number } | undefined): Uint8Array[] {
  const copy = path.map((hash) => hash.slice());
  if (!harm || copy.length === 0) return copy;
  copy[harm.at % copy.length]![harm.bit >> 3]! ^= 1 << (harm.bit & 7);
  return copy;
}
