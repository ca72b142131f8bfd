/** What outsiders do with the contracts: rebuild heads from events, show signed heads that contradict. */
import { Contract, id, ZeroHash } from 'ethers';
import type { EventLog, InterfaceAbi, TypedDataField } from 'ethers';
import fc from 'fast-check';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { deployToDevChain } from '../../runtime/host/chain/deploy/deploy-to-dev-chain.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, startTestChain } from './dev-node.ts';
import type { TestChain } from './dev-node.ts';

const test = suite('anchors on a dev chain', { limitMs: 60_000 });
const LOG_HEAD: Record<string, TypedDataField[]> = {
  LogHead: [
    { name: 'logId', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'size', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
  ],
};

interface Head {
  root: string;
  size: bigint;
  epoch: bigint;
  frozen: boolean;
}

if (CHAIN_MISSING) test.skip('events and evidence', CHAIN_MISSING);
else {
  let node: TestChain;
  let anchors: Contract;
  test.before(async () => {
    node = await startTestChain();
    const { addresses } = await deployToDevChain(node.chain.url, node.folder);
    const hot = devAccount(1).connect(node.provider);
    anchors = new Contract(addresses.AuditAnchor, CONTRACTS.AuditAnchor.abi as InterfaceAbi, hot);
  });
  test.after(() => node.end());

  const send = async (name: string, ...args: readonly unknown[]): Promise<void> => {
    await (await anchors.getFunction(name)(...args)).wait();
  };
  const headOf = async (log: string): Promise<Head> => {
    const { root, size, epoch, frozen } = await anchors.getFunction('headOf')(log);
    return { root, size, epoch, frozen };
  };
  const signed = async (log: string, size: bigint, root: string): Promise<unknown[]> => {
    const domain = {
      name: 'WitanAuditAnchor',
      version: '1',
      chainId: node.chain.chainId,
      verifyingContract: await anchors.getAddress(),
    };
    const signature = await devAccount(1).signTypedData(domain, LOG_HEAD, {
      logId: log,
      epoch: 0n,
      size,
      root,
    });
    return [0n, size, root, signature];
  };

  test('two signed heads of one size freeze the log; the head of another log stays', async () => {
    const log = id('forked');
    await send('anchor', log, ZeroHash, id('one'), 5n);
    await send('anchor', id('honest'), ZeroHash, id('one'), 5n);
    const a = await signed(log, 9n, id('a'));
    const b = await signed(log, 9n, id('b'));
    await send('reportEquivocation', log, a, b);
    assert.ok((await headOf(log)).frozen);
    assert.not.ok((await headOf(id('honest'))).frozen);
  });

  test('a signed head that denies the anchored one freezes the log', async () => {
    const log = id('denied');
    await send('anchor', log, ZeroHash, id('one'), 5n);
    await send('reportFork', log, await signed(log, 5n, id('another')));
    assert.ok((await headOf(log)).frozen);
  });

  test('heads are what their events say, after any steps', async () => {
    const logs = ['x', 'y', 'z'].map(id);
    const standing = new Map(logs.map((log) => [log, { root: ZeroHash, size: 0n }]));
    const step = fc.record({ log: fc.constantFrom(...logs), growth: fc.bigInt(1n, 1_000n) });
    for (const { log, growth } of fc.sample(step, { numRuns: 40, seed: 6_962 })) {
      const { root, size } = standing.get(log)!;
      const next = { root: id(`${root}${size + growth}`), size: size + growth };
      await send('anchor', log, root, next.root, next.size);
      standing.set(log, next);
    }
    await send(
      'anchorMany',
      logs.map((log) => [log, standing.get(log)!.root, id(`many ${log}`), standing.get(log)!.size + 1n]),
    );
    const rebuilt = await rebuild(anchors);
    assert.is(rebuilt.size, 6);
    for (const [log, head] of rebuilt) assert.equal(head, await headOf(log), log);
  });
}

/** State of all logs from events alone. */
async function rebuild(anchors: Contract): Promise<Map<string, Head>> {
  const heads = new Map<string, Head>();
  for (const event of (await anchors.queryFilter('*', 0)) as EventLog[]) {
    const { logId, root, size, epoch } = event.args?.toObject() ?? {};
    const before = heads.get(logId);
    if (event.eventName === 'Anchored') heads.set(logId, { root, size, epoch, frozen: false });
    if (event.eventName === 'EpochOpened') heads.set(logId, { root, size, epoch, frozen: false });
    if (event.eventName === 'LogFrozen' && before) heads.set(logId, { ...before, frozen: true });
  }
  return heads;
}
