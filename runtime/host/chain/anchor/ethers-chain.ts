/** The chain of a JSON-RPC node, as the anchor sees it. */
import { Interface, keccak256 } from 'ethers';
import type { InterfaceAbi, JsonRpcProvider } from 'ethers';
import { CONTRACTS } from '../../../../contracts/chain/abi/index.ts';
import { ANCHOR_SELECTORS } from '../../../../contracts/chain/anchor-call.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type {
  AnchoredHead,
  BroadcastOutcome,
  ChainCall,
  ChainEstimate,
  ChainFees,
  ChainHeader,
  ChainHeads,
  ChainIdentity,
  ChainPort,
  ChainReceipt,
} from '../../../kernel/ports/chain/chain.ts';
import { connectChain } from '../connect-chain.ts';
import type { ConnectOptions } from '../connect-chain.ts';
import { arrayOf, bigintOf, headerRlp, receiptBytes, textOf } from './chain-encoding.ts';
import type { RpcObject } from './chain-encoding.ts';

/** What nodes say of a transaction that they do not take; their words, for they have no codes for it. */
const REFUSALS: readonly (readonly [RegExp, BroadcastOutcome])[] = [
  [/already known|already imported|known transaction|already exists/i, 'known'],
  [/nonce too low|nonce has already been used|invalid nonce/i, 'nonce-used'],
  [/underpriced|fee too low|less than block base fee/i, 'underpriced'],
  [/insufficient funds/i, 'no-funds'],
];

