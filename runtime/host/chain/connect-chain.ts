/** A client of a chain that is the chain one thinks it is, or a typed error. */
import { isError, JsonRpcProvider, Network } from 'ethers';
import { WitanError } from '../../../contracts/errors.ts';
import { boundedRequest } from './bounded-request.ts';

/** Settings of a connection. */
export interface ConnectOptions {
  /** JSON-RPC over HTTP. */
  readonly url: string;
  /** Refuses any other chain; without it the chain's own word is taken. */
  readonly chainId?: number;
  /** Milliseconds for one request (default 10,000). */
  readonly requestMs?: number;
  /** Milliseconds between two looks for a receipt (default 1,000). */
  readonly pollMs?: number;
}

/**
 * Connects to a chain after it has said its id.
 *
 * The client keeps no answers (a cached nonce is a wrong nonce), sends one request at a time (batches may be
 * reordered), and never tries by itself again: who calls it decides on that.
 * @throws unavailable, deadline_exceeded when it does not answer; conflict when it is another chain
 */
export async function connectChain(options: ConnectOptions): Promise<JsonRpcProvider> {
  const { url, requestMs = 10_000, pollMs = 1_000 } = options;
  const chainId = await askChainId(url, requestMs);
  if (options.chainId !== undefined && options.chainId !== chainId) {
    const details = { expected: `${options.chainId}`, actual: chainId };
    throw new WitanError('conflict', `the chain at the address has id ${chainId}`, details);
  }
  const request = boundedRequest(url, requestMs);
  const network = Network.from(chainId);
  const provider = new JsonRpcProvider(request, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    batchMaxCount: 1,
  });
  provider.pollingInterval = pollMs;
  return provider;
}

async function askChainId(url: string, requestMs: number): Promise<number> {
  try {
    const request = boundedRequest(url, requestMs);
    request.body = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    const response = await request.send();
    response.assertOk();
    const chainId = Number((response.bodyJson as { result?: unknown }).result);
    if (Number.isSafeInteger(chainId) && chainId > 0) return chainId;
    throw new TypeError('the answer holds no chain id');
  } catch (cause) {
    // The address may hold a provider's key: it is no part of the error, and neither is what holds it.
    const reason = cause instanceof Error ? cause.message.split(url).join('…').slice(0, 200) : '';
    const isLate = isError(cause, 'TIMEOUT');
    throw new WitanError(isLate ? 'deadline_exceeded' : 'unavailable', 'the chain does not answer', {
      reason,
    });
  }
}
