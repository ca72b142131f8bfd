/** Signing in on a simulated clock, with its gate, in memory or on files, for tests. */
import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { Gate } from '../../../agents/platform/gate/gate.ts';
import { SignIn } from '../../../agents/platform/gate/session/sign-in.ts';
import { loadSettings } from '../../../config/loader.ts';
import { OidcProvider } from '../../../config/sections/sign-in.ts';
import type { SettingsInput } from '../../../config/schema.ts';
import { SCOPES } from '../../../contracts/operations.ts';
import { SimClock } from '../../../runtime/kernel/index.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import type { SignInStorePort } from '../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type { NewSession, SignInCaller } from '../../../runtime/kernel/ports/sign-in/sign-in.ts';
import { HttpOut } from '../../../runtime/store/http-out.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../../runtime/store/memory/memory-ledger.ts';
import { MemorySignInStore } from '../../../runtime/store/memory/memory-sign-in-store.ts';
import { CLIENT_SECRET } from './local-provider.ts';
import type { LocalProvider } from './local-provider.ts';

/** The node's own administrator. */
export const ADMIN: Principal = { id: 'local', tenant: 'local', scopes: SCOPES };
/** A browser without a session. */
export const BROWSER: SignInCaller = {
  remoteAddress: '203.0.113.7',
  origin: 'https://node.test',
  sessionToken: undefined,
};
/** A password that the settings take. */
export const PASSWORD = 'correct horse battery';

/** What a rig is made with. */
export interface SignInRigOptions {
  readonly settings?: SettingsInput['signIn'];
  readonly provider?: LocalProvider;
  readonly fields?: Parameters<LocalProvider['settings']>[0];
  readonly store?: SignInStorePort;
  readonly clock?: SimClock;
}

/** See the file's head. */
export class SignInRig {
  readonly clock: SimClock;
  readonly ledger: MemoryLedger;
  readonly gate: Gate;
  readonly signIn: SignIn;

  private constructor(parts: Pick<SignInRig, 'clock' | 'ledger' | 'gate' | 'signIn'>) {
    this.clock = parts.clock;
    this.ledger = parts.ledger;
    this.gate = parts.gate;
    this.signIn = parts.signIn;
  }

  static async start(options: SignInRigOptions = {}): Promise<SignInRig> {
    const { provider, fields, clock = new SimClock() } = options;
    const input = { localUsers: true, passwordCostLn: 14, ...options.settings };
    const { settings } = loadSettings({ code: { signIn: input } });
    const ledger = new MemoryLedger({ logId: 'test', clock, keys: new MemoryKeys({ clock }) });
    const http = new HttpOut({ clock, allowedOrigins: provider ? [provider.issuer] : [] });
    const signIn = await SignIn.open({
      settings: settings.signIn,
      identity: settings.identity,
      providers: provider
        ? [{ provider: OidcProvider.parse(provider.settings(fields)), http, clientSecret: CLIENT_SECRET }]
        : [],
      store: options.store ?? new MemorySignInStore(),
      ledger,
      clock,
      secretBytes: randomBytes,
    });
    const gate = new Gate({ settings, clock, secretBytes: randomBytes, sessions: signIn.sessions });
    gate.open({ onDenial: () => undefined, onKeyUsed: () => undefined, onCreditsUsed: () => undefined });
    return new SignInRig({ clock, ledger, gate, signIn });
  }

  /** Makes a local user with {@link PASSWORD} and signs them in. */
  async localUser(name: string, roles: readonly string[], tenant = 'acme'): Promise<NewSession> {
    const { token } = await this.signIn.users.create({ name, tenant, roles: [...roles] }, ADMIN);
    return this.signIn.setUp({ token, password: PASSWORD }, BROWSER);
  }

  /** Goes the whole way at the provider. */
  async atProvider(provider: LocalProvider, login: string): Promise<NewSession> {
    const flow = await this.signIn.begin({ provider: undefined, returnTo: undefined }, BROWSER);
    const query = Object.fromEntries(new URL(await provider.visit(flow.location, login)).searchParams);
    return (await this.signIn.finish({ query, sealed: flow.sealed }, BROWSER)).session;
  }

  /** Who the gate takes the holder of a session for, or the code of its refusal. */
  async who(token: string): Promise<Principal | string> {
    const credentials = { door: 'http', remoteAddress: '203.0.113.7', sessionToken: token } as const;
    try {
      const pass = await this.gate.admit({ operation: 'decision.read', credentials });
      pass.release();
      return pass.principal;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  /** Code that an authenticator shows now, or `steps` later. */
  code(secret: string, steps = 0): string {
    return generateSync({ secret, epoch: Math.floor(this.clock.wallMs() / 1_000) + steps * 30 });
  }

  async entries(kind: LedgerEntry['kind'] = 'admin'): Promise<Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = [];
    for await (const entry of this.ledger.read(0)) {
      if (entry.kind === kind) all.push(entry.payload as Record<string, unknown>);
    }
    return all;
  }
}

/** A browser that has a session. */
export function withSession({ token }: NewSession): SignInCaller {
  return { ...BROWSER, sessionToken: token };
}

/** Code of the error that something ends with; `none` where it ends well. */
export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
