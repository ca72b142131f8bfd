/** The contracts on a dev chain: everything in one hand, no delays. */
import { join } from 'node:path';
import { connectChain } from '../connect-chain.ts';
import { devAccount, devRoles } from '../dev-accounts.ts';
import { deployContracts } from './deploy-contracts.ts';
import type { Deployment } from './deploy-contracts.ts';
import type { ChainLimits } from './deployment-plan.ts';

/** Limits of a dev chain: a wait would only be in the way. */
export const DEV_LIMITS: ChainLimits = {
  adminDelayS: 0,
  timelockDelayS: 0,
  maxGrowth: 2n ** 32n,
  minIntervalS: 0,
};

/**
 * Puts the contracts on a dev chain, where they are missing. About half a second, or 20 ms when they stand.
 * @param folder folder of the dev chain
 * @throws what {@link deployContracts} and {@link connectChain} throw
 */
export async function deployToDevChain(url: string, folder: string): Promise<Deployment> {
  const provider = await connectChain({ url, pollMs: 20 });
  try {
    return await deployContracts({
      provider,
      deployer: devAccount(0),
      roles: devRoles(),
      limits: DEV_LIMITS,
      folder: join(folder, 'addresses'),
    });
  } finally {
    provider.destroy();
  }
}
