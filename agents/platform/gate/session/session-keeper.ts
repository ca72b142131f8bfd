/** Sessions of browsers: found by the digest of their secret, ended by time, by word and by their provider. */
import type { Settings } from '../../../../config/schema.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type {
  SessionRecord,
  SignInStorePort,
} from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type { SecretBytes } from '../credentials/api-key.ts';
import { secretDigest } from '../credentials/api-key.ts';
import { unknownCaller } from '../credentials/authenticator.ts';
import type { CredentialKind, Standing } from '../credentials/authenticator.ts';
import { identityOf } from '../credentials/identity.ts';
import type { Identity } from '../credentials/identity.ts';
import type { ProviderWord } from './provider/provider-client.ts';
import { isSilence } from './provider/provider-fault.ts';
import type { SecretBox } from './secret-box.ts';

/** What is kept sealed beside a session. */
export interface SessionSecrets {
  readonly name: string;
  /** Null: a local user. */
  readonly word: ProviderWord | null;
}

/** What a provider says of a session's user when asked again. */
export interface Recheck {
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly secrets: SessionSecrets;
}

/** What the keeper works with. */
export interface SessionKeeperOptions {
  readonly settings: Settings['signIn'];
  readonly store: SignInStorePort;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly box: SecretBox;
  /** Asks the provider of a session. @throws unauthenticated, permission_denied, unavailable */
  recheck(userId: string, secrets: SessionSecrets): Promise<Recheck>;
  /** A session ended by itself or by its provider. */
  onEnd?: ((record: SessionRecord, why: 'expired' | 'provider') => void) | undefined;
  onFault?: ((error: unknown) => void) | undefined;
}

/** What a new session is made of. */
export type SessionStart = Pick<SessionRecord, 'userId' | 'tenant' | 'scopes' | 'factor'> & {
  readonly secrets: SessionSecrets;
};

interface Live {
  record: SessionRecord;
  identity: Identity;
  /** Time of the last use as the store has it. */
  keptSeenAtWallMs: number;
  /** Wall time before which the provider is not asked again after it gave no word. */
  notBeforeWallMs: number;
  checking: Promise<void> | undefined;
}

const PURPOSE = 'session';
const TOKEN_BYTES = 32;
const RETRY_MS = 10_000;

/** See the file's head. Sessions of a user are ended before anything else is told of their change. */
export class SessionKeeper implements CredentialKind {
  readonly #options: SessionKeeperOptions;
  /** Oldest first. */
  readonly #live = new Map<string, Live>();
  #onChange: () => void = () => undefined;

  constructor(options: SessionKeeperOptions, records: readonly SessionRecord[]) {
    this.#options = options;
    const oldestFirst = [...records].sort((left, right) => left.beganAtWallMs - right.beganAtWallMs);
    for (const record of oldestFirst) {
      // Sealed by another key: nobody can say who this is.
      if (options.box.open(PURPOSE, record.sealed) !== undefined) this.#take(record);
    }
  }

  get size(): number {
    return this.#live.size;
  }

