/** The chain of the content registry through ethers: one account, three contracts. */
import { Contract, Interface, isError, keccak256, Transaction } from 'ethers';
import type { ErrorDescription, HDNodeWallet, InterfaceAbi, JsonRpcProvider, Wallet } from 'ethers';
import type {
  ChainCallOfStep,
  ChainCertificate,
  ChainContent,
  ContentChainNames,
  ContentChainPort,
  ContentReceipt,
  SignedCall,
} from '../../../../agents/platform/proof/chain/content-chain.ts';
import type { ContentJob } from '../../../../agents/platform/proof/chain/content-job.ts';
import { CONTRACTS } from '../../../../contracts/chain/abi/index.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { connectChain } from '../../chain/connect-chain.ts';
import { chainFailure } from '../../chain/deploy/chain-failure.ts';

/** Contracts that content needs. */
export const CONTENT_CONTRACTS = ['ContentRegistry', 'VerificationContract', 'ProvenanceContract'] as const;

/** One of {@link CONTENT_CONTRACTS}. */
export type ContentContract = (typeof CONTENT_CONTRACTS)[number];

/** Where the chain and its contracts are. */
export interface ContentChainPlace {
  readonly url: string;
  readonly chainId?: number;
  /** Address of each contract, and the hash of its code where it is known. */
  readonly contracts: Readonly<Record<ContentContract, { address: string; codeHash?: string | undefined }>>;
}

/** Settings of a chain. */
export interface EthersContentChainOptions {
  /** Asked again after each failure: a dev chain is not there from the first moment. */
  place(): Promise<ContentChainPlace>;
  readonly wallet: Wallet | HDNodeWallet;
  readonly requestMs?: number;
}

interface Open {
  readonly provider: JsonRpcProvider;
  readonly names: ContentChainNames;
  readonly contracts: Readonly<Record<ContentContract, Contract>>;
}

type Target = { readonly to: ContentContract; readonly name: string; readonly args: readonly unknown[] };

const HISTORY_MAX = 500n;
const PAGE = 50n;

/** See {@link ContentChainPort}. */
export class EthersContentChain implements ContentChainPort {
  readonly #options: EthersContentChainOptions;
  #opening: Promise<Open> | undefined;

  constructor(options: EthersContentChainOptions) {
    this.#options = options;
  }

  names(): Promise<ContentChainNames> {
    return this.#asked(async ({ names }) => names);
  }

