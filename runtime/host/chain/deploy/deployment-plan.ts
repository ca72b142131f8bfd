/** What is deployed with which arguments, and which roles are given to whom: data. */
import type { ContractName } from '../../../../contracts/chain/abi/index.ts';

/** Who holds which role; addresses. */
export interface ChainRoles {
  /** Multi-signature wallet: admin of every contract, proposer and executor of the timelock. */
  readonly admin: string;
  /** Hot key of the anchor actor. */
  readonly anchorer: string;
  /** Pauses, and revokes certificates. */
  readonly guardian: string;
  /** Issues certificates. */
  readonly issuer: string;
}

/** Limits that are given to the contracts at deployment. */
export interface ChainLimits {
  /** Seconds between the offer and the acceptance of an admin role (default 2 days). */
  readonly adminDelayS: number;
  /** Seconds between a proposal and its execution (default 2 days). */
  readonly timelockDelayS: number;
  /** Most leaves by which one anchor may grow a log (default 2^32). */
  readonly maxGrowth: bigint;
  /** Least seconds between two anchors of one log (default 10). */
  readonly minIntervalS: number;
}

/** The usual limits of a public chain. */
export const DEFAULT_LIMITS: ChainLimits = {
  adminDelayS: 172_800,
  timelockDelayS: 172_800,
  maxGrowth: 2n ** 32n,
  minIntervalS: 10,
};

/** Address of a contract that the plan has deployed before. */
export type AddressOf = (name: ContractName) => string;

/** A role to give. */
export interface RoleGrant {
  readonly contract: ContractName;
  /** Name of the function that gives the role's id. */
  readonly role: 'ANCHOR_ROLE' | 'PAUSER_ROLE' | 'VERIFIER_ROLE' | 'ISSUER_ROLE' | 'REVOKER_ROLE';
  readonly holder: string;
}

/** Contracts with an admin of their own, which is handed on at the end. */
export const ADMINISTERED: readonly ContractName[] = [
  'AuditAnchor',
  'ContentRegistry',
  'VerificationContract',
  'ProvenanceContract',
];

/** Arguments of a contract's constructor. `deployer` is its first admin, until the roles are given. */
export function constructorArguments(
  name: ContractName,
  { roles, limits, deployer, addressOf }: PlanInput,
): readonly unknown[] {
  const { adminDelayS } = limits;
  switch (name) {
    case 'Timelock':
      return [limits.timelockDelayS, [roles.admin], [roles.admin]];
    case 'AuditAnchor':
      return [adminDelayS, deployer, addressOf('Timelock'), limits.maxGrowth, limits.minIntervalS];
    case 'ContentRegistry':
      return [adminDelayS, deployer];
    case 'VerificationContract':
    case 'ProvenanceContract':
      return [adminDelayS, deployer, addressOf('ContentRegistry')];
    case 'Rfc6962Verifier':
      return [];
  }
}

/** What a plan is made from. */
export interface PlanInput {
  readonly roles: ChainRoles;
  readonly limits: ChainLimits;
  readonly deployer: string;
  readonly addressOf: AddressOf;
}

/** Roles to give after all contracts stand. */
export function roleGrants({ roles, addressOf }: PlanInput): readonly RoleGrant[] {
  return [
    { contract: 'AuditAnchor', role: 'ANCHOR_ROLE', holder: roles.anchorer },
    { contract: 'AuditAnchor', role: 'PAUSER_ROLE', holder: roles.guardian },
    { contract: 'ContentRegistry', role: 'VERIFIER_ROLE', holder: addressOf('VerificationContract') },
    { contract: 'VerificationContract', role: 'ISSUER_ROLE', holder: roles.issuer },
    { contract: 'VerificationContract', role: 'REVOKER_ROLE', holder: roles.guardian },
    { contract: 'VerificationContract', role: 'PAUSER_ROLE', holder: roles.guardian },
    { contract: 'ProvenanceContract', role: 'PAUSER_ROLE', holder: roles.guardian },
  ];
}
