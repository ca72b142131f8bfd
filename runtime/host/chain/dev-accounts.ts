/** Accounts of a dev chain: known to everybody, rich, and worthless. */
import { HDNodeWallet, Mnemonic } from 'ethers';
import type { ChainRoles } from './deploy/deployment-plan.ts';

const PHRASE = 'test test test test test test test test test test test junk';

/** Wallet of one of the ten accounts that anvil gives money to, from 0. */
export function devAccount(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(PHRASE), `m/44'/60'/0'/0/${index}`);
}

/** Roles of the dev chain: the deployer (account 0) stays admin, accounts 1 to 3 hold the others. */
export function devRoles(): ChainRoles {
  const address = (index: number): string => devAccount(index).address;
  return { admin: address(0), anchorer: address(1), guardian: address(2), issuer: address(3) };
}