  find(contentHash: string): Promise<ChainContent | undefined> {
    return this.#asked(async ({ contracts: { ContentRegistry: registry } }) => {
      const id = hex(contentHash);
      const tokenId = (await registry.getFunction('tokenIds')(id)) as bigint;
      if (tokenId === 0n) return undefined;
      const content = await registry.getFunction('contents')(id);
      return {
        tokenId: tokenId.toString(),
        creator: content.creator as string,
        timestampS: Number(content.timestamp),
        modelId: content.modelId as string,
        metadata: content.metadata as string,
        isVerified: content.isVerified as boolean,
      };
    });
  }

  committedAtS(job: ContentJob): Promise<number> {
    return this.#asked(async ({ contracts: { ContentRegistry: registry }, names }) => {
      const commitment = await commitmentOf(registry, names.account, job);
      return Number(await registry.getFunction('committedAt')(names.account, commitment));
    });
  }

  hasLineage(contentHash: string): Promise<boolean> {
    return this.#asked(async ({ contracts }) =>
      contracts.ProvenanceContract.getFunction('isRecorded')(hex(contentHash)),
    );
  }

  hasModel(digest: string): Promise<boolean> {
    return this.#asked(async ({ contracts: { ProvenanceContract: provenance } }) => {
      try {
        await provenance.getFunction('modelOf')(hex(digest));
        return true;
      } catch (error) {
        if (refusalIn(error) === 'UnknownModel') return false;
        throw error;
      }
    });
  }

  certificate(contentHash: string, evidenceHash: string): Promise<ChainCertificate | undefined> {
    return this.#asked(async ({ contracts: { VerificationContract: verification }, names }) => {
      const length = (await verification.getFunction('historyLength')(hex(contentHash))) as bigint;
      const floor = length > HISTORY_MAX ? length - HISTORY_MAX : 0n;
      for (let end = length; end > floor; end -= PAGE) {
        const from = end > PAGE ? end - PAGE : 0n;
        const ids = (await verification.getFunction('historyOf')(
          hex(contentHash),
          from,
          end - from,
        )) as bigint[];
        for (const id of [...ids].reverse()) {
          const found = await verification.getFunction('certificateOf')(id);
          const isOurs = found.issuer === names.account && found.evidenceHash === hex(evidenceHash);
          if (isOurs) return { id: id.toString(), isRevoked: found.revokedAt !== 0n };
        }
      }
      return undefined;
    });
  }

  headTimeS(): Promise<number> {
    return this.#asked(async ({ provider }) => (await provider.getBlock('latest'))?.timestamp ?? 0);
  }

  nonces(): Promise<{ latest: number; pending: number }> {
    return this.#asked(async ({ provider, names: { account } }) => ({
      latest: await provider.getTransactionCount(account, 'latest'),
      pending: await provider.getTransactionCount(account, 'pending'),
    }));
  }

  sign(
    call: ChainCallOfStep,
    { nonce, replaces }: { nonce: number; replaces?: string },
  ): Promise<SignedCall> {
    return this.#asked(async (open) => {
      const { to, name, args } = await targetOf(call, open);
      const target = open.contracts[to];
      const data = target.interface.encodeFunctionData(name, args as unknown[]);
      const address = await target.getAddress();
      const gas = await this.#estimated(open, { to: address, data });
      const fees = await open.provider.getFeeData();
      const earlier = replaces === undefined ? undefined : Transaction.from(replaces);
      const raw = await this.#options.wallet.signTransaction({
        type: 2,
        chainId: open.names.chainId,
        nonce,
        to: address,
        data,
        gasLimit: (gas * 13n) / 10n,
        maxFeePerGas: raised(fees.maxFeePerGas ?? fees.gasPrice, earlier?.maxFeePerGas),
        maxPriorityFeePerGas: raised(fees.maxPriorityFeePerGas ?? 1n, earlier?.maxPriorityFeePerGas),
      });
      return { raw, hash: keccak256(raw) };
    });
  }

  broadcast(raw: string): Promise<void> {
    return this.#asked(async ({ provider }) => {
      try {
        await provider.send('eth_sendRawTransaction', [raw]);
      } catch (error) {
        if (!isKnown(error)) throw error;
      }
    });
  }

  receipt(hash: string): Promise<ContentReceipt | undefined> {
    return this.#asked(async ({ provider }) => {
      const receipt = await provider.getTransactionReceipt(hash);
      if (!receipt) return undefined;
      const confirmationCount = (await provider.getBlockNumber()) - receipt.blockNumber + 1;
      return { isSuccess: receipt.status === 1, confirmationCount };
    });
  }

  close(): void {
    void this.#opening?.then(({ provider }) => provider.destroy()).catch(() => undefined);
    this.#opening = undefined;
  }

  async #estimated({ provider, names }: Open, call: { to: string; data: string }): Promise<bigint> {
    try {
      return await provider.estimateGas({ ...call, from: names.account });
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      throw new WitanError('conflict', `the contract refuses the call: ${refusal}`, { refusal }, error);
    }
  }

  async #asked<T>(ask: (open: Open) => Promise<T>): Promise<T> {
    try {
      this.#opening ??= this.#open();
      return await ask(await this.#opening);
    } catch (error) {
      const failure = chainFailure(error);
      // A chain that was away may come back as another one: it says again who it is.
      if (failure.code === 'unavailable' || failure.code === 'deadline_exceeded') this.close();
      throw failure;
    }
  }

  async #open(): Promise<Open> {
    try {
      const { url, chainId, contracts } = await this.#options.place();
      const { requestMs } = this.#options;
      const identity = {
        ...(chainId !== undefined && { chainId }),
        ...(requestMs !== undefined && { requestMs }),
      };
      const provider = await connectChain({ url, ...identity });
      const opened = {} as Record<ContentContract, Contract>;
      for (const name of CONTENT_CONTRACTS) {
        const { address, codeHash } = contracts[name];
        const code = await provider.getCode(address);
        if (code === '0x' || (codeHash !== undefined && keccak256(code) !== codeHash)) {
          provider.destroy();
          throw new WitanError('conflict', `${name} does not stand at ${address}`, {
            contract: name,
            address,
          });
        }
        opened[name] = new Contract(address, CONTRACTS[name].abi as InterfaceAbi, provider);
      }
      const { chainId: answered } = await provider.getNetwork();
      const names = {
        chainId: Number(answered),
        registry: contracts.ContentRegistry.address,
        account: this.#options.wallet.address,
      };
      return { provider, names, contracts: opened };
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

async function targetOf(
  { step, job, certificateId }: ChainCallOfStep,
  { contracts, names }: Open,
): Promise<Target> {
  const id = hex(job.contentHash);
  if (job.kind === 'certificate') {
    const args = [id, hex(job.evidenceHash), job.expiresAtS];
    return { to: 'VerificationContract', name: 'issueCertificate', args };
  }
  if (job.kind === 'revocation') {
    return {
      to: 'VerificationContract',
      name: 'revokeCertificate',
      args: [certificateId, hex(job.reasonHash)],
    };
  }
  if (step === 'commit') {
    const commitment = await commitmentOf(contracts.ContentRegistry, names.account, job);
    return { to: 'ContentRegistry', name: 'commit', args: [names.account, commitment] };
  }
  if (step === 'reveal') {
    const args = [id, job.modelId, job.metadata, job.salt];
    return { to: 'ContentRegistry', name: 'registerSalted', args };
  }
  if (step === 'model') {
    const args = [hex(job.model!.digest), job.modelId, job.model!.version];
    return { to: 'ProvenanceContract', name: 'registerModel', args };
  }
  const model = job.model ? hex(job.model.digest) : `0x${'0'.repeat(64)}`;
  const args = [id, job.origin, model, hex(job.parametersHash), job.parents.map(hex)];
  return { to: 'ProvenanceContract', name: 'recordLineage', args };
}

async function commitmentOf(registry: Contract, account: string, job: ContentJob): Promise<string> {
  if (job.kind !== 'register') throw new TypeError('only a registration is committed to');
  const { contentHash, modelId, metadata, salt } = job;
  return registry.getFunction('commitmentOf')(account, hex(contentHash), modelId, metadata, salt);
}

const INTERFACES = CONTENT_CONTRACTS.map((name) => new Interface(CONTRACTS[name].abi as InterfaceAbi));

/** Name or text of the error that a contract threw; undefined: the call did not fail for that. */
function refusalIn(error: unknown): string | undefined {
  if (!isError(error, 'CALL_EXCEPTION')) return undefined;
  if (error.revert) return error.revert.name === 'Error' ? String(error.revert.args[0]) : error.revert.name;
  if (error.reason) return error.reason;
  for (const known of INTERFACES) {
    const parsed: ErrorDescription | null = error.data ? known.parseError(error.data) : null;
    if (parsed) return parsed.name;
  }
  return 'reverted';
}

/** Whether the chain had these bytes, or something else with their nonce, already. */
function isKnown(error: unknown): boolean {
  if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')) return true;
  const text = JSON.stringify(
    (error as { error?: unknown; info?: unknown }).error ?? (error as Error).message ?? '',
  );
  return /already (known|imported)|nonce too low|underpriced/i.test(`${text} ${(error as Error).message}`);
}

function raised(now: bigint | null, earlier: bigint | null | undefined): bigint {
  const least = ((earlier ?? 0n) * 5n) / 4n + 1n;
  return now !== null && now > least ? now : least;
}

function hex(digest: string): string {
  return `0x${digest.replace(/^sha256:/, '')}`;
}
