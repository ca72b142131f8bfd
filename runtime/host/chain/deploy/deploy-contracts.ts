/** Deploys the contracts, gives the roles, hands the admin on; every step can be repeated. */
import { setTimeout as pause } from 'node:timers/promises';
import { Contract, getCreateAddress, Interface, keccak256, Transaction } from 'ethers';
import type { InterfaceAbi, JsonRpcProvider, TransactionReceipt, Wallet, HDNodeWallet } from 'ethers';
import { CONTRACT_NAMES, CONTRACTS } from '../../../../contracts/chain/abi/index.ts';
import type { ContractName } from '../../../../contracts/chain/abi/index.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { rpcFailure } from '../rpc-client.ts';
import { AddressBook } from './address-book.ts';
import { ADMINISTERED, constructorArguments, DEFAULT_LIMITS, roleGrants } from './deployment-plan.ts';
import type { ChainLimits, ChainRoles, PlanInput, RoleGrant } from './deployment-plan.ts';

/** What a deployment needs. */
export interface DeployOptions {
  readonly provider: JsonRpcProvider;
  /** Key that pays and is the first admin; it keeps nothing once the admin has accepted. */
  readonly deployer: Wallet | HDNodeWallet;
  readonly roles: ChainRoles;
  readonly limits?: Partial<ChainLimits>;
  /** Folder of the address books. */
  readonly folder: string;
  /** Milliseconds until a transaction must be in a block (default 120,000). */
  readonly includedMs?: number;
  /** Gets one line a step. */
  readonly tell?: (line: string) => void;
}

/** What stands after a deployment. */
export interface Deployment {
  readonly chainId: number;
  readonly genesisHash: string;
  readonly addresses: Readonly<Record<ContractName, string>>;
  /** Transactions that this run sent; 0 when everything stood already. */
  readonly sentCount: number;
  /** Contracts whose admin role waits to be accepted by `roles.admin` after the delay. */
  readonly pendingAdmin: readonly ContractName[];
}

/**
 * Deploys what is missing on a chain and gives the roles that are missing.
 *
 * Each contract's transaction is in the address book before it is sent, so a crash leaves nothing behind that
 * a repetition would deploy twice. Bytes that were sent are sent again as they are.
 * @throws unavailable when the chain does not answer; permission_denied when the deployer may not give a
 *   missing role; conflict when other code stands at an address; deadline_exceeded; storage_failed
 */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  try {
    const [network, genesis] = await Promise.all([
      options.provider.getNetwork(),
      options.provider.getBlock(0),
    ]);
    if (!genesis?.hash) throw new WitanError('unavailable', 'the chain has no block 0');
    const chain = { chainId: Number(network.chainId), genesisHash: genesis.hash };
    return await new Deploying(options, await AddressBook.open(options.folder, chain)).run();
  } catch (error) {
    throw rpcFailure(error, { url: options.provider._getConnection().url });
  }
}

class Deploying {
  private readonly options: DeployOptions;
  private readonly book: AddressBook;
  private readonly plan: PlanInput;
  private sentCount = 0;

  constructor(options: DeployOptions, book: AddressBook) {
    this.options = options;
    this.book = book;
    this.plan = {
      roles: options.roles,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      deployer: options.deployer.address,
      addressOf: (name) => this.addressOf(name),
    };
  }

  async run(): Promise<Deployment> {
    for (const name of CONTRACT_NAMES) await this.ensureDeployed(name);
    for (const grant of roleGrants(this.plan)) await this.ensureGranted(grant);
    const pendingAdmin: ContractName[] = [];
    for (const name of ADMINISTERED) if (await this.ensureHandedOn(name)) pendingAdmin.push(name);
    return {
      ...this.book.chain,
      addresses: Object.fromEntries(
        CONTRACT_NAMES.map((name) => [name, this.addressOf(name)]),
      ) as Deployment['addresses'],
      sentCount: this.sentCount,
      pendingAdmin,
    };
  }

  private addressOf(name: ContractName): string {
    const entry = this.book.get(name);
    if (!entry) throw new WitanError('internal', `${name} is used before it is deployed`);
    return entry.address;
  }

  private async ensureDeployed(name: ContractName): Promise<void> {
    const { provider } = this.options;
    const entry = this.book.get(name);
    if (entry) {
      const code = await provider.getCode(entry.address);
      if (code !== '0x') return this.confirm(name, code);
      if (entry.rawTransaction && (await this.sendAgain(entry.rawTransaction))) {
        return this.confirm(name, await provider.getCode(entry.address));
      }
    }
    const { bytecode, abi } = CONTRACTS[name];
    const args = new Interface(abi as InterfaceAbi).encodeDeploy(constructorArguments(name, this.plan));
    const raw = await this.sign({ data: `${bytecode}${args.slice(2)}` });
    const { hash, nonce } = Transaction.from(raw);
    const address = getCreateAddress({ from: this.plan.deployer, nonce });
    await this.book.put(name, { address, txHash: hash!, rawTransaction: raw });
    this.options.tell?.(`${name} → ${address}`);
    await this.send(raw);
    await this.confirm(name, await provider.getCode(address));
  }

