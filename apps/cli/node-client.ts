/** Client of a running node's HTTP door: submit, read, follow with resume. */
import { errorInBody, WitanError } from '../../contracts/errors.ts';
import type { AnchorReceipt, AnchorStatus } from '../../contracts/messages/anchor.ts';
import type { DecisionView, HealthView } from '../../contracts/messages/decision-view.ts';
import type { UserRequest, UserSetUp, UserView } from '../../contracts/messages/identity/sign-in.ts';
import type {
  ApiKeyRequest,
  ApiKeyRotation,
  ApiKeyView,
  MadeApiKey,
} from '../../contracts/messages/identity/keys.ts';
import type { ArchiveRunView, ArchiveStatusView } from '../../contracts/messages/door/archive.ts';
import type { ScaleAdvice } from '../../contracts/messages/cluster/load.ts';
import type {
  ClusterDrainView,
  ClusterShardsView,
  ClusterView,
  DeadLetterContentView,
  DeadLetterName,
  DeadLettersView,
} from '../../contracts/messages/door/cluster.ts';
import { DecisionEvent } from '../../contracts/messages/events.ts';
import type { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import type { TlogProofView } from '../../contracts/messages/audit/log-report.ts';
import { readServerEvents } from './event-reader.ts';
import type { Followed, NodeHandle } from './node-handle.ts';

/** Options of one client. */
export interface NodeClientOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One actor of a node, as the tree endpoint gives it. */
export interface ActorLine {
  readonly path: string;
  readonly behavior: string;
  readonly lifecycle: string;
  readonly stateName?: string;
  readonly mailboxDepth: number;
  readonly processedCount: number;
  readonly restartCount: number;
  readonly lastError?: { readonly message: string };
  readonly uptimeMs: number;
}

/** A node somewhere else, spoken to over HTTP. */
export class NodeClient implements NodeHandle {
  readonly url: string;
  readonly #headers: Record<string, string>;
  readonly #signal: AbortSignal | undefined;

  constructor({ url, apiKey, signal }: NodeClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.#headers = apiKey === undefined ? {} : { 'x-api-key': apiKey };
    this.#signal = signal;
  }

  /** Accepts the decision and returns its id; the verdict comes by `follow`. `body` is sent as it is. */
  async submit(body: Uint8Array<ArrayBuffer>): Promise<string> {
    const headers = { 'content-type': 'application/json', prefer: 'respond-async' };
    const answer = await this.#call('/api/v1/decisions/evaluate', { method: 'POST', headers, body });
    const { decisionId, body: verdict } = answer as { decisionId?: string; body?: { decisionId: string } };
    return decisionId ?? verdict?.decisionId ?? '';
  }

  /** @throws not_found, unavailable */
  async readDecision(decisionId: string): Promise<DecisionView> {
    return (await this.#call(`/api/v1/decisions/${encodeURIComponent(decisionId)}`)) as DecisionView;
  }

  /** @throws not_found, unavailable */
  async proof(decisionId: string): Promise<DecisionProof> {
    return (await this.#call(`/api/v1/decisions/${encodeURIComponent(decisionId)}/proof`)) as DecisionProof;
  }

  /** Transparent proof of an own entry. @throws not_found, unavailable */
  async tlogProof(of: string | number): Promise<TlogProofView> {
    return (await this.#call(`/api/v1/log/proof/${encodeURIComponent(of)}`)) as TlogProofView;
  }

  /** How the log is anchored. @throws not_supported, permission_denied */
  async anchorStatus(): Promise<AnchorStatus> {
    return (await this.#call('/api/v1/anchor/status')) as AnchorStatus;
  }

  /** Closes a batch of what waits. @throws not_supported, permission_denied */
  async anchorNow(): Promise<AnchorStatus> {
    return (await this.#post('/api/v1/anchor/now', {})) as AnchorStatus;
  }

  /** Receipt for an entry or a decision; `chain` by its name. @throws not_found, not_supported */
  async anchorReceipt(of: string, chain?: string): Promise<AnchorReceipt> {
    const query = chain === undefined ? '' : `?chain=${encodeURIComponent(chain)}`;
    return (await this.#call(`/api/v1/anchor/receipts/${encodeURIComponent(of)}${query}`)) as AnchorReceipt;
  }

  /** Reads an endpoint as JSON. @throws what the endpoint answers */
  get(path: string): Promise<unknown> {
    return this.#call(path);
  }

  /** Sends JSON to an endpoint. @throws what the endpoint answers */
  post(path: string, body: object): Promise<unknown> {
    return this.#post(path, body);
  }

  /** Asks the content registry; with a body it is a POST. @throws what the endpoint answers */
  content(path: string, body?: object): Promise<unknown> {
    const url = `/api/v1/content/${path}`;
    return body === undefined ? this.#call(url) : this.#post(url, body);
  }

  /** A file of the content registry, with its content id. @throws not_found, verification_failed */
  async contentFile(path: string): Promise<{ readonly bytes: Buffer; readonly cid: string }> {
    const response = await this.#fetch(`/api/v1/content/${path}`, {});
    if (!response.ok) throw await errorOf(response);
    const cid = response.headers.get('x-content-cid') ?? '';
    return { bytes: Buffer.from(await response.arrayBuffer()), cid };
  }

  /** Live actors, parents before children. */
  async tree(): Promise<ActorLine[]> {
    return ((await this.#call('/api/v1/tree')) as { items: ActorLine[] }).items;
  }

  /** API keys of the caller's tenant, oldest first. @throws unauthenticated, permission_denied */
  async listKeys(): Promise<ApiKeyView[]> {
    return ((await this.#call('/api/v1/keys')) as { items: ApiKeyView[] }).items;
  }

  /** @throws permission_denied, invalid_argument */
  async createKey(request: ApiKeyRequest): Promise<MadeApiKey> {
    return (await this.#post('/api/v1/keys', request)) as MadeApiKey;
  }

  /** @throws not_found, conflict, permission_denied */
  async rotateKey(id: string, rotation: ApiKeyRotation): Promise<MadeApiKey> {
    return (await this.#post(`/api/v1/keys/${encodeURIComponent(id)}/rotate`, rotation)) as MadeApiKey;
  }

  /** @throws not_found, permission_denied */
  async revokeKey(id: string, reason: string): Promise<ApiKeyView> {
    return (await this.#post(`/api/v1/keys/${encodeURIComponent(id)}/revoke`, { reason })) as ApiKeyView;
  }

  /** Makes the first administrator's key. @throws conflict, unauthenticated */
  async bootstrap(token: string | undefined): Promise<MadeApiKey> {
    return (await this.#post('/api/v1/bootstrap', token === undefined ? {} : { token })) as MadeApiKey;
  }

  /** How long-term storage and backups stand. @throws permission_denied, not_supported */
  async archiveStatus(): Promise<ArchiveStatusView> {
    return (await this.#call('/api/v1/archive/status')) as ArchiveStatusView;
  }

  /** The cluster as the node sees it. @throws permission_denied, not_supported where it is in none */
  async cluster(): Promise<ClusterView> {
    return (await this.#call('/api/v1/cluster')) as ClusterView;
  }

  /** Owners of the shards of decisions. @throws permission_denied, not_supported */
  async clusterShards(): Promise<ClusterShardsView> {
    return (await this.#call('/api/v1/cluster/shards')) as ClusterShardsView;
  }

  /** Hands over what the node owns. @throws permission_denied, not_supported, unavailable */
  async drainNode(): Promise<ClusterDrainView> {
    return (await this.#post('/api/v1/cluster/drain', {})) as ClusterDrainView;
  }

  /** How many nodes there should be. @throws permission_denied, not_supported, unavailable */
  async scaleAdvice(): Promise<ScaleAdvice> {
    return (await this.#call('/api/v1/cluster/advice')) as ScaleAdvice;
  }

  /** Messages between nodes that were given up. @throws permission_denied, not_supported, unavailable */
  async deadLetters(): Promise<DeadLettersView> {
    return (await this.#call('/api/v1/cluster/dead-letters')) as DeadLettersView;
  }

  /** One with its content. @throws not_found, permission_denied, not_supported */
  async deadLetter(name: DeadLetterName): Promise<DeadLetterContentView> {
    return (await this.#call(deadLetterPath(name))) as DeadLetterContentView;
  }

  /** Sends it again, or removes it. @throws not_found, permission_denied, not_supported, overloaded */
  async changeDeadLetter(name: DeadLetterName, change: 'replay' | 'drop'): Promise<DeadLetterName> {
    return (await this.#post(`${deadLetterPath(name)}/${change}`, {})) as DeadLetterName;
  }

  /** Runs a job of the archive now. @throws permission_denied, not_supported, unavailable */
  async runArchive(job: string): Promise<ArchiveRunView> {
    return (await this.#post('/api/v1/archive/run', { job })) as ArchiveRunView;
  }

  /** Users who have signed in or were made here. @throws permission_denied, not_supported */
  async listUsers(): Promise<UserView[]> {
    return ((await this.#call('/api/v1/users')) as { items: UserView[] }).items;
  }

  /** @throws already_exists, permission_denied, invalid_argument, not_supported */
  async createUser(request: UserRequest): Promise<UserSetUp> {
    return (await this.#post('/api/v1/users', request)) as UserSetUp;
  }

  /** Does one of the things that are done to a user. @throws not_found, permission_denied, conflict */
  async changeUser(id: string, change: 'disable' | 'reset-factor', body: object): Promise<UserView> {
    return (await this.#post(`/api/v1/users/${encodeURIComponent(id)}/${change}`, body)) as UserView;
  }

  /** Takes the password of a local user away. @throws not_found, permission_denied, conflict */
  async setUpUser(id: string): Promise<UserSetUp> {
    return (await this.#post(`/api/v1/users/${encodeURIComponent(id)}/set-up`, {})) as UserSetUp;
  }

  /** Address of a page of the node. */
  pageUrl(path: string): string {
    return new URL(path, this.url).href;
  }

  /** A key that the same server hands out proves nothing about it. */
  ownKey(): null {
    return null;
  }

  /** Nothing is held open between calls. */
  async close(): Promise<void> {}

  /** Health also of a node that is not ready. */
  async health(): Promise<HealthView> {
    const response = await this.#fetch('/ready', {});
    return (await response.json()) as HealthView;
  }

  /**
   * Follows one decision, or all when none is named; reconnects and resumes until the caller stops reading.
   */
  async *follow(decisionId?: string): AsyncGenerator<Followed> {
    let after = 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        for await (const followed of this.#followOnce(decisionId, after)) {
          attempt = 0;
          if (followed.kind === 'event' && decisionId !== undefined) after = followed.event.sequence;
          yield followed;
        }
        // A stream that the server ended: the decision is complete, or the node stops.
        if (decisionId !== undefined && after === 0) return;
      } catch (error) {
        if (error instanceof WitanError && !error.retryable) throw error;
        if (attempt >= 20) throw error;
      }
      yield { kind: 'reconnecting', attempt: attempt + 1 };
      await this.#pause(Math.min(5_000, 200 * 2 ** attempt));
    }
  }

  async *#followOnce(decisionId: string | undefined, after: number): AsyncGenerator<Followed> {
    const path =
      decisionId === undefined
        ? '/api/v1/events'
        : `/api/v1/decisions/${encodeURIComponent(decisionId)}/events?after=${after}`;
    const response = await this.#fetch(path, { headers: { accept: 'text/event-stream' } });
    if (!response.ok) throw await errorOf(response);
    try {
      for await (const { name, data } of readServerEvents(
        response.body as unknown as AsyncIterable<Uint8Array>,
      )) {
        const value: unknown = JSON.parse(data);
        if (name === 'error')
          throw errorInBody(value) ?? new WitanError('unavailable', 'the stream was ended');
        if (name === 'snapshot') yield { kind: 'snapshot', view: value as DecisionView };
        else if (name === 'gap')
          yield { kind: 'gap', resumeAfter: (value as { resumeAfter: number }).resumeAfter };
        else yield { kind: 'event', event: DecisionEvent.parse(value) };
      }
    } catch (error) {
      if (this.#signal?.aborted) throw new WitanError('cancelled', 'given up');
      if (error instanceof WitanError) throw error;
      throw new WitanError('unavailable', `the stream from ${this.url} broke`, {}, error);
    }
  }

  #post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.#call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #call(path: string, options: RequestInit = {}): Promise<unknown> {
    const response = await this.#fetch(path, options);
    if (!response.ok) throw await errorOf(response);
    return await response.json();
  }

  async #fetch(path: string, options: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...(options.headers as Record<string, string> | undefined) };
    try {
      return await fetch(`${this.url}${path}`, { ...options, headers, signal: this.#signal ?? null });
    } catch (error) {
      if (this.#signal?.aborted) throw new WitanError('cancelled', 'given up');
      throw new WitanError(
        'unavailable',
        `no node answers at ${this.url}`,
        {
          expected: 'a running node: start one with `witan start`, name another with --url, or use --local',
        },
        error,
      );
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, delayMs);
      this.#signal?.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          reject(new WitanError('cancelled', 'given up'));
        },
        { once: true },
      );
    });
  }
}

function deadLetterPath({ queue, id }: DeadLetterName): string {
  return `/api/v1/cluster/dead-letters/${queue}/${encodeURIComponent(id)}`;
}

async function errorOf(response: Response): Promise<WitanError> {
  const error = errorInBody(await response.json().catch(() => ({})));
  return (
    error ?? new WitanError('unavailable', `the server answers ${response.status} and is no Witan node`, {})
  );
}
