/** What the contracts offer and the code that deploys them, by name. */
import { auditAnchorAbi, auditAnchorBytecode } from './gen/audit-anchor.ts';
import { contentRegistryAbi, contentRegistryBytecode } from './gen/content-registry.ts';
import { provenanceContractAbi, provenanceContractBytecode } from './gen/provenance-contract.ts';
import { rfc6962VerifierAbi, rfc6962VerifierBytecode } from './gen/rfc6962-verifier.ts';
import { timelockAbi, timelockBytecode } from './gen/timelock.ts';
import { verificationContractAbi, verificationContractBytecode } from './gen/verification-contract.ts';

/** ABI (JSON form) and creation code (hex) of every contract, in the order of deployment. */
export const CONTRACTS = {
  Timelock: { abi: timelockAbi, bytecode: timelockBytecode },
  AuditAnchor: { abi: auditAnchorAbi, bytecode: auditAnchorBytecode },
  ContentRegistry: { abi: contentRegistryAbi, bytecode: contentRegistryBytecode },
  VerificationContract: { abi: verificationContractAbi, bytecode: verificationContractBytecode },
  ProvenanceContract: { abi: provenanceContractAbi, bytecode: provenanceContractBytecode },
  Rfc6962Verifier: { abi: rfc6962VerifierAbi, bytecode: rfc6962VerifierBytecode },
} as const;

/** Name of one contract. */
export type ContractName = keyof typeof CONTRACTS;

/** Names of all contracts, in the order of deployment. */
export const CONTRACT_NAMES = Object.keys(CONTRACTS) as readonly ContractName[];
