/** Where the contracts are on networks that Witan knows without being told. */
import type { ContractName } from './abi/index.ts';

/** Addresses on one network. */
export interface NetworkAddresses {
  /** EIP-155 chain id. */
  readonly chainId: number;
  readonly name: string;
  /** Checksummed addresses (EIP-55). */
  readonly contracts: Readonly<Record<ContractName, string>>;
}

/**
 * Known networks by chain id.
 *
 * The dev chain alone: its first account deploys with nonces 0 to 5, so the addresses are the same for
 * everybody. A public network has the addresses of whoever deployed there, kept in that node's address book;
 * the project itself has deployed to none.
 */
export const NETWORKS: Readonly<Record<number, NetworkAddresses>> = {
  31337: {
    chainId: 31_337,
    name: 'dev chain',
    contracts: {
      Timelock: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
      AuditAnchor: '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512',
      ContentRegistry: '0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0',
      VerificationContract: '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9',
      ProvenanceContract: '0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9',
      Rfc6962Verifier: '0x5FC8d32690cc91D4c39d9d3abcBD16989F875707',
    },
  },
};
