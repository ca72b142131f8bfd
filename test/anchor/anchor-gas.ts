/** Gas of one anchored event, by the size of the batch, as the anchor's own transactions cost it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_FOLDER } from '../../runtime/host/chain/chain-tools.ts';
import { deployToDevChain } from '../../runtime/host/chain/deploy/deploy-to-dev-chain.ts';
import { startTestChain } from '../chain/dev-node.ts';
import { anvilBench } from './anvil-bench.ts';

/** Entries in a batch. */
export const GAS_BATCHES = [1, 100, 10_000] as const;

/** The checked-in table: gas of one transaction by the size of its batch. */
export const ANCHOR_GAS_FILE: string = join(CHAIN_FOLDER, 'anchor-gas.json');

/** Gas of a transaction by the size of its batch, for a log that was anchored before. */
export async function measureAnchorGas(): Promise<Record<string, number>> {
  const node = await startTestChain();
  try {
    const { addresses } = await deployToDevChain(node.chain.url, node.folder);
    const place = { url: node.chain.url, contract: addresses.AuditAnchor, provider: node.provider };
    const measured: Record<string, number> = {};
    for (const count of GAS_BATCHES) {
      const kit = await anvilBench(place, { rules: { batch: { maxEntryCount: count } } });
      kit.log.add(1);
      kit.lane.askFor();
      await kit.turns(2);
      kit.log.add(count);
      await kit.turns(2);
      const { place: at } = kit.lane.state.records.at(-1)!;
      const receipt = await node.provider.getTransactionReceipt(at!.hash);
      measured[`batch of ${count}`] = Number(receipt!.gasUsed);
      await kit.end();
    }
    return measured;
  } finally {
    await node.end();
  }
}

/** The checked-in table as it is. */
export function readAnchorGas(): Record<string, number> {
  return JSON.parse(readFileSync(ANCHOR_GAS_FILE, 'utf8')) as Record<string, number>;
}
