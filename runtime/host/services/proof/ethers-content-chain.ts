/** The chain of the content registry through ethers: one account, three contracts. */
import { AbiCoder, Contract, id as keccakOfText, Interface, isError, keccak256, Transaction } from 'ethers';
import type { ErrorDescription, InterfaceAbi } from 'ethers';
import { firstOffer, nextOffer } from '../../../../agents/platform/audit/anchor/lane/plan-fee.ts';
import type { FeeOffer, OfferLimits } from '../../../../agents/platform/audit/anchor/lane/plan-fee.ts';
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
import type { AnchorSigner } from '../../../kernel/ports/chain/chain.ts';
import { bigintOf, countOf, textOf } from '../../chain/anchor/chain-encoding.ts';
import type { RpcObject } from '../../chain/anchor/chain-encoding.ts';
import { RpcClient } from '../../chain/rpc-client.ts';

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
  readonly signer: AnchorSigner;
  readonly requestMs?: number;
  /** Most that is offered for one gas, in wei. */
  readonly maxFeeWei: bigint;
}

interface Open {
  readonly rpc: RpcClient;
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
      const commitment = commitmentOf(names, job);
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
    return this.#asked(async ({ rpc }) => countOf((await rpc.block('latest'))?.['timestamp'] ?? 0));
  }

  nonce(): Promise<number> {
    return this.#asked(({ rpc, names: { account } }) => rpc.nonce(account));
  }

  sign(
    call: ChainCallOfStep,
    { nonce, replaces }: { nonce: number; replaces?: string },
  ): Promise<SignedCall> {
    return this.#asked(async (open) => {
      const { to, name, args } = targetOf(call, open);
      const target = open.contracts[to];
      const data = target.interface.encodeFunctionData(name, args as unknown[]);
      const address = await target.getAddress();
      const gas = await this.#estimated(open, { to: address, data });
      const { maxFeeWei, tipWei } = await this.#offer(open, replaces);
      const { chainId } = open.names;
      const gasLimit = (gas * 13n) / 10n;
      return this.#options.signer.sign({ chainId, nonce, to: address, data, gasLimit, maxFeeWei, tipWei });
    });
  }

  broadcast(raw: string): Promise<void> {
    return this.#asked(async ({ rpc }) => {
      // The chain had these bytes, or something else with their nonce: the next turn sees which.
      const outcome = await rpc.broadcast(raw);
      if (outcome !== 'no-funds') return;
      throw new WitanError('quota_exceeded', 'the account cannot pay for the transaction');
    });
  }

  receipt(hash: string): Promise<ContentReceipt | undefined> {
    return this.#asked(async ({ rpc }) => {
      const receipt = (await rpc.ask('eth_getTransactionReceipt', [hash])) as RpcObject | null;
      // A node that answers from a block in the making gives a receipt without one.
      if (!receipt?.['blockHash']) return undefined;
      const latest = await rpc.block('latest');
      const confirmationCount = countOf(latest?.['number'] ?? 0) - countOf(receipt['blockNumber']) + 1;
      return { isSuccess: bigintOf(receipt['status'] ?? 0) === 1n, confirmationCount };
    });
  }

  close(): void {
    void this.#opening?.then(({ rpc }) => rpc.close()).catch(() => undefined);
    this.#opening = undefined;
  }

  async #offer({ rpc }: Open, replaces: string | undefined): Promise<FeeOffer> {
    const fees = await rpc.fees();
    const limits: OfferLimits = { maxFeeWei: this.#options.maxFeeWei, minTipWei: 1n };
    const earlier = replaces === undefined ? undefined : Transaction.from(replaces);
    const offer = earlier
      ? nextOffer(
          { maxFeeWei: `${earlier.maxFeePerGas ?? 0n}`, tipWei: `${earlier.maxPriorityFeePerGas ?? 0n}` },
          fees,
          limits,
        )
      : firstOffer(fees, limits);
    if (offer) return offer;
    const details = { path: 'content.maxFeeGwei', baseFeeWei: `${fees.baseFeeWei}` };
    throw new WitanError('quota_exceeded', 'the chain is dearer than content.maxFeeGwei', details);
  }

  async #estimated({ rpc, names }: Open, call: { to: string; data: string }): Promise<bigint> {
    try {
      return await (await rpc.provider()).estimateGas({ ...call, from: names.account });
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      throw new WitanError('conflict', `the contract refuses the call: ${refusal}`, { refusal }, error);
    }
  }

  async #asked<T>(ask: (open: Open) => Promise<T>): Promise<T> {
    try {
      this.#opening ??= this.#open();
      const open = await this.#opening;
      return await open.rpc.using(() => ask(open));
    } catch (error) {
      // A chain that was away may come back as another one: it says again who it is.
      const { code } = error as WitanError;
      if (code === 'unavailable' || code === 'deadline_exceeded') this.close();
      throw error;
    }
  }

  async #open(): Promise<Open> {
    let rpc: RpcClient | undefined;
    try {
      const { url, chainId, contracts } = await this.#options.place();
      const { requestMs } = this.#options;
      rpc = new RpcClient({
        url,
        ...(chainId !== undefined && { chainId }),
        ...(requestMs !== undefined && { requestMs }),
      });
      const provider = await rpc.provider();
      const opened = {} as Record<ContentContract, Contract>;
      for (const name of CONTENT_CONTRACTS) {
        const { address, codeHash } = contracts[name];
        const code = textOf(await rpc.ask('eth_getCode', [address, 'latest']));
        if (code === '0x' || (codeHash !== undefined && keccak256(code) !== codeHash)) {
          const details = { contract: name, address };
          throw new WitanError('conflict', `${name} does not stand at ${address}`, details);
        }
        opened[name] = new Contract(address, CONTRACTS[name].abi as InterfaceAbi, provider);
      }
      const { chainId: answered } = await provider.getNetwork();
      const names = {
        chainId: Number(answered),
        registry: contracts.ContentRegistry.address,
        account: this.#options.signer.address,
      };
      return { rpc, names, contracts: opened };
    } catch (error) {
      this.#opening = undefined;
      await rpc?.close();
      throw error;
    }
  }
}

function targetOf({ step, job, certificateId }: ChainCallOfStep, { names }: Open): Target {
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
    const commitment = commitmentOf(names, job);
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

/** As the contract computes it; here, so that the salt leaves the node with the reveal and not before. */
function commitmentOf({ account, registry, chainId }: ContentChainNames, job: ContentJob): string {
  if (job.kind !== 'register') throw new TypeError('only a registration is committed to');
  const { contentHash, modelId, metadata, salt } = job;
  const types = ['address', 'bytes32', 'bytes32', 'bytes32', 'bytes32', 'uint256', 'address'];
  const texts = [keccakOfText(modelId), keccakOfText(metadata)];
  const values = [account, hex(contentHash), ...texts, salt, chainId, registry];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
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

function hex(digest: string): string {
  return `0x${digest.replace(/^sha256:/, '')}`;
}
