/** What the wire formats share: a prompt to a request, an answer to JSON, an error to one of ours. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { HttpAnswer } from '../../../../runtime/kernel/ports/http-out.ts';
import type { ProviderPrompt } from '../provider.ts';

/** Where and as whom a model is asked. */
export interface WireTarget {
  /** `https://api.openai.com`, without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}

/** A request before it is sent; the body is JSON. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer as far as all formats say it. */
export interface WireAnswer {
  readonly json: unknown;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One published format; pure. */
export interface WireFormat {
  /** `openai`: the family of its models is `provider/openai`. */
  readonly provider: string;
  request(prompt: ProviderPrompt, target: WireTarget): WireRequest;
  /** Reads the body of a 200. @throws bad_encoding, not_supported when the model refused */
  answer(body: unknown, target: WireTarget): WireAnswer;
  /** What a body of another status says, for people; undefined: nothing that can be read. */
  fault(body: unknown): string | undefined;
  /** When to ask again, ms, where the body says so. */
  retryAfterMs?(body: unknown): number | undefined;
}

/** JSON that a model wrote as text. @throws bad_encoding */
export function jsonOfText(text: unknown): unknown {
  if (typeof text !== 'string') throw malformed('it holds no text');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new WitanError('bad_encoding', 'the model did not answer in JSON', {}, cause);
  }
}

/** Answer cut off before its end. */
export function cutOff(reason: string): WitanError {
  return new WitanError('bad_encoding', `the answer of the model was cut off (${reason})`);
}

/** The model would not answer; that is no recommendation. */
export function refused(reason: string): WitanError {
  return new WitanError('not_supported', `the model refused to answer: ${reason}`.slice(0, 300));
}

/** Body of another shape than the format's. */
export function malformed(reason: string): WitanError {
  return new WitanError('bad_encoding', `the provider's answer is not of its published form: ${reason}`);
}

/** Error for a status that is not 200. */
export function faultOf(format: WireFormat, { status, headers }: HttpAnswer, body: unknown): WitanError {
  const said = format.fault(body)?.slice(0, 200) ?? 'it says no more';
  const retryAfterMs = headerMs(headers['retry-after']) ?? format.retryAfterMs?.(body);
  const details = { status, provider: format.provider, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const text = `${format.provider} answered ${status}: ${said}`;
  if (status === 401 || status === 403) return new WitanError('unauthenticated', text, details);
  if (status === 429) return new WitanError('rate_limited', text, details);
  if (status === 529 || status === 503) return new WitanError('overloaded', text, details);
  if (status === 413) return new WitanError('too_large', text, details);
  if (status === 404) return new WitanError('not_found', text, details);
  if (status >= 500 || status === 408) return new WitanError('unavailable', text, details);
  if (status >= 400) return new WitanError('invalid_argument', text, details);
  return new WitanError('unavailable', text, details);
}

/** Seconds or a date, as HTTP has it; at most an hour. */
function headerMs(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d+(\.\d+)?$/.test(value.trim())) return undefined;
  return Math.min(3_600_000, Math.ceil(Number(value) * 1_000));
}

/** Whole number of tokens; what is not said counts as none. */
export function tokens(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
