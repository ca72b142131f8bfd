/** Receipts of anchors, offline: right ones hold, each damage is named, whatever bytes come in. */
import { encodeRlp as ethersRlp, keccak256, toBeArray } from 'ethers';
import fc from 'fast-check';
import { AnchorReceipt } from '../messages/anchor.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { bench } from '../../test/anchor/anchor-kit.ts';
import { keccak } from '../../test/anchor/scripted-chain.ts';
import { assert, suite } from '../../test/harness.ts';
import { fromHexData, toHexData } from './proof/hex-data.ts';
import { proveReceipt, receiptUnder } from './proof/receipt-trie.ts';
import { decodeRlp, encodeRlp, numberOfRlp, rlpNumber } from './proof/rlp.ts';
import type { Rlp } from './proof/rlp.ts';
import { verifyAnchorReceipt } from './verify-anchor.ts';
import type { AnchorPins } from './verify-anchor.ts';

const test = suite('receipts of anchors', { limitMs: 20_000 });
const crypto = { keccak256: keccak, sha256 };

async function made(): Promise<{ receipt: AnchorReceipt; pins: AnchorPins }> {
  const kit = bench();
  kit.log.add(10);
  await kit.turns(2);
  const receipt = await kit.lane.receipt(kit.log.origin, 3);
  return { receipt, pins: { chainId: kit.chain.chainId, contract: kit.chain.contract } };
}

const bytes = fc.uint8Array({ maxLength: 80 });
const rlp: fc.Arbitrary<Rlp> = fc.letrec<{ value: Rlp; list: Rlp }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, bytes, tie('list')),
  list: fc.array(tie('value'), { maxLength: 6 }) as fc.Arbitrary<Rlp>,
})).value;

test('RLP as another implementation has it, there and back', () => {
  fc.assert(
    fc.property(rlp, (value) => {
      const encoded = encodeRlp(value);
      assert.is(toHexData(encoded), ethersRlp(value as never));
      assert.equal(decodeRlp(encoded), value);
    }),
  );
});

test('RLP has one spelling: what decodes, encodes to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (input) => {
      let value: Rlp;
      try {
        value = decodeRlp(input);
      } catch {
        return;
      }
      assert.equal(encodeRlp(value), input);
    }),
    { numRuns: 5_000 },
  );
  for (const text of ['0x8100', '0x817f', '0xb800', '0xb90037', '0xc100ff', '0xf800', '0x82', '0x'])
    assert.throws(() => decodeRlp(fromHexData(text)), text);
  assert.throws(() => decodeRlp(Uint8Array.from([...Array(40).fill(0xc1), 0xc0])), 'nested too deep');
  assert.is(numberOfRlp(rlpNumber(2n ** 64n)), 2n ** 64n);
  assert.equal(rlpNumber(1_024), toBeArray(1_024));
});

test('the trie of receipts of any number: each is proved, and no other under its number', () => {
  for (const count of [1, 2, 3, 16, 17, 127, 128, 129, 256, 300]) {
    const receipts = Array.from({ length: count }, (_, at) =>
      encodeRlp([rlpNumber(at), new Uint8Array(at % 70)]),
    );
    const roots = new Set<string>();
    for (const index of new Set([0, 1, 15, 16, 127, 128, count - 1].filter((at) => at < count))) {
      const { root, nodes } = proveReceipt(receipts, index, keccak);
      roots.add(toHexData(root));
      assert.equal(receiptUnder(root, { index, nodes }, keccak), receipts[index]);
      // A short receipt lies inside the node above it, so the same nodes may prove its neighbour too.
      assert.not.equal(provedUnder(root, index + 1, nodes), receipts[index]);
      if (nodes.length > 1) assert.throws(() => receiptUnder(root, { index, nodes: nodes.slice(1) }, keccak));
    }
    assert.is(roots.size, 1);
  }
  // The root of no transactions at all, as every empty block has it.
  const empty = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
  assert.is(toHexData(proveReceipt([], 0, keccak).root), empty);
  assert.is(keccak256('0x80'), empty);
});

