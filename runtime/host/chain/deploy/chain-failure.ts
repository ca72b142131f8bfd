/** What a chain or its client threw, as an error of ours. */
import { isError } from 'ethers';
import { WitanError } from '../../../../contracts/errors.ts';

/** Turns what ethers throws into a typed error; errors of ours stay what they are. */
export function chainFailure(error: unknown): WitanError {
  if (error instanceof WitanError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isError(error, 'TIMEOUT')) {
    return new WitanError('deadline_exceeded', 'the chain did not include a transaction in time', {}, error);
  }
  if (isError(error, 'INSUFFICIENT_FUNDS')) {
    return new WitanError('quota_exceeded', 'the account cannot pay for the transaction', {}, error);
  }
  if (isError(error, 'CALL_EXCEPTION')) {
    const details = { reason: error.reason, data: error.data };
    return new WitanError('conflict', 'a contract refused the call', details, error);
  }
  if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')) {
    return new WitanError('stale_writer', 'another transaction took the nonce', {}, error);
  }
  const code = (error as { code?: unknown } | undefined)?.code;
  if (['NETWORK_ERROR', 'SERVER_ERROR', 'ECONNREFUSED', 'ECONNRESET'].includes(String(code))) {
    return new WitanError('unavailable', 'the chain does not answer', { reason: message }, error);
  }
  return new WitanError('internal', message, {}, error);
}