  /** The code that stands is the code that stood; a first look at it is written down. */
  private async confirm(name: ContractName, code: string): Promise<void> {
    const { address, txHash, codeHash } = this.book.get(name)!;
    const found = keccak256(code);
    if (code === '0x') throw new WitanError('conflict', `no code stands at ${address}`, { contract: name });
    if (codeHash === found) return;
    if (codeHash) throw new WitanError('conflict', `other code stands at ${address}`, { contract: name });
    await this.book.put(name, { address, txHash, codeHash: found });
  }

  private async ensureGranted({ contract, role, holder }: RoleGrant): Promise<void> {
    const target = this.contract(contract);
    const id = (await target.getFunction(role)()) as string;
    if (await target.getFunction('hasRole')(id, holder)) return;
    await this.asAdmin(contract, target, `give ${role}`);
    const data = target.interface.encodeFunctionData('grantRole', [id, holder]);
    this.options.tell?.(`${contract}.${role} → ${holder}`);
    await this.send(await this.sign({ to: this.addressOf(contract), data }));
  }

  /** Offers the admin role to its holder to be. Returns whether it waits to be accepted. */
  private async ensureHandedOn(name: ContractName): Promise<boolean> {
    const { admin } = this.options.roles;
    const target = this.contract(name);
    const current = (await target.getFunction('defaultAdmin')()) as string;
    if (sameAddress(current, admin)) return false;
    const [pending] = (await target.getFunction('pendingDefaultAdmin')()) as [string, bigint];
    if (sameAddress(pending, admin)) return true;
    await this.asAdmin(name, target, 'hand the admin role on');
    const data = target.interface.encodeFunctionData('beginDefaultAdminTransfer', [admin]);
    this.options.tell?.(`${name} admin → ${admin}, to be accepted`);
    await this.send(await this.sign({ to: this.addressOf(name), data }));
    return true;
  }

  private async asAdmin(name: ContractName, target: Contract, what: string): Promise<void> {
    const admin = (await target.getFunction('defaultAdmin')()) as string;
    if (sameAddress(admin, this.plan.deployer)) return;
    const details = { contract: name, admin, deployer: this.plan.deployer };
    throw new WitanError('permission_denied', `the deployer may not ${what} of ${name}`, details);
  }

  private contract(name: ContractName): Contract {
    return new Contract(this.addressOf(name), CONTRACTS[name].abi as InterfaceAbi, this.options.provider);
  }

  private async sign(request: { to?: string; data: string }): Promise<string> {
    const { deployer, provider } = this.options;
    const nonce = await provider.getTransactionCount(deployer.address, 'pending');
    const populated = await deployer.connect(provider).populateTransaction({ ...request, nonce });
    return deployer.signTransaction(populated);
  }

  private async send(raw: string): Promise<TransactionReceipt> {
    const { provider } = this.options;
    const response = await provider.broadcastTransaction(raw);
    this.sentCount += 1;
    return this.included(response.hash);
  }

  /** Sends the bytes of an earlier run. Returns false when they can no longer be included. */
  private async sendAgain(raw: string): Promise<boolean> {
    const { provider } = this.options;
    const { hash, nonce, from } = Transaction.from(raw);
    if (await provider.getTransactionReceipt(hash!)) return true;
    if ((await provider.getTransactionCount(from!, 'latest')) > nonce) return false;
    if (!(await provider.getTransaction(hash!))) {
      await provider.broadcastTransaction(raw);
      this.sentCount += 1;
    }
    await this.included(hash!);
    return true;
  }

  private async included(hash: string): Promise<TransactionReceipt> {
    const { provider, includedMs = 120_000 } = this.options;
    const receipt = await receiptOf(provider, hash, includedMs);
    if (receipt.status !== 1) {
      throw new WitanError('conflict', 'a transaction of the deployment was reverted', { txHash: hash });
    }
    return receipt;
  }
}

/**
 * Receipt of a transaction. Not ethers' own wait: where the block comes between its two questions, that waits
 * for one block more, and a chain without traffic has none.
 */
async function receiptOf(
  provider: JsonRpcProvider,
  hash: string,
  includedMs: number,
): Promise<TransactionReceipt> {
  const lastMs = performance.now() + includedMs;
  for (;;) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt) return receipt;
    if (performance.now() >= lastMs) {
      const message = 'the chain did not include a transaction in time';
      throw new WitanError('deadline_exceeded', message, { txHash: hash });
    }
    await pause(provider.pollingInterval);
  }
}

function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