/** See {@link ChainPort}. It connects when it is first asked, and again after a failure. */
export class EthersChain implements ChainPort {
  readonly #options: ConnectOptions;
  readonly #errors = new Interface(CONTRACTS.AuditAnchor.abi as InterfaceAbi);
  #provider: Promise<JsonRpcProvider> | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  async identity(contract: string): Promise<ChainIdentity> {
    const chainId = Number(bigintOf(await this.#ask('eth_chainId', [])));
    const genesis = await this.#block('0x0');
    const code = textOf(await this.#ask('eth_getCode', [contract, 'latest']));
    if (!genesis) throw new WitanError('unavailable', 'the chain has no block 0');
    return {
      chainId,
      genesisHash: textOf(genesis['hash']),
      codeHash: code === '0x' ? null : keccak256(code),
    };
  }

  async heads(): Promise<ChainHeads> {
    const latest = await this.#block('latest');
    if (!latest) throw new WitanError('unavailable', 'the chain has no newest block');
    const [safe, finalized] = [await this.#tagged('safe'), await this.#tagged('finalized')];
    return { latest: heightOf(latest), safe, finalized };
  }

  async fees(): Promise<ChainFees> {
    const latest = await this.#block('latest');
    const tipWei = bigintOf(await this.#ask('eth_maxPriorityFeePerGas', []));
    return { baseFeeWei: bigintOf(latest?.['baseFeePerGas'] ?? 0), tipWei };
  }

  async nonce(address: string): Promise<number> {
    return Number(bigintOf(await this.#ask('eth_getTransactionCount', [address, 'latest'])));
  }

  async estimate({ from, to, data }: ChainCall): Promise<ChainEstimate> {
    try {
      return { gas: bigintOf(await this.#ask('eth_estimateGas', [{ from, to, data }])) };
    } catch (error) {
      const refusal = this.#refusal(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }

  async broadcast(raw: string): Promise<BroadcastOutcome> {
    try {
      await this.#ask('eth_sendRawTransaction', [raw]);
      return 'accepted';
    } catch (error) {
      const words = rpcError(error)?.message ?? '';
      const outcome = REFUSALS.find(([pattern]) => pattern.test(words))?.[1];
      if (outcome === undefined) throw error;
      return outcome;
    }
  }

  async receipt(txHash: string): Promise<ChainReceipt | undefined> {
    const receipt = (await this.#ask('eth_getTransactionReceipt', [txHash])) as RpcObject | null;
    // A node that answers from a block in the making gives a receipt without one.
    if (!receipt || !receipt['blockHash']) return undefined;
    return {
      txHash: textOf(receipt['transactionHash']),
      blockHash: textOf(receipt['blockHash']),
      blockNumber: Number(bigintOf(receipt['blockNumber'])),
      index: Number(bigintOf(receipt['transactionIndex'])),
      succeeded: bigintOf(receipt['status'] ?? 0) === 1n,
      gasUsed: bigintOf(receipt['gasUsed']),
      gasPriceWei: bigintOf(receipt['effectiveGasPrice'] ?? 0),
    };
  }

  async header(blockNumber: number): Promise<ChainHeader | undefined> {
    const block = await this.#block(`0x${blockNumber.toString(16)}`);
    return block && { number: heightOf(block), hash: textOf(block['hash']), rlp: headerRlp(block) };
  }

  async blockReceipts(blockHash: string): Promise<readonly string[]> {
    const receipts = arrayOf(await this.#ask('eth_getBlockReceipts', [blockHash]));
    const place = (receipt: RpcObject): number => Number(bigintOf(receipt['transactionIndex']));
    return [...receipts].sort((a, b) => place(a) - place(b)).map(receiptBytes);
  }

  async anchoredHead(contract: string, logId: string): Promise<AnchoredHead> {
    const data = `${ANCHOR_SELECTORS.headOf}${logId.slice(2)}`;
    const words =
      textOf(await this.#ask('eth_call', [{ to: contract, data }, 'latest']))
        .slice(2)
        .match(/.{64}/g) ?? [];
    if (words.length !== 5) throw new WitanError('internal', 'the contract answered with no head');
    const number = (at: number): number => Number(BigInt(`0x${words[at]!}`));
    return { root: words[0]!, size: number(1), epoch: number(3), frozen: number(4) !== 0 };
  }

  async close(): Promise<void> {
    const provider = await this.#provider?.catch(() => undefined);
    this.#provider = undefined;
    provider?.destroy();
  }

  async #tagged(tag: 'safe' | 'finalized'): Promise<number | null> {
    try {
      const block = await this.#block(tag);
      return block ? heightOf(block) : null;
    } catch (error) {
      // A chain that does not know the tag says so; one that does not answer throws another code.
      if (rpcError(error)) return null;
      throw error;
    }
  }

  async #block(tag: string): Promise<RpcObject | undefined> {
    return ((await this.#ask('eth_getBlockByNumber', [tag, false])) as RpcObject | null) ?? undefined;
  }

  async #ask(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#provider ??= connectChain(this.#options);
    try {
      return await (await this.#provider).send(method, [...params]);
    } catch (error) {
      throw this.#failure(method, error);
    }
  }

  /** The address of the node may hold a provider's key: it is in no message. */
  #failure(method: string, error: unknown): WitanError {
    if (error instanceof WitanError) {
      this.#provider = undefined;
      return error;
    }
    const answered = rpcError(error);
    const reason = (answered?.message ?? toWitanError(error).message)
      .split(this.#options.url)
      .join('…')
      .slice(0, 200);
    const details = { method, reason };
    if (answered) return new WitanError('internal', `the chain refuses ${method}: ${reason}`, details, error);
    return new WitanError('unavailable', `the chain does not answer ${method}`, details, error);
  }

  #refusal(error: unknown): string | undefined {
    const { data } = rpcError(error) ?? {};
    if (data === undefined) return undefined;
    return this.#errors.parseError(data)?.name ?? 'unknown';
  }
}

function heightOf(block: RpcObject): number {
  return Number(bigintOf(block['number']));
}

/** The error that the node answered with; undefined where it did not answer. */
function rpcError(
  error: unknown,
): { readonly message: string; readonly data: string | undefined } | undefined {
  const cause = (error instanceof WitanError ? error.cause : error) as
    { error?: unknown; info?: { error?: unknown }; data?: unknown } | undefined;
  const answered = (cause?.error ?? cause?.info?.error) as { message?: unknown; data?: unknown } | undefined;
  if (typeof answered?.message !== 'string') return undefined;
  const data = [answered.data, cause?.data].find((one) => typeof one === 'string') as string | undefined;
  return { message: answered.message, data };
}
