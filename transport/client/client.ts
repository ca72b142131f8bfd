/** The client: one interface over every transport. Imports contracts alone and runs in browsers. */
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { DecisionVerification } from '../../contracts/ledger/verify-decision.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { AgentView, DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import { DecisionId } from '../../contracts/messages/ids.ts';
import type { ApiKeyRequest, ApiKeyView, MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { parseDecisionRequest } from '../../contracts/parse-message.ts';
import { Caller } from './caller.ts';
import type { CallOptions, ClientNotice, RetryOptions } from './caller.ts';
import { SYSTEM_CLOCK } from './client-clock.ts';
import type { ClientClock } from './client-clock.ts';
import { FinalCache } from './final-cache.ts';
import type { CacheOptions } from './final-cache.ts';
import { guardCall } from './guard.ts';
import type { Guarded, GuardOptions } from './guard.ts';
import { OfflineQueue } from './offline-queue.ts';
import type { QueueOptions } from './offline-queue.ts';
import { fixedCredential, providedTokens } from './token-source.ts';
import type { TokenProvider, TokenSource } from './token-source.ts';
import { verifyOffline } from './verify.ts';
import type { VerifyOptions } from './verify.ts';
import { watch } from './watch.ts';
import type { WatchOptions } from './watch.ts';
import type { Wire, WireAnswer, WireInputs, WireItem } from './wire.ts';

/** Settings of a client; everything has a default. */
export interface ClientOptions {
  readonly apiKey?: string;
  readonly token?: string;
  /** Called before a token ends and once after a refusal; one call serves all that wait. */
  readonly tokenProvider?: TokenProvider;
  /** Whole time of a call, repetitions included, ms (default 30,000). */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryOptions>;
  /** Keeps final decisions; false: nothing is kept. Default 500 for a minute. */
  readonly cache?: Partial<CacheOptions> | false;
  /** Keeps decisions that no node could take (see {@link EvaluateOptions.queueOffline}). */
  readonly queue?: QueueOptions;
  readonly verify?: VerifyOptions;
  readonly clock?: ClientClock;
  /** Uniform in [0, 1), for jitter. */
  random?(): number;
  /** Told of every step of every call; must not throw. */
  onNotice?(notice: ClientNotice): void;
}

/** Options of a submission. */
export interface EvaluateOptions extends CallOptions {
  /** Makes repetitions, also after a crash of yours, the same decision. Default: one made for this call. */
  readonly idempotencyKey?: string;
  /** Keep the decision when no node takes it: the error then has `queued` and `idempotencyKey` in its details. */
  readonly queueOffline?: boolean;
}

/** API keys of the tenant. */
export interface ClientKeys {
  list(options?: CallOptions): Promise<readonly ApiKeyView[]>;
  /** The key's text is in this answer and nowhere else. */
  create(request: ApiKeyRequest, options?: CallOptions): Promise<MadeApiKey>;
  rotate(id: string, rotation?: { readonly graceMs?: number }, options?: CallOptions): Promise<MadeApiKey>;
  revoke(id: string, reason: string, options?: CallOptions): Promise<ApiKeyView>;
}

type Paging<O extends 'decision.list' | 'agent.activity' | 'review.queue'> = Omit<WireInputs[O], 'agentId'>;

/** See the methods; every one throws {@link WitanError} with the codes of docs/reference/errors.md. */
export class WitanClient {
  readonly #caller: Caller;
  readonly #cache: FinalCache | null;
  readonly #options: ClientOptions;
  /** Decisions that wait for a node; null unless `queue` was given. */
  readonly queue: OfflineQueue | null;

  constructor(wire: Wire, options: ClientOptions = {}) {
    const clock = options.clock ?? SYSTEM_CLOCK;
    this.#options = options;
    this.#caller = new Caller({
      wire,
      clock,
      tokens: tokensOf(options, clock),
      random: options.random ?? Math.random,
      retry: { maxCount: 4, minMs: 200, maxMs: 10_000, ...options.retry },
      timeoutMs: options.timeoutMs ?? 30_000,
      onNotice: (notice) => options.onNotice?.(notice),
    });
    this.#cache =
      options.cache === false
        ? null
        : new FinalCache(clock, { maxCount: 500, freshMs: 60_000, ...options.cache });
    this.queue = options.queue
      ? new OfflineQueue(options.queue, ({ request }) => this.#submit(request, true, {}))
      : null;
  }

  /** Transport in use. */
  get transport(): Wire['name'] {
    return this.#caller.parts.wire.name;
  }

  /**
   * Submits a decision and gives its verdict. Repeats with one idempotency key, so that it is decided once.
   * @throws invalid_argument and others of the form before anything is sent; deadline_exceeded with the key
   */
  async evaluate(request: DecisionRequest, options: EvaluateOptions = {}): Promise<Verdict> {
    const keyed = this.#keyed(request, options);
    try {
      const answer = await this.#submit(keyed, false, options);
      if ('body' in answer) return answer;
      throw new WitanError('unavailable', 'the node has not decided yet', { decisionId: answer.decisionId });
    } catch (thrown) {
      throw await this.#afterFailure(toWitanError(thrown), keyed, options);
    }
  }

  /** Submits a decision and gives its id as soon as it is accepted; `watch` gives the rest. */
  async submit(request: DecisionRequest, options: EvaluateOptions = {}): Promise<DecisionId> {
    const keyed = this.#keyed(request, options);
    try {
      const answer = await this.#submit(keyed, true, options);
      return 'body' in answer ? answer.body.decisionId : answer.decisionId;
    } catch (thrown) {
      throw await this.#afterFailure(toWitanError(thrown), keyed, options);
    }
  }

  /**
   * Reads a decision; a final one may come from the cache. `allowStale` gives what is kept when no node
   * answers.
   */
  async read(
    decisionId: string,
    options: CallOptions & { readonly allowStale?: boolean } = {},
  ): Promise<DecisionView> {
    const id = parseId(decisionId);
    const kept = this.#cache?.get(id);
    if (kept) return kept;
    try {
      const view = await this.#caller.call('decision.read', { decisionId: id }, options);
      this.#cache?.put(view);
      return view;
    } catch (thrown) {
      const stale =
        options.allowStale && toWitanError(thrown).retryable
          ? this.#cache?.get(id, { stale: true })
          : undefined;
      if (stale) return stale;
      throw thrown;
    }
  }

  /** Forgets what is cached of one decision, or of all. */
  forget(decisionId?: string): void {
    this.#cache?.forget(decisionId === undefined ? undefined : parseId(decisionId));
  }

  list(query: Paging<'decision.list'> = {}, options: CallOptions = {}): Promise<WireAnswer<'decision.list'>> {
    return this.#caller.call('decision.list', query, options);
  }

  /** Follows one decision, or all from now on; resumes after breaks. */
  watch(decisionId: string | null, options: WatchOptions = {}): AsyncGenerator<WireItem> {
    return this.#remember(watch(this.#caller, decisionId === null ? null : parseId(decisionId), options));
  }

  proof(decisionId: string, options: CallOptions = {}): Promise<DecisionProof> {
    return this.#caller.call('decision.proof', { decisionId: parseId(decisionId) }, options);
  }

  /** Checks a proof on this machine; a decision's id is fetched first. Trust in the node is not needed. */
  async verify(
    proofOrId: DecisionProof | string,
    pinned: PinnedKey,
    options: CallOptions & VerifyOptions = {},
  ): Promise<DecisionVerification> {
    const bundle = typeof proofOrId === 'string' ? await this.proof(proofOrId, options) : proofOrId;
    const result = await verifyOffline(bundle, pinned, { ...this.#options.verify, ...options });
    if (typeof proofOrId !== 'string' || !result.ok || result.decisionId === proofOrId) return result;
    const mismatch = {
      record: 'opened',
      check: 'same-decision',
      field: 'decisionId',
      expected: proofOrId,
      actual: String(result.decisionId),
    };
    return { ...result, ok: false, verdict: null, mismatch };
  }

  /** Whether the record holds as the node sees it. */
  check(decisionId: string, options: CallOptions = {}): Promise<WireAnswer<'decision.verify'>> {
    return this.#caller.call('decision.verify', { decisionId: parseId(decisionId) }, options);
  }

  async agents(options: CallOptions = {}): Promise<readonly AgentView[]> {
    return (await this.#caller.call('agent.list', {}, options)).items;
  }

  agentActivity(
    agentId: string,
    page: Paging<'agent.activity'> = {},
    options: CallOptions = {},
  ): Promise<WireAnswer<'agent.activity'>> {
    return this.#caller.call('agent.activity', { ...page, agentId }, options);
  }

  reviewQueue(
    page: Paging<'review.queue'> = {},
    options: CallOptions = {},
  ): Promise<WireAnswer<'review.queue'>> {
    return this.#caller.call('review.queue', page, options);
  }

  /** Records a person's word on a held decision; never repeated by itself. */
  async resolve(
    decisionId: string,
    resolution: { readonly action: 'approve' | 'reject' | 'override'; readonly reason: string },
    options: CallOptions = {},
  ): Promise<WireAnswer<'review.resolve'>> {
    const id = parseId(decisionId);
    this.#cache?.forget(id);
    return this.#caller.call('review.resolve', { ...resolution, decisionId: id }, options);
  }

  readonly keys: ClientKeys = {
    list: async (options) => (await this.#caller.call('key.list', {}, options)).items,
    create: (request, options) => this.#caller.call('key.create', request, options),
    rotate: (id, rotation = {}, options) => this.#caller.call('key.rotate', { ...rotation, id }, options),
    revoke: (id, reason, options) => this.#caller.call('key.revoke', { id, reason }, options),
  };

  health(options: CallOptions = {}): Promise<WireAnswer<'health.read'>> {
    return this.#caller.call('health.read', {}, options);
  }

  /** Wraps an AI call so that the council is asked before it, after it, or both. */
  guard<A extends readonly unknown[], R>(
    fn: (...input: A) => R | Promise<R>,
    options: GuardOptions<A, R>,
  ): Guarded<A, R> {
    return guardCall((request, call) => this.evaluate(request, call), fn, options);
  }

  /** Lets the transport go; the queue's store is closed. Calls under way fail. */
  async close(): Promise<void> {
    await this.queue?.close();
    await this.#caller.parts.wire.close();
  }

  #submit(
    request: DecisionRequest,
    respondAsync: boolean,
    options: CallOptions,
  ): Promise<WireAnswer<'decision.evaluate'>> {
    return this.#caller.call(
      'decision.evaluate',
      { request, respondAsync },
      { ...options, isRepeatable: true },
    );
  }

  #keyed(
    request: DecisionRequest,
    { idempotencyKey }: EvaluateOptions,
  ): DecisionRequest & { idempotencyKey: string } {
    const parsed = parseDecisionRequest(request);
    return { ...parsed, idempotencyKey: idempotencyKey ?? parsed.idempotencyKey ?? crypto.randomUUID() };
  }

  async #afterFailure(
    error: WitanError,
    request: DecisionRequest & { idempotencyKey: string },
    { queueOffline = false }: EvaluateOptions,
  ): Promise<WitanError> {
    const { idempotencyKey } = request;
    if (!error.retryable) return error;
    const isQueued = queueOffline && this.queue !== null;
    if (isQueued) {
      await this.queue!.add({ idempotencyKey, request });
      this.#caller.parts.onNotice({
        kind: 'queued',
        operation: 'decision.evaluate',
        attempt: 0,
        code: error.code,
      });
    }
    const details = { ...error.details, idempotencyKey, ...(isQueued && { queued: true }) };
    return new WitanError(error.code, error.message, details, error);
  }

  /** A person's word ends what is cached of a decision. */
  async *#remember(items: AsyncGenerator<WireItem>): AsyncGenerator<WireItem> {
    for await (const item of items) {
      if (item.kind === 'event' && item.event.type === 'resolution')
        this.#cache?.forget(item.event.decisionId);
      yield item;
    }
  }
}

function tokensOf({ apiKey, token, tokenProvider }: ClientOptions, clock: ClientClock): TokenSource {
  const given = [apiKey, token, tokenProvider].filter((one) => one !== undefined).length;
  if (given > 1) {
    throw new WitanError('invalid_argument', 'one way to be known is enough', {
      path: 'apiKey',
      expected: 'one of apiKey, token and tokenProvider',
    });
  }
  return tokenProvider ? providedTokens(tokenProvider, clock) : fixedCredential({ apiKey, token });
}

function parseId(decisionId: string): DecisionId {
  const parsed = DecisionId.safeParse(decisionId);
  if (parsed.success) return parsed.data;
  throw new WitanError('invalid_argument', 'not the id of a decision', {
    path: 'decisionId',
    expected: 'd followed by 32 lower-case hex digits',
  });
}
