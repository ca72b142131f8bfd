/** What forge compiled: ABI, bytecode and documentation of the contracts that are shipped. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_FOLDER } from '../../runtime/host/chain/chain-tools.ts';
import { runForge } from './forge.ts';

/** Documentation that was found in the sources, checked in so that the page can be made without a compiler. */
export const NATSPEC_FILE: string = join(import.meta.dirname, 'gen/natspec.json');

/** Contracts that are shipped, in the order of their deployment. */
export const CONTRACT_NAMES = [
  'Timelock',
  'AuditAnchor',
  'ContentRegistry',
  'VerificationContract',
  'ProvenanceContract',
  'Rfc6962Verifier',
] as const;

/** Name of one shipped contract. */
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** A parameter of a function, an event or an error. */
export interface AbiParameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly indexed?: boolean;
  readonly components?: readonly AbiParameter[];
}

/** A function, an event, an error or the constructor. */
export interface AbiEntry {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly AbiParameter[];
  readonly outputs?: readonly AbiParameter[];
  readonly stateMutability?: string;
  readonly anonymous?: boolean;
}

/** NatSpec of one function, event or error. */
export interface NatSpec {
  readonly notice?: string;
  readonly details?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly returns?: Readonly<Record<string, string>>;
}

/** NatSpec of one contract, by signature (`anchor(bytes32,…)`). */
export interface ContractDoc {
  readonly notice?: string;
  readonly title?: string;
  readonly details?: string;
  readonly methods: Readonly<Record<string, NatSpec>>;
  readonly events: Readonly<Record<string, NatSpec>>;
  readonly errors: Readonly<Record<string, NatSpec | readonly NatSpec[]>>;
}

/** One compiled contract. */
export interface Artifact {
  readonly name: ContractName;
  readonly abi: readonly AbiEntry[];
  /** Code that deploys it, `0x` and hex digits. */
  readonly bytecode: string;
  /** Words for users and for developers. */
  readonly userdoc: Partial<ContractDoc>;
  readonly devdoc: Partial<ContractDoc>;
}

/** Compiles the sources, where they changed, and reads all shipped contracts. */
export function readArtifacts(): Artifact[] {
  const build = runForge(['build']);
  if (build.exitCode !== 0) throw new Error(`forge build failed\n${build.stdout}\n${build.stderr}`);
  return CONTRACT_NAMES.map((name) => {
    const file = join(CHAIN_FOLDER, '.forge/out', `${name}.sol`, `${name}.json`);
    const { abi, bytecode, userdoc, devdoc } = JSON.parse(readFileSync(file, 'utf8')) as {
      abi: AbiEntry[];
      bytecode: { object: string };
      userdoc: Partial<ContractDoc>;
      devdoc: Partial<ContractDoc>;
    };
    return { name, abi, bytecode: bytecode.object, userdoc, devdoc };
  });
}
