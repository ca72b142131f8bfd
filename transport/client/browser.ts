/** Client SDK for browsers (`witan/client`): HTTP alone, nothing of Node. */
// First: it decides how the schemas of everything below are made.
import './strict-page.ts';
import { WitanClient } from './client.ts';
import type { ClientOptions } from './client.ts';
import { httpWire } from './http/http-wire.ts';

export { ERROR_CODES, WitanError } from '../../contracts/errors.ts';
export type { ErrorCode, ErrorDetails } from '../../contracts/errors.ts';
export type { DecisionVerification } from '../../contracts/ledger/verify-decision.ts';
export type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
export type { AgentView, DecisionSummary, DecisionView } from '../../contracts/messages/decision-view.ts';
export type { ContentMetadata } from '../../contracts/messages/content/content-fields.ts';
export type { DecisionRequest } from '../../contracts/messages/decision.ts';
export type { DecisionEvent } from '../../contracts/messages/events.ts';
export type { ApiKeyRequest, ApiKeyView, MadeApiKey } from '../../contracts/messages/identity/keys.ts';
export type { Verdict } from '../../contracts/messages/verdict.ts';
export { WitanClient } from './client.ts';
export type { ClientKeys, ClientOptions, EvaluateOptions } from './client.ts';
export type { CallOptions, ClientNotice, RetryOptions } from './caller.ts';
export type { ClientClock } from './client-clock.ts';
export type { Evaluation, Guarded, GuardOptions } from './guard.ts';
export { memoryQueueStore, webQueueStore } from './offline-queue.ts';
export type { QueuedDecision, QueueOptions, QueueOutcome, QueueStore } from './offline-queue.ts';
export { clientCredentials } from './token-source.ts';
export type { ClientCredentials, ProvidedToken, TokenProvider } from './token-source.ts';
export { describeContent } from './content.ts';
export type { DescribedContent } from './content.ts';
export { verifyOffline } from './verify.ts';
export type { VerifyOptions } from './verify.ts';
export type { WatchOptions } from './watch.ts';
export type { WireItem } from './wire.ts';

/** Where a node is, and how to be known to it. */
export interface HttpConnectOptions extends ClientOptions {
  /** Address (`https://witan.example`). */
  readonly http: string;
  readonly fetch?: typeof fetch;
}

/**
 * Makes a client; nothing is sent before the first call.
 * @throws invalid_argument for an address or credentials that cannot be used
 * @example const client = await connect({ http: 'https://witan.example', apiKey })
 */
export async function connect({ http, fetch: send, ...options }: HttpConnectOptions): Promise<WitanClient> {
  return new WitanClient(httpWire({ url: http, fetch: send }), options);
}
