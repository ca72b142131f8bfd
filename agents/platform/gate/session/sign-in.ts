/** People who sign in with a browser: every way in, one session, one record of it (IAM-04, 06, 12 to 14). */
import type { Settings } from '../../../../config/schema.ts';
import { isSafeUrl } from '../../../../config/sections/identity.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type {
  FactorSecret,
  PasswordSetUp,
  PasswordSignIn,
  SessionView,
} from '../../../../contracts/messages/identity/sign-in.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type {
  FactorState,
  SessionRecord,
  SignInStorePort,
  UserRecord,
} from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type {
  BegunFlow,
  FlowAnswer,
  NewSession,
  SignInCaller,
  SignInPort,
} from '../../../../runtime/kernel/ports/sign-in/sign-in.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import { scopesOf } from '../access/scopes-of-roles.ts';
import type { SecretBytes } from '../credentials/api-key.ts';
import { unknownCaller } from '../credentials/authenticator.ts';
import { SecondFactor } from './factor/second-factor.ts';
import { LOCAL_PROVIDER, LocalUsers, providerOf, subjectOf } from './local-users.ts';
import { PasswordHasher } from './password-hash.ts';
import { ProviderFlows } from './provider/provider-flows.ts';
import type { ProviderAccess } from './provider/provider-flows.ts';
import { userOf } from './provider/provider-user.ts';
import { SecretBox } from './secret-box.ts';
import { SessionKeeper } from './session-keeper.ts';
import type { Recheck, SessionSecrets } from './session-keeper.ts';
import { SignInAudit } from './sign-in-audit.ts';
import { UserBook } from './user-book.ts';
import { UserDesk } from './user-desk.ts';

/** What signing in works with. */
export interface SignInOptions {
  readonly settings: Settings['signIn'];
  readonly identity: Pick<Settings['identity'], 'roles' | 'localTenant'>;
  readonly providers: readonly ProviderAccess[];
  readonly store: SignInStorePort;
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly telemetry?: TelemetryPort | undefined;
}

/** A person whom some way in has made out. */
interface Arrival {
  readonly id: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly hasShownFactor: boolean;
  readonly secrets: SessionSecrets;
}

/** See {@link SignInPort}. */
export class SignIn implements SignInPort {
  readonly users: UserDesk;
  readonly sessions: SessionKeeper;
  readonly audit: SignInAudit;
  readonly #options: SignInOptions;
  readonly #book: UserBook;
  readonly #flows: ProviderFlows;
  readonly #local: LocalUsers;
  readonly #factor: SecondFactor;

