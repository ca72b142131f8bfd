/** The chain of a JSON-RPC node, as the anchor sees it. */
import { Interface, keccak256 } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { CONTRACTS } from '../../../../contracts/chain/abi/index.ts';
import { ANCHOR_SELECTORS } from '../../../../contracts/chain/anchor-call.ts';
import { WitanError } from '../../../../contracts/errors.ts';
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
import type { ConnectOptions } from '../connect-chain.ts';
import { arrayOf, bigintOf, countOf, headerRlp, receiptBytes, textOf } from './chain-encoding.ts';
import type { RpcObject } from './chain-encoding.ts';
import { RpcClient, RpcRefusal } from '../rpc-client.ts';

/** See {@link ChainPort}. It connects when it is first asked, and again after a failure. */
export class EthersChain implements ChainPort {
  readonly #rpc: RpcClient;
  readonly #errors = new Interface(CONTRACTS.AuditAnchor.abi as InterfaceAbi);

  constructor(options: ConnectOptions) {
    this.#rpc = new RpcClient(options);
  }

  async identity(contract: string): Promise<ChainIdentity> {
    const chainId = countOf(await this.#rpc.ask('eth_chainId', []));
    const genesis = await this.#block('0x0');
    const code = textOf(await this.#rpc.ask('eth_getCode', [contract, 'latest']));
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

  fees(): Promise<ChainFees> {
    return this.#rpc.fees();
  }

  nonce(address: string): Promise<number> {
    return this.#rpc.nonce(address);
  }

  async estimate({ from, to, data }: ChainCall): Promise<ChainEstimate> {
    try {
      return { gas: bigintOf(await this.#rpc.ask('eth_estimateGas', [{ from, to, data }])) };
    } catch (error) {
      const refusal = this.#refusal(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }

  broadcast(raw: string): Promise<BroadcastOutcome> {
    return this.#rpc.broadcast(raw);
  }

  async receipt(txHash: string): Promise<ChainReceipt | undefined> {
    const receipt = (await this.#rpc.ask('eth_getTransactionReceipt', [txHash])) as RpcObject | null;
    // A node that answers from a block in the making gives a receipt without one.
    if (!receipt || !receipt['blockHash']) return undefined;
    return {
      txHash: textOf(receipt['transactionHash']),
      blockHash: textOf(receipt['blockHash']),
      blockNumber: countOf(receipt['blockNumber']),
      index: countOf(receipt['transactionIndex']),
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
    const receipts = arrayOf(await this.#rpc.ask('eth_getBlockReceipts', [blockHash]));
    const place = (receipt: RpcObject): number => countOf(receipt['transactionIndex']);
    return [...receipts].sort((a, b) => place(a) - place(b)).map(receiptBytes);
  }

  async anchoredHead(contract: string, logId: string): Promise<AnchoredHead> {
    const data = `${ANCHOR_SELECTORS.headOf}${logId.slice(2)}`;
    const words =
      textOf(await this.#rpc.ask('eth_call', [{ to: contract, data }, 'latest']))
        .slice(2)
        .match(/.{64}/g) ?? [];
    if (words.length !== 5) throw new WitanError('internal', 'the contract answered with no head');
    const number = (at: number): number => countOf(`0x${words[at]!}`);
    return { root: words[0]!, size: number(1), epoch: number(3), frozen: number(4) !== 0 };
  }

  close(): Promise<void> {
    return this.#rpc.close();
  }

  async #tagged(tag: 'safe' | 'finalized'): Promise<number | null> {
    try {
      const block = await this.#block(tag);
      return block ? heightOf(block) : null;
    } catch (error) {
      // A chain that does not know the tag says so; one that does not answer throws another code.
      if (error instanceof RpcRefusal) return null;
      throw error;
    }
  }

  #block(tag: string): Promise<RpcObject | undefined> {
    return this.#rpc.block(tag);
  }

  #refusal(error: unknown): string | undefined {
    const data = error instanceof RpcRefusal ? error.answer.data : undefined;
    if (data === undefined) return undefined;
    return this.#errors.parseError(data)?.name ?? 'unknown';
  }
}

function heightOf(block: RpcObject): number {
  return countOf(block['number']);
}
