/** A node with a dev chain: `witan start --chain`, as an embedding program has it. */
import { Contract } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import { NETWORKS } from '../../contracts/chain/addresses.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import type { DevChainReply } from '../../runtime/host/chain/dev-chain-actor.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, clientOf, temporaryFolder } from './dev-node.ts';

const test = suite('node with a dev chain', { limitMs: 180_000 });

async function where(host: Host): Promise<DevChainReply> {
  const reply = await host.ask('/platform/dev-chain', { type: 'where' }, { timeoutMs: 30_000 });
  return reply as DevChainReply;
}

test('a node has no chain unless it is asked for one', async () => {
  await using host = await createHost({ dataDir: null, http: false });
  await host.start();
  assert.equal(host.inspect.tree('/platform/dev-chain'), []);
});

if (CHAIN_MISSING) test.skip('chain with the contracts on it', CHAIN_MISSING);
else {
  test('the contracts stand, the chain ends with the node and is there again at its next start', async () => {
    const dataDir = join(temporaryFolder(), 'node');
    mkdirSync(dataDir);
    const config = { dataDir, http: false, settings: { chain: { dev: true } } } as const;
    const first = await createHost(config);
    await first.start();
    const { url, addresses, pid } = await where(first);
    assert.equal(addresses, NETWORKS[31_337]!.contracts);
    const provider = clientOf(url);
    const anchors = new Contract(addresses.AuditAnchor, CONTRACTS.AuditAnchor.abi as InterfaceAbi, provider);
    assert.is(await anchors.getFunction('maxGrowthOfStep')(), 2n ** 32n);
    const height = await provider.getBlockNumber();
    provider.destroy();
    await first.stop();
    assert.not.ok(existsSync(`/proc/${pid}`), 'the process ended with the node');
    assert.ok(existsSync(join(dataDir, 'chain/state.json')));

    await using second = await createHost(config);
    await second.start();
    const again = await where(second);
    assert.equal(again.addresses, addresses);
    const client = clientOf(again.url);
    assert.is(await client.getBlockNumber(), height, 'nothing was deployed again');
    client.destroy();
  });

  test('a node that keeps nothing leaves nothing of its chain', async () => {
    const host = await createHost({ dataDir: null, http: false, settings: { chain: { dev: true } } });
    await host.start();
    const { pid } = await where(host);
    const stateFile = stateFileOf(pid);
    assert.match(stateFile, 'witan-chain-');
    await host.stop();
    assert.not.ok(existsSync(dirname(stateFile)));
  });
}

/** State file that the command line of a process names. */
function stateFileOf(pid: number): string {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return args[args.indexOf('--state') + 1]!;
}