  private constructor(options: SignInOptions, read: Read) {
    this.#options = options;
    const { settings, store, clock, secretBytes, ledger, telemetry, identity } = options;
    const box = new SecretBox(read.key, secretBytes);
    const hasher = new PasswordHasher(settings.passwordCostLn, secretBytes);
    this.#book = new UserBook(store, read.users, settings.userMaxCount);
    this.audit = new SignInAudit({ ledger, clock, box, telemetry });
    this.#flows = new ProviderFlows({ ...options, box });
    this.#local = new LocalUsers({ settings, users: this.#book, clock, secretBytes, hasher });
    this.#factor = new SecondFactor({ settings, users: this.#book, clock, secretBytes, box, hasher });
    this.sessions = new SessionKeeper(
      {
        settings,
        store,
        clock,
        secretBytes,
        box,
        recheck: (userId, secrets) => this.#recheck(userId, secrets),
        onEnd: ({ userId, tenant }, why) => {
          if (why === 'provider')
            void this.audit.tell({ action: 'session-refused-by-provider', userId, tenant });
        },
        onFault: (error) =>
          telemetry?.log('error', '/platform/sign-in', 'a session could not be kept', {
            error: String(error),
          }),
      },
      read.sessions,
    );
    const { sessions, audit } = this;
    this.users = new UserDesk({ identity, users: this.#book, local: this.#local, sessions, audit, clock });
  }

  /** Reads what the store holds. @throws storage_failed, verification_failed */
  static async open(options: SignInOptions): Promise<SignIn> {
    const { store } = options;
    const key = await store.sealKey();
    // What other nodes may change is read when it is asked for.
    if (store.isShared) return new SignIn(options, { key, users: [], sessions: [] });
    return new SignIn(options, { key, users: await store.users(), sessions: await store.sessions() });
  }

  get userCount(): number {
    return this.#book.size;
  }

  async begin(request: Parameters<SignInPort['begin']>[0], caller: SignInCaller): Promise<BegunFlow> {
    assertSafe(caller);
    return this.#flows.begin(request, caller.origin);
  }

  async finish(answer: FlowAnswer, caller: SignInCaller): Promise<{ session: NewSession; returnTo: string }> {
    assertSafe(caller);
    let userId: string | undefined;
    try {
      const { word, provider, returnTo } = await this.#flows.finish(answer);
      userId = `user:${provider.name}/${word.subject}`;
      const user = userOf(word, provider, this.#options.identity.roles);
      const session = await this.#arrived({ ...user, secrets: { name: user.name, word } }, caller);
      return { session, returnTo };
    } catch (error) {
      throw this.audit.failed(error, 'session.begin', { ...caller, userId });
    }
  }

  async signIn(request: PasswordSignIn, caller: SignInCaller): Promise<NewSession> {
    assertSafe(caller);
    try {
      return await this.#arrived(
        this.#localArrival(await this.#local.signIn(request, caller.remoteAddress)),
        caller,
      );
    } catch (error) {
      throw this.audit.failed(error, 'session.begin', { remoteAddress: caller.remoteAddress });
    }
  }

  async setUp(request: PasswordSetUp, caller: SignInCaller): Promise<NewSession> {
    assertSafe(caller);
    try {
      const user = await this.#local.setUp(request, caller.remoteAddress);
      await this.sessions.endAll(user.id);
      await this.audit.record({ action: 'password-set', userId: user.id, tenant: user.tenant });
      return await this.#arrived(this.#localArrival(user), caller);
    } catch (error) {
      throw this.audit.failed(error, 'session.begin', { remoteAddress: caller.remoteAddress });
    }
  }

  async view({ sessionToken }: SignInCaller): Promise<SessionView> {
    const record = this.sessions.find(sessionToken);
    if (record) await this.#book.read(record.userId);
    return this.#view(record);
  }

  async showFactor(code: string, caller: SignInCaller): Promise<NewSession> {
    const { record, user } = await this.#signedIn(caller);
    const { id: userId, tenant } = user;
    if (record.factor === 'done') throw new WitanError('conflict', 'the second factor was shown before');
    try {
      const { recoveryLeft } = await this.#factor.show(user, code);
      const by = recoveryLeft === null ? { with: 'code' } : { with: 'recovery-code', recoveryLeft };
      await this.audit.record({ action: 'second-factor-shown', userId, tenant, ...by });
    } catch (error) {
      throw this.audit.failed(error, 'session.factor', { ...caller, userId, tenant });
    }
    return this.#rotated(record);
  }

  async enrolFactor(caller: SignInCaller): Promise<FactorSecret> {
    const { record, user } = await this.#signedIn(caller);
    const secrets = this.sessions.secretsOf(record);
    const { shown, pending } = this.#factor.enrol(user, secrets.name);
    await this.sessions.keepSecrets(record.digest, { ...secrets, pending });
    return shown;
  }

  async confirmFactor(
    code: string,
    caller: SignInCaller,
  ): Promise<{ session: NewSession; recoveryCodes: string[] }> {
    const { record, user } = await this.#signedIn(caller);
    const { id: userId, tenant } = user;
    try {
      const recoveryCodes = await this.#factor.confirm(user, this.sessions.secretsOf(record).pending, code);
      await this.audit.record({ action: 'second-factor-enrolled', userId, tenant });
      await this.sessions.endAll(userId, record.digest);
      return { session: await this.#rotated(record), recoveryCodes };
    } catch (error) {
      throw this.audit.failed(error, 'session.factor', { ...caller, userId, tenant });
    }
  }

  async signOut(everywhere: boolean, caller: SignInCaller): Promise<{ location: string | null }> {
    const record = this.sessions.find(caller.sessionToken);
    if (!record) return { location: null };
    const { userId, tenant } = record;
    if (everywhere) await this.sessions.endAll(userId);
    else await this.sessions.end(record.digest);
    await this.audit.tell({ action: 'sign-out', userId, tenant, everywhere });
    if (providerOf(userId) === LOCAL_PROVIDER) return { location: null };
    try {
      const { word } = this.sessions.secretsOf(record);
      const { client } = this.#flows.of(providerOf(userId));
      return { location: await client.endPage(word?.tokens.idToken, `${caller.origin}/`) };
    } catch {
      // Signed out here is what counts; a provider that does not answer keeps nobody signed in.
      return { location: null };
    }
  }

  /** The one place where a session begins: known and let in, the old one of the browser ended, recorded. */
  async #arrived(arrival: Arrival, caller: SignInCaller): Promise<NewSession> {
    const { id: userId, tenant, scopes, secrets } = arrival;
    const user = await this.#known(arrival);
    if (user.disabledAtWallMs !== null) {
      throw new WitanError('permission_denied', 'the account is disabled', {
        expected: 'an account that is not',
      });
    }
    const old = this.sessions.find(caller.sessionToken);
    if (old) await this.sessions.end(old.digest);
    const factor = this.#factorState(arrival, user);
    await this.audit.record({ action: 'sign-in', userId, tenant, provider: providerOf(userId), factor });
    return this.#given(await this.sessions.begin({ userId, tenant, scopes, factor, secrets }));
  }

  async #known({ id, tenant, roles }: Arrival): Promise<UserRecord> {
    const known = await this.#book.read(id);
    if (known) {
      if (known.tenant === tenant) return known;
      return this.#book.change(id, () => ({ tenant }));
    }
    const { clock } = this.#options;
    const empty = { disabledAtWallMs: null, password: null, setUp: null, factor: null };
    try {
      return await this.#book.add({ id, tenant, roles, createdAtWallMs: clock.wallMs(), ...empty });
    } catch (error) {
      // Two sign-ins at once: the other one has added the user.
      const now = await this.#book.read(id);
      if (now) return now;
      throw error;
    }
  }

  #factorState({ roles, hasShownFactor }: Arrival, user: UserRecord): FactorState {
    if (hasShownFactor) return 'done';
    const isAsked =
      user.factor !== null || roles.some((role) => this.#options.settings.mfaRoles.includes(role));
    return isAsked ? 'needed' : 'not-needed';
  }

  #localArrival({ id, tenant, roles }: UserRecord): Arrival {
    const scopes = scopesOf(this.#options.identity.roles, { roles, scopes: [] });
    return { id, tenant, roles, scopes, hasShownFactor: false, secrets: { name: subjectOf(id), word: null } };
  }

  async #recheck(userId: string, secrets: SessionSecrets): Promise<Recheck> {
    const user = await this.#book.read(userId);
    if (!user || user.disabledAtWallMs !== null) throw unknownCaller('the user is kept out', 'a new sign-in');
    if (!secrets.word) return this.#localArrival(user);
    const { client, provider } = this.#flows.of(providerOf(userId));
    const word = await client.again(secrets.word);
    const now = userOf(word, provider, this.#options.identity.roles);
    return { tenant: now.tenant, scopes: now.scopes, secrets: { name: now.name, word } };
  }

  /** @throws unauthenticated */
  async #signedIn({ sessionToken }: SignInCaller): Promise<SignedIn> {
    const record = this.sessions.find(sessionToken);
    const user = record && (await this.#book.read(record.userId));
    if (record && user && user.disabledAtWallMs === null) return { record, user };
    throw unknownCaller('nobody is signed in', 'a new sign-in');
  }

  async #rotated(record: SessionRecord): Promise<NewSession> {
    // Two codes shown at once: the first has put the session under another secret.
    if (!this.sessions.has(record.digest)) throw unknownCaller('the session has ended', 'a new sign-in');
    return this.#given(await this.sessions.rotate(record, { factor: 'done' }));
  }

