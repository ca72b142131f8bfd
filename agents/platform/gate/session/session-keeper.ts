/** Sessions of browsers: found by the digest of their secret, ended by time, by word and by their provider. */
import type { Settings } from '../../../../config/schema.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type {
  SessionChange,
  SessionRecord,
  SignInStorePort,
} from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type { SecretBytes } from '../credentials/api-key.ts';
import { secretDigest } from '../credentials/api-key.ts';
import { unknownCaller } from '../credentials/authenticator.ts';
import type { CredentialKind, Standing } from '../credentials/authenticator.ts';
import { identityOf } from '../credentials/identity.ts';
import type { Identity } from '../credentials/identity.ts';
import type { PendingFactor } from './factor/second-factor.ts';
import type { ProviderWord } from './provider/provider-client.ts';
import { isSilence } from './provider/provider-fault.ts';
import type { SecretBox } from './secret-box.ts';

/** What is kept sealed beside a session. */
export interface SessionSecrets {
  readonly name: string;
  /** Null: a local user. */
  readonly word: ProviderWord | null;
  /** A second factor that is being set up. */
  readonly pending?: PendingFactor | undefined;
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
  /** Monotonic time at which a shared store said so. */
  readAtMs: number;
}

const PURPOSE = 'session';
const TOKEN_BYTES = 32;
const RETRY_MS = 10_000;
/** How long another node may not know that a session was ended; a look-up a session in that time. */
const SHARED_MS = 1_000;
/** The same for calls that stay open. */
const SHARED_STREAM_MS = 10_000;

/**
 * See the file's head. Sessions of a user are ended before anything else is told of their change. Of a store
 * that other nodes share, what is in memory holds for a second: it is read again before it is used.
 */
export class SessionKeeper implements CredentialKind {
  readonly #options: SessionKeeperOptions;
  /** Oldest first. */
  readonly #live = new Map<string, Live>();
  readonly #reading = new Map<string, Promise<SessionRecord | undefined>>();
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
    if (!live || !this.#isRead(live) || this.#needsCheck(live)) return undefined;
    return this.#use(live);
  }