function provedUnder(root: Uint8Array, index: number, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  try {
    return receiptUnder(root, { index, nodes }, keccak);
  } catch {
    return undefined;
  }
}

test('a right receipt holds, with and without the block pinned', async () => {
  const { receipt, pins } = await made();
  assert.equal(verifyAnchorReceipt(receipt, pins, crypto).checked.length, 10);
  const pinned = verifyAnchorReceipt(receipt, { ...pins, blockHash: receipt.blockHash }, crypto);
  assert.equal([pinned.ok, pinned.isBlockPinned], [true, true]);
});

test('each damage is found where it is', async () => {
  const { receipt, pins } = await made();
  const other = `0x${'7'.repeat(64)}`;
  const damages: readonly (readonly [Partial<AnchorReceipt>, string, string])[] = [
    [{ format: 'witan-anchor/2' as never }, 'form', 'format'],
    [{ chainId: 1 }, 'pins', 'chainId'],
    [{ contract: `0x${'1'.repeat(40)}` }, 'pins', 'contract'],
    [{ txHash: other }, 'transaction', 'txHash'],
    [{ rawTx: `${receipt.rawTx.slice(0, -2)}00` }, 'transaction', 'txHash'],
    [{ logId: other }, 'log', 'logId'],
    [{ origin: 'witan/another' }, 'log', 'logId'],
    [{ blockHash: other }, 'header', 'blockHash'],
    [{ blockNumber: 99 }, 'header', 'blockNumber'],
    [{ receiptProof: ['0xc0'] }, 'receipt', 'receiptProof.0'],
    [{ receiptIndex: 1 }, 'receipt', 'receiptProof.0'],
    [{ logIndex: 1 }, 'event', 'logIndex'],
    [{ root: '7'.repeat(64) }, 'event', 'root'],
    [{ prevRoot: '7'.repeat(64) }, 'event', 'prevRoot'],
    [{ size: 11 }, 'event', 'size'],
    [{ checkpointNote: receipt.checkpointNote.replace('\n10\n', '\n11\n') }, 'checkpoint', 'checkpointNote'],
    [{ inclusion: { ...receipt.inclusion!, index: 4 } }, 'inclusion', 'inclusion'],
  ];
  for (const [change, check, field] of damages) {
    const { mismatch } = verifyAnchorReceipt({ ...receipt, ...change }, pins, crypto);
    assert.equal([mismatch?.check, mismatch?.field], [check, field], JSON.stringify(change).slice(0, 80));
  }
  const wrongOrigin = verifyAnchorReceipt(receipt, { ...pins, origin: 'witan/other' }, crypto);
  assert.equal([wrongOrigin.mismatch?.check, wrongOrigin.mismatch?.field], ['pins', 'origin']);
  const wrongBlock = verifyAnchorReceipt(receipt, { ...pins, blockHash: other }, crypto);
  assert.equal([wrongBlock.mismatch?.check, wrongBlock.mismatch?.field], ['pins', 'blockHash']);
});

test('no single changed character passes, and nothing makes it throw', async () => {
  const { receipt, pins } = await made();
  const text = JSON.stringify(receipt);
  // What says how it was when it was made, and the signature, which the log's key checks.
  const free = [text.indexOf('"finality"'), text.indexOf('"checkpointNote"'), text.indexOf('"inclusion"')];
  fc.assert(
    fc.property(fc.nat({ max: free[0]! - 1 }), fc.constantFrom(...'0123456789abcdef"'), (at, character) => {
      if (text[at] === character) return;
      const damaged = text.slice(0, at) + character + text.slice(at + 1);
      let parsed: unknown;
      try {
        parsed = JSON.parse(damaged);
      } catch {
        return;
      }
      // The case of an address does not count, nor does a name that JSON spells in another way.
      if (JSON.stringify(parsed).toLowerCase() === text.toLowerCase()) return;
      assert.not.ok(
        verifyAnchorReceipt(parsed, pins, crypto).ok,
        damaged.slice(Math.max(0, at - 30), at + 30),
      );
    }),
    { numRuns: 3_000 },
  );
  fc.assert(fc.property(fc.anything(), (input) => verifyAnchorReceipt(input, pins, crypto).ok === false));
});
