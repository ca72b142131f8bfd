/** What went wrong at a provider, in our words: nothing of its texts reaches a caller. */
import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { WitanError } from '../../../../../contracts/errors.ts';

const ERROR_WORD = /^[a-z_]{1,64}$/;

/**
 * Turns an error of the library into ours. `unavailable` and `deadline_exceeded` say that the provider gave
 * no word; everything else is its refusal, or an answer that must not be believed.
 */
export function providerFault(error: unknown, provider: string): WitanError {
  const known = ourErrorIn(error);
  if (known) return known;
  if (error instanceof AuthorizationResponseError) return refused(provider, error.error, error);
  if (error instanceof ResponseBodyError) {
    if (error.status >= 500) return noWord(provider, error);
    return refused(provider, error.error, error);
  }
  if (error instanceof WWWAuthenticateChallengeError) return refused(provider, 'invalid_token', error);
  if (statusIn(error) >= 500) return noWord(provider, error);
  return new WitanError(
    'unauthenticated',
    'the answer of the provider does not hold',
    { provider, expected: 'a new sign-in' },
    error,
  );
}

/** Whether the provider gave no word, so that nothing is known of the user. */
export function isSilence({ code }: WitanError): boolean {
  return code === 'unavailable' || code === 'deadline_exceeded' || code === 'cancelled';
}

function refused(provider: string, word: string, cause: unknown): WitanError {
  const reason = ERROR_WORD.test(word) ? word : 'other';
  return new WitanError('unauthenticated', 'the provider refused', { provider, reason }, cause);
}

function noWord(provider: string, cause: unknown): WitanError {
  return new WitanError('unavailable', 'the provider does not answer', { provider }, cause);
}

function ourErrorIn(error: unknown): WitanError | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth += 1) {
    if (one instanceof WitanError) return one;
  }
  return undefined;
}

function statusIn(error: unknown): number {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth += 1) {
    if (one.cause instanceof Response) return one.cause.status;
  }
  return 0;
}