  known(digest: string): Identity | undefined {
    const live = this.#fresh(digest);
    if (!live || this.#needsCheck(live)) return undefined;
    return this.#use(live);
  }

  async verify(_secret: string, digest: string): Promise<Identity> {
    const live = this.#fresh(digest);
    if (live && this.#needsCheck(live)) await this.#check(live);
    const still = this.#fresh(digest);
    if (still) return this.#use(still);
    throw unknownCaller('the session has ended', 'a new sign-in');
  }

  /** A stream that is open keeps no session awake: its time of idleness runs on. */
  look(_secret: string, digest: string): Standing | Promise<Standing> {
    const live = this.#fresh(digest);
    if (!live || !this.#needsCheck(live)) return this.#standing(digest);
    return this.#check(live).then(() => this.#standing(digest));
  }

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Session of a secret; undefined: there is none, or it has ended. Not a use of it. */
  find(token: string | undefined): SessionRecord | undefined {
    return token === undefined ? undefined : this.#fresh(secretDigest(token))?.record;
  }

  /** Whether a session of this digest lives. */
  has(digest: string): boolean {
    return this.#fresh(digest) !== undefined;
  }

  /** @throws unauthenticated when another key sealed them */
  secretsOf({ sealed }: SessionRecord): SessionSecrets {
    const secrets = this.#options.box.open(PURPOSE, sealed) as SessionSecrets | undefined;
    // Another key than the one that sealed it: the provider cannot be asked, and nobody knows who this is.
    if (!secrets) throw unknownCaller('the session has ended', 'a new sign-in');
    return secrets;
  }

  /** Sessions of a user, oldest first. */
  ofUser(userId: string): SessionRecord[] {
    return [...this.#live.values()].map(({ record }) => record).filter((record) => record.userId === userId);
  }

  /** Begins a session under a new secret. @throws overloaded, storage_failed */
  async begin({ secrets, ...start }: SessionStart): Promise<{ token: string; record: SessionRecord }> {
    const { settings, clock, box } = this.#options;
    this.sweep();
    const own = this.ofUser(start.userId);
    for (const record of own.slice(0, Math.max(0, own.length + 1 - settings.userSessionMaxCount))) {
      await this.end(record.digest);
    }
    if (this.#live.size >= settings.sessionMaxCount) {
      throw new WitanError('overloaded', 'too many people are signed in', { retryAfterMs: 60_000 });
    }
    const nowWallMs = clock.wallMs();
    return this.#keep({
      ...start,
      beganAtWallMs: nowWallMs,
      endsAtWallMs: nowWallMs + settings.absoluteMs,
      seenAtWallMs: nowWallMs,
      checkedAtWallMs: nowWallMs,
      sealed: box.seal(PURPOSE, secrets),
    });
  }

  /** Puts a session under another secret, because it may more than before; the old one ends. */
  async rotate(
    record: SessionRecord,
    change: Pick<SessionRecord, 'factor'>,
  ): Promise<{ token: string; record: SessionRecord }> {
    const { digest, ...rest } = record;
    // Ended first: between the two nobody has a session, and never two secrets one.
    await this.end(digest);
    return this.#keep({ ...rest, ...change, seenAtWallMs: this.#options.clock.wallMs() });
  }

  /** Ends a session at once; when it resolves it stays ended after a crash as well. @throws storage_failed */
  async end(digest: string): Promise<void> {
    if (this.#live.delete(digest)) this.#onChange();
    await this.#options.store.removeSession(digest);
  }

  /** Ends all sessions of a user; gives how many. @throws storage_failed */
  async endAll(userId: string, but?: string): Promise<number> {
    const ending = this.ofUser(userId).filter(({ digest }) => digest !== but);
    for (const { digest } of ending) this.#live.delete(digest);
    if (ending.length > 0) this.#onChange();
    for (const { digest } of ending) await this.#options.store.removeSession(digest);
    return ending.length;
  }

  /** Forgets what has ended by time. O(sessions). */
  sweep(): void {
    for (const digest of [...this.#live.keys()]) this.#fresh(digest);
  }

  async #keep(rest: Omit<SessionRecord, 'digest'>): Promise<{ token: string; record: SessionRecord }> {
    const token = toBase64Url(this.#options.secretBytes(TOKEN_BYTES));
    const record = { digest: secretDigest(token), ...rest };
    await this.#options.store.putSession(record);
    this.#take(record);
    return { token, record };
  }

  #take(record: SessionRecord): void {
    this.#live.set(record.digest, {
      record,
      identity: identityIn(record),
      keptSeenAtWallMs: record.seenAtWallMs,
      notBeforeWallMs: 0,
      checking: undefined,
    });
  }

  #fresh(digest: string): Live | undefined {
    const live = this.#live.get(digest);
    if (!live) return undefined;
    const nowWallMs = this.#options.clock.wallMs();
    const { endsAtWallMs, seenAtWallMs } = live.record;
    if (nowWallMs < endsAtWallMs && nowWallMs - seenAtWallMs < this.#options.settings.idleMs) return live;
    this.#drop(live.record, 'expired');
    return undefined;
  }

  #drop(record: SessionRecord, why: 'expired' | 'provider'): void {
    if (!this.#live.delete(record.digest)) return;
    this.#options.store.removeSession(record.digest).catch((error: unknown) => this.#fault(error));
    this.#options.onEnd?.(record, why);
    this.#onChange();
  }

  #standing(digest: string): Standing {
    const live = this.#fresh(digest);
    if (!live) throw unknownCaller('the session has ended', 'a new sign-in');
    const { recheckMs, idleMs } = this.#options.settings;
    const { endsAtWallMs, seenAtWallMs, checkedAtWallMs } = live.record;
    const checkAtWallMs = Math.max(live.notBeforeWallMs, checkedAtWallMs + recheckMs);
    const idleAtWallMs = seenAtWallMs + idleMs;
    const lookAtWallMs = Math.min(endsAtWallMs, idleAtWallMs, recheckMs === 0 ? endsAtWallMs : checkAtWallMs);
    return { identity: live.identity, lookAtWallMs };
  }

  #use(live: Live): Identity {
    const nowWallMs = this.#options.clock.wallMs();
    live.record = { ...live.record, seenAtWallMs: nowWallMs };
    // A write a call would cost more than the call; a restart may take a tenth off the time of idleness.
    if (nowWallMs - live.keptSeenAtWallMs >= this.#options.settings.idleMs / 10) {
      live.keptSeenAtWallMs = nowWallMs;
      this.#options.store.putSession(live.record).catch((error: unknown) => this.#fault(error));
    }
    return live.identity;
  }

