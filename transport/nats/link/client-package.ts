/** What both client packages of NATS have in common, and the options that both take. */
import type { NatsConnectOptions } from './connect-options.ts';
import { parseServers, readPassword, readSecret } from './connect-options.ts';

/** Headers as both packages hold them. */
export interface ClientHeaders extends Iterable<[string, string[]]> {
  readonly code: number;
  readonly description: string;
  append(name: string, value: string): void;
}

/** A message as both packages give it. */
export interface ClientMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string;
  readonly headers?: ClientHeaders;
}

/** A subscription as both packages give it. */
export interface ClientSubscription {
  unsubscribe(): void;
  drain(): Promise<void>;
  isClosed(): boolean;
}

/** A connection as both packages give it. */
export interface ClientConnection {
  readonly info?: { version: string; max_payload: number; jetstream?: boolean };
  publish(subject: string, data: Uint8Array, options: { reply?: string; headers?: ClientHeaders }): void;
  subscribe(
    subject: string,
    options: { queue?: string; callback(error: Error | null, message: ClientMessage): void },
  ): ClientSubscription;
  flush(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
  closed(): Promise<void | Error>;
  status(): AsyncIterable<{ type: string }>;
}

/** Proof of who we are, as the protocol's CONNECT takes it. */
export type ClientAuth =
  | void
  | { auth_token: string }
  | { user: string; pass?: string }
  | { nkey: string; sig: string }
  | { jwt: string; nkey?: string; sig?: string };

/** Proves who we are, each time a connection is made. */
export type ClientAuthenticator = (nonce?: string) => ClientAuth;

/** Options that both packages take. */
export interface ClientOptions {
  readonly servers: string[];
  readonly name: string;
  readonly timeout: number;
  readonly maxReconnectAttempts: number;
  readonly reconnectTimeWait: number;
  readonly reconnectJitter: number;
  readonly reconnectJitterTLS: number;
  readonly pingInterval: number;
  readonly maxPingOut: number;
  readonly ignoreAuthErrorAbort: boolean;
  readonly inboxPrefix: string;
  readonly authenticator?: ClientAuthenticator;
  readonly tls?: { caFile?: string; certFile?: string; keyFile?: string };
}

/** One of the packages. */
export interface ClientPackage {
  readonly name: 'nats' | '@nats-io/transport-node';
  connect(options: ClientOptions): Promise<ClientConnection>;
  headers(): ClientHeaders;
  newInbox(prefix: string): string;
  /** Makes the proof of a file's user. */
  creds(file: Uint8Array): ClientAuthenticator;
  nkey(seed: Uint8Array): ClientAuthenticator;
}

/** Our options in the words of the packages. @throws config_invalid */
export function clientOptions(client: ClientPackage, options: NatsConnectOptions): ClientOptions {
  const { servers, isTls } = parseServers(options.url);
  const waitMs = options.reconnectWaitMs ?? 250;
  const authenticator = authenticatorOf(client, options);
  const tls = tlsOf(options, isTls);
  return {
    servers,
    name: options.name,
    timeout: options.connectTimeoutMs ?? 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: waitMs,
    reconnectJitter: waitMs,
    reconnectJitterTLS: waitMs,
    pingInterval: options.pingIntervalMs ?? 5_000,
    maxPingOut: 2,
    // Credentials may be rotated under us: a refused one is tried again with what the file says then.
    ignoreAuthErrorAbort: true,
    inboxPrefix: options.inboxPrefix ?? '_INBOX',
    ...(authenticator && { authenticator }),
    ...(tls && { tls }),
  };
}

function authenticatorOf(
  client: ClientPackage,
  options: NatsConnectOptions,
): ClientAuthenticator | undefined {
  const { credsFile, nkeyFile, passwordFile, url } = options;
  const bytes = (file: string, setting: string): Uint8Array =>
    new TextEncoder().encode(readSecret(file, setting).trim());
  let prove: ClientAuthenticator | undefined;
  if (credsFile) prove = (nonce) => client.creds(bytes(credsFile, 'credsFile'))(nonce);
  else if (nkeyFile) prove = (nonce) => client.nkey(bytes(nkeyFile, 'nkeyFile'))(nonce);
  else if (passwordFile) prove = () => readPassword(passwordFile);
  if (prove) {
    // A file that is not there must fail the start, not every attempt after it.
    if (passwordFile && !credsFile && !nkeyFile) prove();
    else bytes(credsFile || nkeyFile || '', credsFile ? 'credsFile' : 'nkeyFile');
    return prove;
  }
  const { user, password } = parseServers(url);
  return user === undefined ? undefined : () => ({ user, pass: password ?? '' });
}

function tlsOf(
  { tlsCaFile, tlsCertFile, tlsKeyFile }: NatsConnectOptions,
  isTls: boolean,
): ClientOptions['tls'] {
  if (!isTls && !tlsCaFile && !tlsCertFile) return undefined;
  return {
    ...(tlsCaFile && { caFile: tlsCaFile }),
    ...(tlsCertFile && { certFile: tlsCertFile }),
    ...(tlsKeyFile && { keyFile: tlsKeyFile }),
  };
}
