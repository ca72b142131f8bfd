/** The anchor on a real dev chain: reorganisations, restarts, stuck fees, chains that hang, lie and are away. */
import type { JsonRpcProvider } from 'ethers';
import { ANCHOR_STEPS } from '../../agents/platform/audit/anchor/anchor-steps.ts';
import type { AnchorStepName } from '../../agents/platform/audit/anchor/anchor-steps.ts';
import { ANCHOR_SELECTORS, anchorLogId, encodeAnchorCall } from '../../contracts/chain/anchor-call.ts';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { verifyAnchorReceipt } from '../../contracts/chain/verify-anchor.ts';
import { deployToDevChain } from '../../runtime/host/chain/deploy/deploy-to-dev-chain.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { watch } from 'node:fs';
import { Contract, Interface } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { CHAIN_MISSING, startTestChain } from '../chain/dev-node.ts';
import type { TestChain } from '../chain/dev-node.ts';
import { assert, suite } from '../harness.ts';
import { TestLog } from './anchor-kit.ts';
import { anvilBench } from './anvil-bench.ts';
import type { AnvilBench, AnvilPlace } from './anvil-bench.ts';
import { faultyRpc } from './faulty-rpc.ts';
import { keccak } from './scripted-chain.ts';

const test = suite('anchor on a dev chain', { limitMs: 180_000 });

test('selectors and topic are those of the ABI', () => {
  const abi = new Interface(CONTRACTS.AuditAnchor.abi as InterfaceAbi);
  assert.is(abi.getFunction('anchor')!.selector, ANCHOR_SELECTORS.anchor);
  assert.is(abi.getFunction('anchorMany')!.selector, ANCHOR_SELECTORS.anchorMany);
  assert.is(abi.getFunction('headOf')!.selector, ANCHOR_SELECTORS.headOf);
  assert.is(abi.getEvent('Anchored')!.topicHash, ANCHOR_SELECTORS.anchored);
  const hash = (digit: string): string => digit.repeat(64);
  const steps = ['1', '2'].map((digit) => ({
    logId: `0x${hash(digit)}`,
    prevRoot: hash('3'),
    root: hash('4'),
    size: 5,
  }));
  const words = steps.map(({ logId, prevRoot, root, size }) => [logId, `0x${prevRoot}`, `0x${root}`, size]);
  assert.is(encodeAnchorCall(steps.slice(0, 1)), abi.encodeFunctionData('anchor', words[0]));
  assert.is(encodeAnchorCall(steps), abi.encodeFunctionData('anchorMany', [words]));
});