  #needsCheck({ record, notBeforeWallMs }: Live): boolean {
    const { recheckMs } = this.#options.settings;
    const nowWallMs = this.#options.clock.wallMs();
    if (recheckMs === 0 || nowWallMs < notBeforeWallMs) return false;
    return nowWallMs - record.checkedAtWallMs >= recheckMs;
  }

  #check(live: Live): Promise<void> {
    live.checking ??= this.#recheck(live).finally(() => (live.checking = undefined));
    return live.checking;
  }

  async #recheck(live: Live): Promise<void> {
    const { settings, clock, box, store, recheck } = this.#options;
    const { digest, userId, tenant } = live.record;
    try {
      const word = await recheck(userId, this.secretsOf(live.record));
      if (word.tenant !== tenant) throw unknownCaller('the user is of another tenant now', 'a new sign-in');
      // More than at the sign-in is given by the next one alone, under a new secret.
      const scopes = live.record.scopes.filter((scope) => word.scopes.includes(scope));
      const sealed = box.seal(PURPOSE, word.secrets);
      live.record = { ...live.record, scopes, sealed, checkedAtWallMs: clock.wallMs() };
      live.identity = identityIn(live.record);
      this.#onChange();
      if (this.#live.get(digest) === live) await store.putSession(live.record);
    } catch (thrown) {
      const error = toWitanError(thrown);
      const sinceMs = clock.wallMs() - live.record.checkedAtWallMs;
      const isPatient = sinceMs < settings.recheckMs + settings.recheckGraceMs;
      if ((isSilence(error) || error.code === 'storage_failed') && isPatient) {
        live.notBeforeWallMs = clock.wallMs() + RETRY_MS;
        return;
      }
      this.#drop(live.record, 'provider');
      if (isSilence(error)) throw error;
      throw unknownCaller('the session has ended', 'a new sign-in');
    }
  }

  #fault(error: unknown): void {
    this.#options.onFault?.(error);
  }
}

/** Nothing is allowed before a needed second factor was shown. */
function identityIn({ userId, tenant, scopes, factor, endsAtWallMs }: SessionRecord): Identity {
  const principal = { id: userId, tenant, scopes: factor === 'needed' ? [] : scopes };
  return identityOf('session', principal, { expiresAtWallMs: endsAtWallMs });
}
