/**
 * What every client of a chain shares: one node of it over JSON-RPC, connected when it is first asked and
 * again after a failure, and its errors as ours.
 *
 * The address of a node may hold the key of its provider: it stands in no message, no detail and no cause.
 */
import { isError } from 'ethers';
import type { JsonRpcProvider } from 'ethers';
import { WitanError } from '../../../contracts/errors.ts';
import type { BroadcastOutcome, ChainFees } from '../../kernel/ports/chain/chain.ts';
import { bigintOf, countOf } from './anchor/chain-encoding.ts';
import type { RpcObject } from './anchor/chain-encoding.ts';
import { connectChain } from './connect-chain.ts';
import type { ConnectOptions } from './connect-chain.ts';

/** What nodes say of a transaction that they do not take; their words, for they have no codes for it. */
const REFUSALS: readonly (readonly [RegExp, BroadcastOutcome])[] = [
  [/already known|already imported|known transaction|already exists/i, 'known'],
  [/nonce too low|nonce has already been used|invalid nonce/i, 'nonce-used'],
  [/underpriced|fee too low|less than block base fee/i, 'underpriced'],
  [/insufficient funds/i, 'no-funds'],
];

const REASON_LENGTH = 200;

/** Where a failure comes from. */
export interface RpcPlace {
  /** Address of the node, which is taken out of what is said. */
  readonly url: string;
  /** What was asked; absent: some call. */
  readonly method?: string | undefined;
}

/** The node answered, with an error of its own. */
export class RpcRefusal extends WitanError {
  /** What it said, and the data of the contract's error. */
  readonly answer: { readonly message: string; readonly data: string | undefined };

  constructor(answer: RpcRefusal['answer'], { url, method = 'a call' }: RpcPlace) {
    const reason = withoutAddress(answer.message, url);
    super('internal', `the chain refuses ${method}: ${reason}`, { method, reason });
    this.answer = { ...answer, message: answer.message.split(url).join('…') };
  }
}

/** One node of a chain. */
export class RpcClient {
  readonly #options: ConnectOptions;
  #provider: Promise<JsonRpcProvider> | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** Client of the library, for contracts. @throws unavailable, conflict for another chain */
  async provider(): Promise<JsonRpcProvider> {
    this.#provider ??= connectChain(this.#options);
    try {
      return await this.#provider;
    } catch (error) {
      this.#provider = undefined;
      throw error;
    }
  }

  /**
   * Answer to one call, whatever it is.
   * @throws unavailable, deadline_exceeded; RpcRefusal where the node answered with an error; conflict
   */
  ask(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.using((provider) => provider.send(method, [...params]), method);
  }

  /** Whatever the library does, with its errors as ours. @throws what {@link rpcFailure} gives */
  async using<T>(work: (provider: JsonRpcProvider) => Promise<T>, method?: string): Promise<T> {
    const provider = await this.provider();
    try {
      return await work(provider);
    } catch (error) {
      throw rpcFailure(error, { url: this.#options.url, method });
    }
  }

  /** Sends signed bytes. @throws what {@link ask} throws where the node gave no reason that is known */
  async broadcast(raw: string): Promise<BroadcastOutcome> {
    try {
      await this.ask('eth_sendRawTransaction', [raw]);
      return 'accepted';
    } catch (error) {
      const words = error instanceof RpcRefusal ? error.answer.message : '';
      const outcome = REFUSALS.find(([pattern]) => pattern.test(words))?.[1];
      if (outcome === undefined) throw error;
      return outcome;
    }
  }

  /** A block by its tag or number in hex; undefined where the chain has none. @throws what {@link ask} throws */
  async block(tag: string): Promise<RpcObject | undefined> {
    return ((await this.ask('eth_getBlockByNumber', [tag, false])) as RpcObject | null) ?? undefined;
  }

  /** Price of gas now. @throws what {@link ask} throws */
  async fees(): Promise<ChainFees> {
    const latest = await this.block('latest');
    const tipWei = bigintOf(await this.ask('eth_maxPriorityFeePerGas', []));
    return { baseFeeWei: bigintOf(latest?.['baseFeePerGas'] ?? 0), tipWei };
  }

  /** Next nonce of an account, by blocks. @throws what {@link ask} throws */
  async nonce(address: string): Promise<number> {
    return countOf(await this.ask('eth_getTransactionCount', [address, 'latest']));
  }

  /** Lets the connection go; the next question opens another. */
  async close(): Promise<void> {
    const provider = await this.#provider?.catch(() => undefined);
    this.#provider = undefined;
    provider?.destroy();
  }
}

/** What the library threw, as an error of ours without the node's address; errors of ours stay as they are. */
export function rpcFailure(error: unknown, place: RpcPlace): WitanError {
  if (error instanceof WitanError) return error;
  const method = place.method ?? 'a call';
  const reason = withoutAddress(error instanceof Error ? error.message : String(error), place.url);
  const details = { method, reason };
  const answer = answerIn(error);
  // Of a single call, what the node said counts; of the library's own, what the library made of it.
  if (answer && place.method !== undefined) return new RpcRefusal(answer, place);
  if (isError(error, 'INSUFFICIENT_FUNDS'))
    return new WitanError('quota_exceeded', 'the account cannot pay for the transaction', details);
  if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED'))
    return new WitanError('stale_writer', 'another transaction took the nonce', details);
  if (isError(error, 'CALL_EXCEPTION')) {
    const refused = { method, reason: error.reason, data: error.data };
    return new WitanError('conflict', 'a contract refused the call', refused);
  }
  if (answer) return new RpcRefusal(answer, place);
  if (isError(error, 'TIMEOUT'))
    return new WitanError('deadline_exceeded', 'the chain did not answer in time', details);
  if (isError(error, 'BAD_DATA') || isError(error, 'INVALID_ARGUMENT') || error instanceof TypeError)
    return new WitanError('internal', `the chain's answer to ${method} cannot be read`, details);
  return new WitanError('unavailable', `the chain does not answer ${method}`, details);
}

/** A text without the address, short enough to be shown. */
export function withoutAddress(text: string, url: string): string {
  return text.split(url).join('…').slice(0, REASON_LENGTH);
}

/** The error that the node answered with; undefined where it did not answer. */
function answerIn(error: unknown): RpcRefusal['answer'] | undefined {
  const thrown = error as { error?: unknown; info?: { error?: unknown }; data?: unknown } | undefined;
  const answered = (thrown?.error ?? thrown?.info?.error) as
    { message?: unknown; data?: unknown } | undefined;
  if (typeof answered?.message !== 'string') return undefined;
  const data = [answered.data, thrown?.data].find((one) => typeof one === 'string') as string | undefined;
  return { message: answered.message, data };
}
