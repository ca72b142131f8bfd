/** A dev chain of a test's own, with a client of it. */
import { JsonRpcProvider, Network } from 'ethers';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainToolPath } from '../../runtime/host/chain/chain-tools.ts';
import { DEV_CHAIN_ID, endLeftOver, startDevChain } from '../../runtime/host/chain/dev-chain.ts';
import type { DevChain, DevChainOptions } from '../../runtime/host/chain/dev-chain.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';

/** Why no chain can be started here; undefined when one can. */
export const CHAIN_MISSING: string | undefined = chainToolPath('anvil')
  ? undefined
  : 'the chain tools are not installed (npm test installs them; needs the npm registry)';

/** A chain in a folder of its own. */
export interface TestChain {
  readonly chain: DevChain;
  readonly folder: string;
  readonly provider: JsonRpcProvider;
  readonly warnings: string[];
  /** Ends chain and client; the folder stays for another start. */
  end(): Promise<void>;
}

const running = new Set<DevChain>();
const folders: string[] = [];
process.once('exit', () => {
  for (const chain of running) chain.kill();
  for (const folder of folders) {
    endLeftOver(join(folder, 'anvil.pid'), join(folder, 'state.json'));
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A temporary folder, removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'witan-chain-'));
  folders.push(folder);
  return folder;
}

/** Starts a chain; without `folder` an empty one. */
export async function startTestChain(options: Partial<DevChainOptions> = {}): Promise<TestChain> {
  const folder = options.folder ?? temporaryFolder();
  const warnings: string[] = [];
  const clock = new SystemClock();
  const warn = (message: string): void => void warnings.push(message);
  const chain = await startDevChain({ clock, warn, ...options, folder });
  running.add(chain);
  void chain.ended.then(() => running.delete(chain));
  const provider = clientOf(chain.url);
  return {
    chain,
    folder,
    provider,
    warnings,
    async end() {
      provider.destroy();
      await chain.stop();
    },
  };
}

/** A client that keeps no answers and asks often. */
export function clientOf(url: string): JsonRpcProvider {
  const network = Network.from(DEV_CHAIN_ID);
  const options = { staticNetwork: network, cacheTimeout: -1, batchMaxCount: 1 };
  const provider = new JsonRpcProvider(url, network, options);
  provider.pollingInterval = 20;
  return provider;
}