  async verify(_secret: string, digest: string): Promise<Identity> {
    await this.#read(digest);
    const live = this.#fresh(digest);
    if (live && this.#needsCheck(live)) await this.#check(live);
    const still = this.#fresh(digest);
    if (still) return this.#use(still);
    throw unknownCaller('the session has ended', 'a new sign-in');
  }

  /** A stream that is open keeps no session awake: its time of idleness runs on. */
  look(_secret: string, digest: string): Standing | Promise<Standing> {
    const live = this.#fresh(digest);
    const isRead = live ? this.#isRead(live) : !this.#options.store.isShared;
    if (isRead && !(live && this.#needsCheck(live))) return this.#standing(digest);
    return this.#lookAgain(digest);
  }

  async #lookAgain(digest: string): Promise<Standing> {
    await this.#read(digest);
    const live = this.#fresh(digest);
    if (live && this.#needsCheck(live)) await this.#check(live);
    return this.#standing(digest);
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

  /** Sessions of a user, oldest first. @throws storage_failed, unavailable */
  async ofUser(userId: string): Promise<readonly SessionRecord[]> {
    const { store } = this.#options;
    const all = store.isShared ? await store.sessionsOf(userId) : this.#records();
    return all.filter((record) => record.userId === userId && this.#hasTime(record));
  }

  /** Number of sessions by user. @throws storage_failed, unavailable */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const { store } = this.#options;
    const counts = new Map<string, number>();
    for (const record of store.isShared ? await store.sessions() : this.#records()) {
      if (this.#hasTime(record)) counts.set(record.userId, (counts.get(record.userId) ?? 0) + 1);
    }
    return counts;
  }

  /** Begins a session under a new secret. @throws overloaded, storage_failed */
  async begin({ secrets, ...start }: SessionStart): Promise<{ token: string; record: SessionRecord }> {
    const { settings, clock, box, store } = this.#options;
    this.sweep();
    const own = await this.ofUser(start.userId);
    for (const record of own.slice(0, Math.max(0, own.length + 1 - settings.userSessionMaxCount))) {
      await this.end(record.digest);
    }
    const count = store.isShared ? await store.sessionCount() : this.#live.size;
    if (count >= settings.sessionMaxCount) {
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
    // What a session was in the middle of ends with its secret.
    const { name, word } = this.secretsOf(record);
    const sealed = this.#options.box.seal(PURPOSE, { name, word });
    // Ended first: between the two nobody has a session, and never two secrets one.
    if (!(await this.end(digest))) throw unknownCaller('the session has ended', 'a new sign-in');
    return this.#keep({ ...rest, ...change, sealed, seenAtWallMs: this.#options.clock.wallMs() });
  }

  /** Seals other secrets to a session. @throws unauthenticated (it has ended), storage_failed, unavailable */
  async keepSecrets(digest: string, secrets: SessionSecrets): Promise<void> {
    const sealed = this.#options.box.seal(PURPOSE, secrets);
    await this.#change(digest, { sealed });
    const live = this.#live.get(digest);
    if (!live) throw unknownCaller('the session has ended', 'a new sign-in');
    live.record = { ...live.record, sealed };
  }

  /**
   * Ends a session at once; when it resolves it stays ended after a crash as well. False: it had ended.
   * @throws storage_failed, unavailable
   */
  async end(digest: string): Promise<boolean> {
    this.#forget(digest);
    return this.#options.store.removeSession(digest);
  }

  /** Ends all sessions of a user; gives how many. @throws storage_failed */
  async endAll(userId: string, but?: string): Promise<number> {
    const here = this.#records().filter((record) => record.userId === userId && record.digest !== but);
    for (const { digest } of here) this.#live.delete(digest);
    if (here.length > 0) this.#onChange();
    const { store } = this.#options;
    const ending = store.isShared
      ? (await store.sessionsOf(userId)).filter(({ digest }) => digest !== but)
      : here;
    for (const { digest } of ending) this.#forget(digest);
    for (const { digest } of ending) await this.#options.store.removeSession(digest);
    return ending.length;
  }

  /** Forgets what has ended by time. O(sessions). */
  sweep(): void {
    for (const digest of [...this.#live.keys()]) this.#fresh(digest);
  }

  /** Takes what has ended by time out of a shared store, whoever began it. Never rejects. */
  async removeEnded(): Promise<void> {
    const { store, clock, settings } = this.#options;
    if (!store.isShared) return;
    const nowWallMs = clock.wallMs();
    // Another node writes the time of use a tenth of the idleness late, see `#use`.
    const times = { endedAtWallMs: nowWallMs, seenAtWallMs: nowWallMs - 1.1 * settings.idleMs };
    await store.removeEnded(times).catch((error: unknown) => this.#fault(error));
  }

  #records(): SessionRecord[] {
    return [...this.#live.values()].map(({ record }) => record);
  }

  #forget(digest: string): void {
    // A look-up under way may have seen it before it ended.
    this.#reading.delete(digest);
    if (this.#live.delete(digest)) this.#onChange();
  }

  #isRead({ readAtMs }: Live): boolean {
    const { store, clock } = this.#options;
    return !store.isShared || clock.monotonicMs() - readAtMs < SHARED_MS;
  }

  /** Reads a session of a shared store, once for all who ask at once. @throws storage_failed, unavailable */
  async #read(digest: string): Promise<void> {
    const { store, box } = this.#options;
    const known = this.#live.get(digest);
    if (!store.isShared || (known && this.#isRead(known))) return;
    let reading = this.#reading.get(digest);
    if (!reading) {
      reading = store.session(digest);
      this.#reading.set(digest, reading);
    }
    try {
      const record = await reading;
      if (this.#reading.get(digest) !== reading) return;
      if (!record || box.open(PURPOSE, record.sealed) === undefined) this.#forget(digest);
      else this.#take(record);
    } finally {
      if (this.#reading.get(digest) === reading) this.#reading.delete(digest);
    }
  }

  async #keep(rest: Omit<SessionRecord, 'digest'>): Promise<{ token: string; record: SessionRecord }> {
    const token = toBase64Url(this.#options.secretBytes(TOKEN_BYTES));
    const record = { digest: secretDigest(token), ...rest };
    await this.#options.store.addSession(record);
    this.#take(record);
    return { token, record };
  }

  /** Takes a session as the store has it; of one that is in use here, what is newer here stays. */
  #take(record: SessionRecord): void {
    const { clock, settings, store } = this.#options;
    const readAtMs = clock.monotonicMs();
    const live = this.#live.get(record.digest);
    if (live) {
      const seenAtWallMs = Math.max(live.record.seenAtWallMs, record.seenAtWallMs);
      live.record = { ...record, seenAtWallMs };
      live.identity = identityIn(live.record);
      live.readAtMs = readAtMs;
      return;
    }
    // Others are read again when they are asked for.
    if (store.isShared && this.#live.size >= settings.sessionMaxCount)
      this.#live.delete(this.#live.keys().next().value!);
    this.#live.set(record.digest, {
      record,
      identity: identityIn(record),
      keptSeenAtWallMs: record.seenAtWallMs,
      notBeforeWallMs: 0,
      checking: undefined,
      readAtMs,
    });
  }

  #hasTime({ endsAtWallMs, seenAtWallMs }: SessionRecord): boolean {
    const nowWallMs = this.#options.clock.wallMs();
    return nowWallMs < endsAtWallMs && nowWallMs - seenAtWallMs < this.#options.settings.idleMs;
  }

  #fresh(digest: string): Live | undefined {
    const live = this.#live.get(digest);
    if (!live) return undefined;
    if (this.#hasTime(live.record)) return live;
    // It may have been used at another node meanwhile: the store knows, and is asked.
    if (this.#options.store.isShared) this.#forget(digest);
    else this.#drop(live.record, 'expired');
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
    const { store, clock } = this.#options;
    const ends = [endsAtWallMs, idleAtWallMs];
    if (recheckMs !== 0) ends.push(checkAtWallMs);
    if (store.isShared) ends.push(clock.wallMs() + SHARED_STREAM_MS);
    const lookAtWallMs = Math.min(...ends);
    return { identity: live.identity, lookAtWallMs };
  }

  #use(live: Live): Identity {
    const nowWallMs = this.#options.clock.wallMs();
    live.record = { ...live.record, seenAtWallMs: nowWallMs };
    // A write a call would cost more than the call; a restart may take a tenth off the time of idleness.
    if (nowWallMs - live.keptSeenAtWallMs >= this.#options.settings.idleMs / 10) {
      live.keptSeenAtWallMs = nowWallMs;
      void this.#change(live.record.digest, { seenAtWallMs: nowWallMs }).catch((error: unknown) =>
        this.#fault(error),
      );
    }
    return live.identity;
  }

  /** Writes a change; a session that another node has ended is forgotten. */
  async #change(digest: string, change: SessionChange): Promise<void> {
    if (!(await this.#options.store.changeSession(digest, change))) this.#forget(digest);
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
    const { clock, box, store, recheck } = this.#options;
    const { digest, userId, tenant } = live.record;
    if (store.isShared && !(await this.#claimed(live))) return;
    try {
      const { pending } = this.secretsOf(live.record);
      const word = await recheck(userId, this.secretsOf(live.record));
      if (word.tenant !== tenant) throw unknownCaller('the user is of another tenant now', 'a new sign-in');
      // More than at the sign-in is given by the next one alone, under a new secret.
      const scopes = live.record.scopes.filter((scope) => word.scopes.includes(scope));
      const sealed = box.seal(PURPOSE, { ...word.secrets, pending });
      const change = { scopes, sealed, checkedAtWallMs: clock.wallMs() };
      live.record = { ...live.record, ...change };
      live.identity = identityIn(live.record);
      this.#onChange();
      if (this.#live.get(digest) === live) await this.#change(digest, change);
    } catch (thrown) {
      const error = toWitanError(thrown);
      if ((isSilence(error) || error.code === 'storage_failed') && this.#isPatient(live)) {
        live.notBeforeWallMs = clock.wallMs() + RETRY_MS;
        return;
      }
      this.#drop(live.record, 'provider');
      if (isSilence(error)) throw error;
      throw unknownCaller('the session has ended', 'a new sign-in');
    }
  }

  #isPatient({ record }: Live): boolean {
    const { clock, settings } = this.#options;
    return clock.wallMs() - record.checkedAtWallMs < settings.recheckMs + settings.recheckGraceMs;
  }

  /** False: another node asks the provider; a refresh token works once. @throws unavailable */
  async #claimed(live: Live): Promise<boolean> {
    const { store, clock } = this.#options;
    const { digest, checkedAtWallMs } = live.record;
    if (await store.claimCheck(digest, checkedAtWallMs)) return true;
    live.readAtMs = Number.NEGATIVE_INFINITY;
    if (!this.#isPatient(live)) {
      const details = { retryAfterMs: SHARED_MS };
      throw new WitanError('unavailable', 'another node asks the provider of the session', details);
    }
    live.notBeforeWallMs = clock.wallMs() + SHARED_MS;
    return false;
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
