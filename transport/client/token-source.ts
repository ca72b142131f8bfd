/** Where the credential of a call comes from: a key, a token, or a provider whose tokens expire. */
import { WitanError } from '../../contracts/errors.ts';
import type { ClientClock } from './client-clock.ts';
import type { WireCredential } from './wire.ts';

/** A token and its end; without one the claim `exp` of a JWT counts, else it is used until it is refused. */
export interface ProvidedToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAtWallMs?: number;
}

/** Fetches a token; called once for any number of waiting calls. */
export type TokenProvider = () => Promise<ProvidedToken | string>;

/** Gives credentials. */
export interface TokenSource {
  /** Credential for the next call. @throws unauthenticated when the provider fails */
  current(): Promise<WireCredential>;
  /** A call was refused with this credential: true when another one is to be had now. */
  refused(credential: WireCredential): boolean;
}

/** How long before its end a token is replaced, ms. */
const REFRESH_BEFORE_MS = 30_000;

/** A credential that never changes. */
export function fixedCredential(credential: WireCredential): TokenSource {
  return { current: () => Promise.resolve(credential), refused: () => false };
}

/** Tokens of a provider: one fetch at a time, before the end of the last one and after a refusal. */
export function providedTokens(provider: TokenProvider, clock: Pick<ClientClock, 'wallMs'>): TokenSource {
  let known: ProvidedToken | undefined;
  let fetching: Promise<ProvidedToken> | undefined;
  const fetchToken = (): Promise<ProvidedToken> => {
    fetching ??= provider()
      .then(
        (given) => {
          known = typeof given === 'string' ? { token: given } : given;
          return known;
        },
        (error: unknown) => {
          throw new WitanError('unauthenticated', 'the token provider failed', {}, error);
        },
      )
      .finally(() => (fetching = undefined));
    return fetching;
  };
  const isFresh = (token: ProvidedToken): boolean => {
    const endMs = token.expiresAtWallMs ?? expiryOf(token.token);
    return endMs === undefined || clock.wallMs() < endMs - REFRESH_BEFORE_MS;
  };
  return {
    async current() {
      const { token } = known && isFresh(known) ? known : await fetchToken();
      return { token };
    },
    refused({ token }) {
      if (known?.token === token) known = undefined;
      return true;
    },
  };
}

/** Claim `exp` of a JWT, ms; undefined for anything else. Nothing is verified: the node does that. */
function expiryOf(token: string): number | undefined {
  const [, payload] = token.split('.');
  if (payload === undefined) return undefined;
  try {
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const { exp } = JSON.parse(text) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

/** What {@link clientCredentials} needs of the authorisation server. */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

/**
 * Provider for the OAuth 2.0 client-credentials grant (SDK-10).
 * @source RFC 6749 §4.4
 * @throws unauthenticated when the server gives no token
 */
export function clientCredentials(
  options: ClientCredentials,
  { fetch: send = fetch, clock }: { fetch?: typeof fetch; clock: Pick<ClientClock, 'wallMs'> },
): TokenProvider {
  const { tokenUrl, clientId, clientSecret, scope } = options;
  return async () => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
    });
    const basic = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
    const response = await send(tokenUrl, {
      method: 'POST',
      body: form,
      headers: { authorization: `Basic ${basic}` },
    });
    const answer = (await response.json().catch(() => ({}))) as {
      access_token?: unknown;
      expires_in?: unknown;
    };
    if (!response.ok || typeof answer.access_token !== 'string') {
      throw new WitanError('unauthenticated', `the authorisation server answers ${response.status}`);
    }
    const { access_token: token, expires_in: seconds } = answer;
    return typeof seconds === 'number'
      ? { token, expiresAtWallMs: clock.wallMs() + seconds * 1_000 }
      : { token };
  };
}
