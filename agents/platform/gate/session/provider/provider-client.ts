/** One OpenID provider: its configuration, the authorisation-code flow with PKCE, and later questions (IAM-04). */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  refreshTokenGrant,
} from 'openid-client';
import type { ClientAuth, Configuration, CustomFetch } from 'openid-client';
import type { Settings } from '../../../../../config/schema.ts';
import type { OidcProvider } from '../../../../../config/sections/sign-in.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import type { Clock } from '../../../../../runtime/kernel/clock.ts';
import type { HttpOutPort } from '../../../../../runtime/kernel/ports/http-out.ts';
import type { Claims } from '../../credentials/token-claims.ts';
import { providerFault } from './provider-fault.ts';

/** What a provider said of a user. */
export interface ProviderWord {
  readonly subject: string;
  /** Claims of the ID token, and over them those of the userinfo endpoint. */
  readonly claims: Claims;
  readonly tokens: ProviderTokens;
}

/** Tokens of a provider that later questions need; sealed wherever they are kept. */
export interface ProviderTokens {
  readonly idToken?: string | undefined;
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
}

/** What a provider is asked with. */
export interface ProviderClientOptions {
  readonly provider: OidcProvider;
  readonly settings: Settings['signIn'];
  readonly clock: Clock;
  /** May reach the origins of this provider and no others. */
  readonly http: HttpOutPort;
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined;
}

/** What a sign-in at the provider is begun and checked with. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, RFC 7636 §4.1. */
  readonly verifier: string;
}

/** A provider's configuration is read again after this time: its keys and addresses change. */
const CONFIGURATION_MAX_AGE_MS = 3_600_000;
const ANSWER_MAX_BYTES = 1_048_576;

/** See the file's head. */
export class ProviderClient {
  readonly name: string;
  readonly #options: ProviderClientOptions;
  #known: { readonly configuration: Configuration; readonly untilMs: number } | undefined;
  #reading: Promise<Configuration> | undefined;

  constructor(options: ProviderClientOptions) {
    this.name = options.provider.name;
    this.#options = options;
  }

  /** Address of the provider's page. @throws unavailable, deadline_exceeded, unauthenticated */
  begin(redirectUri: string, { state, nonce, verifier }: FlowSecrets): Promise<string> {
    return this.#ask(async (configuration) => {
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: this.#options.provider.scopes.join(' '),
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return url.href;
    });
  }

  /** Takes the provider's answer. @throws unauthenticated, unavailable, deadline_exceeded */
  finish(answer: URL, { state, nonce, verifier }: FlowSecrets): Promise<ProviderWord> {
    return this.#ask(async (configuration) => {
      const tokens = await authorizationCodeGrant(configuration, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const { sub: subject, ...claims } = tokens.claims()!;
      const kept = {
        idToken: tokens.id_token,
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
      };
      return this.#word(configuration, { subject, claims, tokens: kept });
    });
  }

  /**
   * Asks whether the provider still stands for a user; where it gave a refresh token, that is used.
   * @throws unauthenticated (it does not), unavailable, deadline_exceeded
   */
  again(before: ProviderWord): Promise<ProviderWord> {
    return this.#ask(async (configuration) => {
      const { refreshToken } = before.tokens;
      if (refreshToken === undefined) return this.#word(configuration, before);
      const tokens = await refreshTokenGrant(configuration, refreshToken);
      const fresh = tokens.claims();
      if (fresh && fresh.sub !== before.subject) {
        throw new WitanError('unauthenticated', 'the provider names another user', { provider: this.name });
      }
      return this.#word(configuration, {
        subject: before.subject,
        claims: { ...before.claims, ...fresh },
        tokens: {
          idToken: tokens.id_token ?? before.tokens.idToken,
          accessToken: tokens.access_token,
          refreshToken: tokens.refresh_token ?? refreshToken,
        },
      });
    });
  }

  /** Page of the provider that ends its own session (RP-initiated logout); null where it has none. */
  async endPage(idToken: string | undefined, returnUri: string): Promise<string | null> {
    return this.#ask(async (configuration) => {
      if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
      const asked = new URLSearchParams({ post_logout_redirect_uri: returnUri });
      if (idToken !== undefined) asked.set('id_token_hint', idToken);
      return buildEndSessionUrl(configuration, asked).href;
    });
  }

  async #word(configuration: Configuration, word: ProviderWord): Promise<ProviderWord> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return word;
    const { sub: _sub, ...more } = await fetchUserInfo(configuration, word.tokens.accessToken, word.subject);
    return { ...word, claims: { ...word.claims, ...more } };
  }

  async #ask<T>(work: (configuration: Configuration) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#configuration());
    } catch (error) {
      throw providerFault(error, this.name);
    }
  }

  async #configuration(): Promise<Configuration> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#known && this.#known.untilMs > nowMs) return this.#known.configuration;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    try {
      const configuration = await this.#reading;
      this.#known = { configuration, untilMs: nowMs + CONFIGURATION_MAX_AGE_MS };
      return configuration;
    } catch (error) {
      // An old configuration is better than none: its keys are read anew where a token names another.
      if (this.#known) return this.#known.configuration;
      throw error;
    }
  }

  #read(): Promise<Configuration> {
    const { provider, settings } = this.#options;
    const issuer = new URL(provider.issuer);
    const metadata = { [clockTolerance]: Math.round(settings.clockToleranceMs / 1_000) };
    const execute = [enableNonRepudiationChecks];
    // The settings take an open line for an address of this machine alone.
    if (issuer.protocol === 'http:') execute.push(allowInsecureRequests);
    return discovery(issuer, provider.clientId, metadata, this.#clientAuth(), {
      [customFetch]: this.#fetch,
      timeout: Math.ceil(settings.providerTimeoutMs / 1_000),
      execute,
    });
  }

  #clientAuth(): ClientAuth {
    const { provider, clientSecret } = this.#options;
    if (clientSecret === undefined) return None();
    return provider.clientAuth === 'post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
  }

  /** The library's requests go out by the one way that there is. */
  readonly #fetch: CustomFetch = async (url, { method, headers, body, signal }) => {
    const answer = await this.#options.http.send({
      method,
      url,
      headers,
      timeoutMs: this.#options.settings.providerTimeoutMs,
      maxBytes: ANSWER_MAX_BYTES,
      ...(body !== null && body !== undefined && { body: bytesOf(body) }),
      ...(signal && { signal }),
    });
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: { ...answer.headers },
    });
  };
}

/** The library sends forms and nothing else. */
function bytesOf(body: unknown): Uint8Array {
  return new TextEncoder().encode(String(body));
}
