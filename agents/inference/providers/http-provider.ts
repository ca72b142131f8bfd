/** A provider over HTTP: limits, retries, a breaker and an account around one wire format. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type { Clock, Random } from '../../../runtime/kernel/clock.ts';
import type { HttpOutPort } from '../../../runtime/kernel/ports/http-out.ts';
import { CALLER_FAULTS, CircuitBreaker } from '../../../supervisors/circuit-breaker.ts';
import { retry } from '../../../supervisors/retry.ts';
import type { ProviderAnswer, ProviderPort, ProviderPrompt, ProviderUsage } from './provider.ts';
import { TokenBucket } from './token-bucket.ts';
import { faultOf } from './wire/wire-format.ts';
import type { WireAnswer, WireFormat, WireTarget } from './wire/wire-format.ts';

/** Settings of one model. */
export interface HttpProviderOptions {
  readonly format: WireFormat;
  readonly target: WireTarget;
  readonly http: HttpOutPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly requestsPerMinute: number;
  /** Tokens in and out. */
  readonly tokensPerMinute: number;
  /** Millionths of a US dollar for a thousand tokens; as the operator's contract says. */
  readonly price: { readonly inputMicroUsd: number; readonly outputMicroUsd: number };
  /** One attempt waits so long at most, ms (default 20,000). */
  readonly attemptMs?: number;
}

const MAX_ANSWER_BYTES = 1_048_576;
/** Characters to a token, low, so that a limit is not passed by a bad guess. */
const CHARACTERS_PER_TOKEN = 3;

/** See the head of the file. */
export class HttpProvider implements ProviderPort {
  readonly id: string;
  readonly family: string;
  readonly #options: HttpProviderOptions;
  readonly #breaker: CircuitBreaker;
  readonly #requests: TokenBucket;
  readonly #tokens: TokenBucket;
  #used = { callCount: 0, failedCount: 0, inputTokens: 0, outputTokens: 0, costMicroUsd: 0 };

  constructor(options: HttpProviderOptions) {
    const { format, target, clock, requestsPerMinute, tokensPerMinute } = options;
    this.#options = options;
    this.id = `${format.provider}/${target.model}`;
    this.family = `provider/${format.provider}`;
    // Who is told to come later is not refused by a broken part.
    const isFailure = ({ code }: WitanError): boolean => !CALLER_FAULTS.has(code) && code !== 'rate_limited';
    this.#breaker = new CircuitBreaker({ clock, name: this.id, isFailure });
    this.#requests = new TokenBucket(clock, requestsPerMinute);
    this.#tokens = new TokenBucket(clock, tokensPerMinute);
  }

  /** What was used since the start; tokens and cost are those of calls that were answered. */
  get used(): Readonly<ProviderUsage & { callCount: number; failedCount: number }> {
    return { ...this.#used };
  }

  /** See ProviderPort. */
  ask(prompt: ProviderPrompt, budget: Budget): Promise<ProviderAnswer> {
    const { clock, random } = this.#options;
    const once = async (): Promise<ProviderAnswer> => {
      this.#admit(prompt);
      return this.#breaker.run(() => this.#attempt(prompt, budget));
    };
    // A question changes nothing: asking twice costs money and no more.
    return retry(once, { clock, random, budget, isIdempotent: true });
  }

  async #attempt(prompt: ProviderPrompt, budget: Budget): Promise<ProviderAnswer> {
    const { format, target, http, attemptMs = 20_000 } = this.#options;
    const { url, headers, body } = format.request(prompt, target);
    this.#used.callCount += 1;
    try {
      const answer = await http.send({
        ...{ method: 'POST', url, maxBytes: MAX_ANSWER_BYTES },
        headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
        body: new TextEncoder().encode(JSON.stringify(body)),
        timeoutMs: Math.max(1, Math.min(attemptMs, budget.remainingMs())),
        signal: budget.signal,
      });
      const said = bodyOf(answer.body);
      if (answer.status !== 200) throw faultOf(format, answer, said);
      return this.#account(format.answer(said, target));
    } catch (error) {
      this.#used.failedCount += 1;
      throw error;
    }
  }

  /** @throws rate_limited with the time after which it fits */
  #admit({ instruction, input, maxOutputTokens }: ProviderPrompt): void {
    const guess = Math.ceil((instruction.length + input.length) / CHARACTERS_PER_TOKEN) + maxOutputTokens;
    const retryAfterMs = Math.max(this.#requests.waitMs(1), this.#tokens.waitMs(guess));
    if (retryAfterMs > 0) {
      const details = { retryAfterMs, provider: this.id };
      throw new WitanError('rate_limited', `the own limit of ${this.id} is reached`, details);
    }
    this.#requests.take(1);
    this.#tokens.take(guess);
  }

  #account({ json, model, inputTokens, outputTokens }: WireAnswer): ProviderAnswer {
    const { inputMicroUsd, outputMicroUsd } = this.#options.price;
    const costMicroUsd = Math.ceil((inputTokens * inputMicroUsd + outputTokens * outputMicroUsd) / 1_000);
    this.#used.inputTokens += inputTokens;
    this.#used.outputTokens += outputTokens;
    this.#used.costMicroUsd += costMicroUsd;
    return { json, model, usage: { inputTokens, outputTokens, costMicroUsd } };
  }
}

/** JSON of a body; undefined: it is none. */
function bodyOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