  #given({ token, record }: { readonly token: string; readonly record: SessionRecord }): NewSession {
    return { token, lifeMs: record.endsAtWallMs - this.#options.clock.wallMs(), view: this.#view(record) };
  }

  #view(record: SessionRecord | undefined): SessionView {
    const { settings, providers } = this.#options;
    const offered = {
      idleMs: settings.idleMs,
      providers: providers.map(({ provider: { name, title } }) => ({ name, title: title ?? name })),
      hasLocalUsers: settings.localUsers,
    };
    if (!record) return { state: 'signed-out', user: null, endsAt: null, ...offered };
    const { userId: id, tenant, factor, scopes, endsAtWallMs } = record;
    const isComplete = factor !== 'needed';
    return {
      state: isComplete ? 'signed-in' : 'second-factor',
      user: {
        id,
        name: this.sessions.secretsOf(record).name,
        tenant,
        provider: providerOf(id),
        scopes: isComplete ? [...scopes] : [],
        hasSecondFactor: (this.#book.found(id)?.factor ?? null) !== null,
      },
      endsAt: new Date(endsAtWallMs).toISOString(),
      ...offered,
    };
  }
}

interface SignedIn {
  readonly record: SessionRecord;
  readonly user: UserRecord;
}

interface Read {
  readonly key: Uint8Array;
  readonly users: readonly UserRecord[];
  readonly sessions: readonly SessionRecord[];
}

/** A session's secret over an open line would be anybody's. @throws permission_denied */
function assertSafe({ origin }: SignInCaller): void {
  if (isSafeUrl(origin)) return;
  throw new WitanError('permission_denied', 'people sign in over HTTPS, or on this machine', {
    path: 'signIn.publicUrl',
    expected: 'https',
  });
}