if (CHAIN_MISSING) test.skip('on a dev chain', CHAIN_MISSING);
else {
  let node: TestChain;
  let place: AnvilPlace;
  test.before(async () => {
    node = await startTestChain();
    const { addresses } = await deployToDevChain(node.chain.url, node.folder);
    place = { url: node.chain.url, contract: addresses.AuditAnchor, provider: node.provider };
  });
  test.after(() => node.end());
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    (node.provider as JsonRpcProvider).send(method, params);

  const assertAnchored = async (kit: AnvilBench): Promise<void> => {
    const steps = await kit.anchored();
    assert.is(new Set(steps.map(({ root }) => root)).size, steps.length, 'a root stands twice');
    for (const { root, size } of steps) assert.is(root, kit.log.rootOf(size));
    assert.is(steps.at(-1)?.size, kit.log.size(), 'the newest root covers the log');
  };

  test('log ids are those of the contract', async () => {
    const contract = new Contract(place.contract, CONTRACTS.AuditAnchor.abi as InterfaceAbi, node.provider);
    for (const origin of ['witan/node-1', 'x', 'y'.repeat(32), 'z'.repeat(97), 'ä/ö']) {
      const at = { chainId: 31_337, contract: place.contract };
      assert.is(anchorLogId(origin, at, keccak), await contract.getFunction('logIdOf')(origin));
    }
  });

  test('anchored, final, and a receipt that checks offline; the chain’s real headers and receipts', async () => {
    const kit = await anvilBench(place);
    kit.log.add(10);
    await kit.turns(2);
    await rpc('anvil_mine', '0x6');
    await kit.turns(1);
    assert.is(kit.lane.lastError, null);
    assert.is(kit.lane.state.records.at(-1)!.state, 'final');
    const receipt = await kit.lane.receipt(kit.log.origin, 4);
    const pins = { chainId: 31_337, contract: place.contract };
    const { mismatch, checked } = verifyAnchorReceipt(receipt, pins, { keccak256: keccak, sha256 });
    assert.is(mismatch, null);
    assert.is(checked.length, 10);
    await assertAnchored(kit);
    await kit.end();
  });

  test('a receipt among many of one block', async () => {
    const kit = await anvilBench(place);
    await rpc('evm_setAutomine', false);
    const stranger = devAccount(7).connect(node.provider);
    const nonce = await stranger.getNonce();
    for (let sent = 0; sent < 20; sent += 1)
      await stranger.sendTransaction({
        to: stranger.address,
        value: 1n,
        nonce: nonce + sent,
        gasLimit: 21_000n,
      });
    kit.log.add(10);
    await kit.turns(1);
    await rpc('anvil_mine', '0x1');
    await rpc('evm_setAutomine', true);
    await kit.turns(1);
    const receipt = await kit.lane.receipt(kit.log.origin, 0);
    assert.ok(receipt.receiptProof.length > 1, 'the trie has branches');
    const pins = { chainId: 31_337, contract: place.contract, blockHash: receipt.blockHash };
    assert.is(verifyAnchorReceipt(receipt, pins, { keccak256: keccak, sha256 }).mismatch, null);
    await kit.end();
  });

  test('reorganisations of depth 1 to 12: the same bytes again', async () => {
    for (let depth = 1; depth <= 12; depth += 1) {
      const kit = await anvilBench(place);
      for (let batch = 0; batch < 3; batch += 1) {
        kit.log.add(10);
        await kit.turns(2);
      }
      // Blocks of others lie over and between the anchors.
      await rpc('anvil_mine', '0x2');
      const before = await kit.anchored();
      await rpc('anvil_reorg', depth, []);
      await kit.turns(4);
      assert.equal(await kit.anchored(), before, `depth ${depth}: ${kit.lane.lastError?.message}`);
      kit.log.add(10);
      await kit.turns(3);
      await assertAnchored(kit);
      // Out of reach of the next one: each bench has an outbox of its own.
      await rpc('anvil_mine', '0xe');
      await kit.turns(2);
      await kit.end();
    }
  });

  test('the process ends at each step, on files: no root twice, none lost', async () => {
    const reached = new Set<AnchorStepName>();
    for (const point of ANCHOR_STEPS) {
      let dead = false;
      let isArmed = true;
      const kit = await anvilBench(place, {
        parts: {
          onStep: (name) => {
            reached.add(name);
            if (isArmed && name === point) [dead, isArmed] = [true, false];
            if (dead) throw new Error(`ended at ${name}`);
          },
        },
      });
      const live = async (count: number): Promise<void> => {
        for (let turn = 0; turn < count; turn += 1) {
          await kit.turns(1);
          if (!dead) continue;
          dead = false;
          await kit.restart();
        }
      };
      for (let round = 0; round < 2; round += 1) {
        kit.log.add(10);
        await live(3);
        await rpc('anvil_reorg', 1, []);
        await live(3);
        await rpc('anvil_mine', '0x2');
        await live(1);
        await rpc('anvil_mine', '0x4');
        await live(2);
      }
      await assertAnchored(kit);
      await kit.end();
    }
    const missed = ANCHOR_STEPS.filter((name) => !reached.has(name));
    assert.equal(missed, ['anchor:replaced', 'anchor:dropped']);
  });

  test('a stuck fee is raised by an eighth under its nonce, and whichever lands is the success', async () => {
    const kit = await anvilBench(place, { rules: { step: { stuckMs: 3_000 } } });
    await rpc('evm_setAutomine', false);
    kit.log.add(10);
    await kit.turns(8);
    const record = kit.lane.state.records.at(-1)!;
    assert.ok(record.txs.length >= 2, kit.lane.lastError?.message ?? 'it was raised');
    const [first, second] = record.txs;
    assert.ok(BigInt(second!.tipWei) * 10n >= BigInt(first!.tipWei) * 11n);
    assert.ok(BigInt(second!.maxFeeWei) * 10n >= BigInt(first!.maxFeeWei) * 11n);
    await rpc('anvil_mine', '0x1');
    await rpc('evm_setAutomine', true);
    await kit.turns(2);
    await assertAnchored(kit);
    assert.is((await kit.anchored())[0]!.hash, kit.lane.state.records.at(-1)!.place!.hash);
    await kit.end();
  });

  test('another transaction of the same account took the nonce; the pool lost ours', async () => {
    const kit = await anvilBench(place, { rules: { step: { disbeliefCount: 2 } } });
    await rpc('evm_setAutomine', false);
    kit.log.add(10);
    await kit.turns(1);
    const { nonce, txs } = kit.lane.state.records.at(-1)!;
    await rpc('anvil_dropTransaction', txs[0]!.hash);
    await rpc('evm_setAutomine', true);
    const hot = devAccount(1).connect(node.provider);
    await (await hot.sendTransaction({ to: hot.address, value: 1n, nonce })).wait();
    await kit.turns(6);
    assert.ok(kit.told.some((line) => line.startsWith('a nonce is given up')));
    await assertAnchored(kit);

    await rpc('evm_setAutomine', false);
    kit.log.add(10);
    await kit.turns(1);
    await rpc('anvil_dropTransaction', kit.lane.state.records.at(-1)!.txs[0]!.hash);
    await rpc('evm_setAutomine', true);
    await kit.turns(8);
    await assertAnchored(kit);
    await kit.end();
  });

  test('a node of the chain that hangs, fails and lies; its address is in no message', async () => {
    const faulty = await faultyRpc(place.url);
    const kit = await anvilBench({ ...place, url: faulty.url }, { callMs: 300 });
    const methods = new Set<string>();
    faulty.fault = (method) => void methods.add(method);
    kit.log.add(10);
    await kit.turns(2);
    assert.ok(methods.size >= 9, [...methods].join());
    for (const method of methods) {
      for (const fault of ['hang', 'fail'] as const) {
        let left = 1;
        faulty.fault = (name) => (name === method && left-- > 0 ? fault : undefined);
        kit.log.add(10);
        await kit.turns(4, 6_000);
        assert.not.match(JSON.stringify(kit.lane.lastError ?? ''), 'provider-key');
      }
    }
    const lies: Readonly<Record<string, (honest: unknown) => unknown>> = {
      eth_getTransactionCount: () => '0x1',
      eth_getTransactionReceipt: (honest) => (honest ? { ...honest, status: '0x0' } : honest),
      eth_getBlockReceipts: (honest) =>
        (honest as object[]).map((one) => ({ ...one, cumulativeGasUsed: '0x1' })),
      eth_call: () => `0x${'1'.repeat(64)}${'0'.repeat(63)}5${'0'.repeat(192)}`,
      eth_getBlockByNumber: (honest) =>
        honest && { ...(honest as object), receiptsRoot: `0x${'2'.repeat(64)}` },
    };
    for (const [method, result] of Object.entries(lies)) {
      faulty.fault = (name) => (name === method ? { result } : undefined);
      kit.log.add(10);
      await kit.turns(5, 6_000);
      faulty.fault = () => undefined;
      await kit.turns(12, 20_000);
      await assertAnchored(kit);
    }
    faulty.close();
    await kit.end();
  });

  test('a chain that is killed forgets its newest blocks: they are anchored again with the same bytes', async () => {
    const own = await startTestChain({ stateIntervalS: 3 });
    const { addresses } = await deployToDevChain(own.chain.url, own.folder);
    await rpcOf(own, 'anvil_mine', '0x1');
    // What the chain has dumped by now is what a kill leaves.
    await dumped(own.folder);
    const kit = await anvilBench({
      url: own.chain.url,
      contract: addresses.AuditAnchor,
      provider: own.provider,
    });
    const faults: string[] = [];
    kit.log.add(10);
    await kit.turns(2);
    const before = await kit.anchored();
    own.chain.kill();
    await own.chain.ended;
    for (let day = 0; day < 3; day += 1) {
      kit.log.add(10);
      await kit.turns(3, 28_800_000);
      faults.push(kit.lane.lastError?.code ?? 'none');
    }
    assert.not.ok(faults.includes('none'), faults.join());
    const again = await startTestChain({ folder: own.folder, port: own.chain.port });
    assert.equal(await kit.anchored(), [], 'the chain forgot it');
    await kit.turns(6, 120_000);
    assert.is(kit.lane.lastError, null);
    const after = await kit.anchored();
    assert.equal(after[0], before[0]);
    assert.is(after.length, 2, 'one later root for three days');
    assert.is(after[1]!.root, kit.log.rootOf(40));
    await kit.end();
    await again.end();
    own.provider.destroy();
  });

  test('several logs in one call, and one log that is forked holds only itself', async () => {
    const logs = ['a', 'b', 'c'].map((name) => new TestLog(`witan/many-${name}`));
    for (const log of logs) log.add(10);
    const kit = await anvilBench(place, { logs });
    await kit.turns(2);
    assert.is(kit.lane.state.records.length, 1);
    await assertAnchored(kit);
    const other = [new TestLog('witan/many-a', 'forked '), logs[1]!];
    other[0]!.add(20);
    logs[1]!.add(10);
    const forked = await anvilBench(place, { logs: other });
    await forked.turns(3);
    assert.is(forked.lane.hold, 'forked');
    assert.is(forked.lane.state.records.length, 1);
    await kit.end();
    await forked.end();
  });
}

function rpcOf(chain: TestChain, method: string, ...params: unknown[]): Promise<unknown> {
  return (chain.provider as JsonRpcProvider).send(method, params);
}

/** Resolves at the next dump of the chain's state. */
function dumped(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, name) => {
      if (name !== 'state.json') return;
      watcher.close();
      resolve();
    });
  });
}
