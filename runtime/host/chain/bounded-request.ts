/** One HTTP request to a chain's node with an end: of its time, and of the bytes that it may answer. */
import { FetchRequest, makeError } from 'ethers';

/** Largest answer: receipts of a full block take a tenth of it. */
const MAX_BYTES = 67_108_864;

/**
 * A request that is over after `requestMs`, whatever the node does: the library's own waits as long as bytes
 * come, one by one, and keeps as many as come. It follows no redirection and never asks again by itself.
 */
export function boundedRequest(url: string, requestMs: number): FetchRequest {
  const request = new FetchRequest(url);
  request.timeout = requestMs;
  // 429 is an answer like any other: who calls decides when to ask again.
  request.retryFunc = async () => false;
  request.getUrlFunc = (one) => answerOf(one, requestMs);
  return request;
}

type Answer = Awaited<ReturnType<FetchRequest['getUrlFunc']>>;

async function answerOf(request: FetchRequest, requestMs: number): Promise<Answer> {
  const signal = AbortSignal.timeout(requestMs);
  try {
    const { method, headers, body } = request;
    const response = await fetch(request.url, {
      method,
      headers,
      signal,
      redirect: 'error',
      ...(body && { body: Buffer.from(body) }),
    });
    const { status: statusCode, statusText: statusMessage } = response;
    const bytes = await bytesOf(response);
    return { statusCode, statusMessage, headers: Object.fromEntries(response.headers), body: bytes };
  } catch (error) {
    if (signal.aborted)
      throw makeError('request timeout', 'TIMEOUT', { operation: 'request', reason: 'timeout', request });
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw makeError(reason, 'NETWORK_ERROR', { event: 'request' });
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > MAX_BYTES) throw new RangeError(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
