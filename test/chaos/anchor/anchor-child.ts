/** The process that is ended: anchors a log and leads the chain through everything that an anchor may meet. */
import type { JsonRpcProvider } from 'ethers';
import { devAccount } from '../../../runtime/host/chain/dev-accounts.ts';
import { TestLog } from '../../anchor/anchor-kit.ts';
import { anvilBench } from '../../anchor/anvil-bench.ts';
import { clientOf } from '../../chain/dev-node.ts';
import { CHAOS_ANCHOR_RULES } from './chaos-anchor.ts';

const [url, contract, folder, origin, point, nth] = process.argv.slice(2);
const provider: JsonRpcProvider = clientOf(url!);
const log = new TestLog(origin);
let passed = 0;
const kit = await anvilBench(
  { url: url!, contract: contract!, provider },
  {
    folder: folder!,
    logs: [log],
    rules: CHAOS_ANCHOR_RULES,
    parts: {
      onStep: (name) => {
        if (name === point && (passed += 1) === Number(nth)) process.kill(process.pid, 'SIGKILL');
      },
    },
  },
);

log.add(10);
await kit.turns(2);
await provider.send('anvil_reorg', [1, []]);
await kit.turns(2);

// A fee that is too low.
await provider.send('evm_setAutomine', [false]);
log.add(10);
await kit.turns(8);
await provider.send('anvil_mine', ['0x1']);
await kit.turns(2);

// A nonce that another transaction takes.
log.add(10);
await kit.turns(1);
const open = kit.lane.state.records.at(-1)!;
for (const { hash } of open.txs) await provider.send('anvil_dropTransaction', [hash]);
await provider.send('evm_setAutomine', [true]);
const hot = devAccount(1).connect(provider);
await hot.sendTransaction({ to: hot.address, value: 1n, nonce: open.nonce });
await kit.turns(8);

await provider.send('anvil_mine', ['0x2']);
await kit.turns(1);
await provider.send('anvil_mine', ['0x4']);
await kit.turns(2);
process.exit(0);
