/** A real OpenID provider on this machine, in this process, with accounts that the test changes. */
import { exportJWK, generateKeyPair } from 'jose';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import type { z } from 'zod';
import type { OidcProvider } from '../../../config/sections/sign-in.ts';
import { CookieJar } from './cookie-jar.ts';

/** Secret of the one client. */
export const CLIENT_SECRET = 'a secret between the node and its provider';

/** Claims of an account. */
export interface Account {
  name: string;
  email?: string;
  email_verified?: boolean;
  tenant?: string;
  roles?: string[];
  groups?: string[];
}

/** See the file's head. */
export class LocalProvider {
  readonly issuer: string;
  readonly accounts = new Map<string, Account>();
  /** Answers to the token endpoint and to userinfo. */
  askedCount = 0;
  #server: Server;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** Starts a provider that gives refresh tokens where `refresh` says so. */
  static async start({ refresh = true }: { refresh?: boolean } = {}): Promise<LocalProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const local = new LocalProvider(server, (server.address() as AddressInfo).port);
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'k1' };
    const grants = ['authorization_code', ...(refresh ? ['refresh_token'] : [])];
    const provider = new Provider(local.issuer, {
      jwks: { keys: [key] },
      cookies: { keys: ['of the test'] },
      clients: [
        {
          client_id: 'witan',
          client_secret: CLIENT_SECRET,
          grant_types: grants,
          redirect_uris: ['https://node.test/auth/callback'],
        },
      ],
      claims: {
        openid: ['sub'],
        profile: ['name', 'tenant', 'roles', 'groups'],
        email: ['email', 'email_verified'],
      },
      pkce: { required: () => true },
      issueRefreshToken: () => refresh,
      findAccount: (_context: unknown, id: string) => {
        const account = local.accounts.get(id);
        return account && { accountId: id, claims: () => ({ sub: id, ...account }) };
      },
      ttl: {
        AccessToken: 3_600,
        AuthorizationCode: 60,
        IdToken: 3_600,
        Grant: 86_400,
        Session: 86_400,
        Interaction: 600,
        RefreshToken: 86_400,
      },
    });
    // The port of the node is not known before it listens.
    Object.assign(provider.Client.prototype, {
      redirectUriAllowed: (uri: string) => new URL(uri).pathname === '/auth/callback',
      postLogoutRedirectUriAllowed: () => true,
    });
    const handle = provider.callback();
    server.on('request', (request, response) => {
      if (/^\/(token|me)$/.test(request.url ?? '')) local.askedCount += 1;
      void handle(request, response);
    });
    return local;
  }

  /** As a node's settings name it. */
  settings(fields: Partial<z.input<typeof OidcProvider>> = {}): z.input<typeof OidcProvider> {
    return {
      name: 'test',
      issuer: this.issuer,
      clientId: 'witan',
      tenantClaim: 'tenant',
      roles: { admins: 'administrator', readers: 'reader', submitters: 'submitter' },
      ...fields,
    };
  }

  /**
   * Does at the provider what a person does, from its login page on; gives the address that it sends the
   * browser back to.
   */
  async visit(location: string, login: string, jar = new CookieJar()): Promise<string> {
    let url = location;
    for (let step = 0; step < 12; step += 1) {
      let response = await jar.fetch(url);
      if (response.status === 200 && url.includes('/interaction/')) {
        const page = await response.text();
        const prompt = page.includes('value="login"') ? 'login' : 'consent';
        const form = new URLSearchParams({ prompt, login, password: 'any' });
        response = await jar.fetch(url, { method: 'POST', body: form });
      }
      const next = response.headers.get('location');
      if (next === null) throw new Error(`${response.status} at ${url}: ${await response.text()}`);
      url = new URL(next, url).href;
      if (!url.startsWith(this.issuer)) return url;
    }
    throw new Error('the provider sends the browser round in circles');
  }

  /** Answers nobody until `rise`. */
  async fall(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async rise(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.fall();
  }
}
