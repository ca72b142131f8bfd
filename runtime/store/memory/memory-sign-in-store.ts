/** Users and sessions in memory: gone with the node. */
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import { changedSession } from '../../kernel/ports/sign-in/sign-in-store.ts';
import type {
  SessionChange,
  SessionRecord,
  SignInStorePort,
  UserRecord,
} from '../../kernel/ports/sign-in/sign-in-store.ts';
import { PortLife } from '../port-life.ts';

/** {@link SignInStorePort} that lives as long as the object. */
export class MemorySignInStore implements SignInStorePort {
  readonly isShared: boolean;
  readonly #life = new PortLife('sign-in store');
  readonly #users = new Map<string, UserRecord>();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #claims = new Map<string, number>();
  readonly #key = randomBytes(32);

  /** @param isShared Several nodes of one process use it, as a model of a database. */
  constructor({ isShared = false }: { readonly isShared?: boolean } = {}) {
    this.isShared = isShared;
  }

  async users(): Promise<readonly UserRecord[]> {
    this.#life.assertOpen();
    return [...this.#users.values()];
  }

  async user(id: string): Promise<UserRecord | undefined> {
    this.#life.assertOpen();
    return this.#users.get(id);
  }

  async userOfSetUp(digest: string): Promise<UserRecord | undefined> {
    return (await this.users()).find(({ setUp }) => setUp?.digest === digest);
  }

  async userCount(): Promise<number> {
    this.#life.assertOpen();
    return this.#users.size;
  }

  async putUser(record: UserRecord): Promise<void> {
    this.#life.assertOpen();
    assertNext(this.#users.get(record.id), record);
    this.#users.set(record.id, structuredClone(record));
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    this.#life.assertOpen();
    return [...this.#sessions.values()];
  }

  async session(digest: string): Promise<SessionRecord | undefined> {
    this.#life.assertOpen();
    return this.#sessions.get(digest);
  }

  async sessionsOf(userId: string): Promise<readonly SessionRecord[]> {
    return sessionsOf(await this.sessions(), userId);
  }

  async sessionCount(): Promise<number> {
    this.#life.assertOpen();
    return this.#sessions.size;
  }

  async addSession(record: SessionRecord): Promise<void> {
    this.#life.assertOpen();
    if (this.#sessions.has(record.digest)) throw sessionExists();
    this.#sessions.set(record.digest, structuredClone(record));
  }

  async changeSession(digest: string, change: SessionChange): Promise<boolean> {
    this.#life.assertOpen();
    const record = this.#sessions.get(digest);
    if (record) this.#sessions.set(digest, changedSession(record, change));
    return record !== undefined;
  }

  async claimCheck(digest: string, checkedAtWallMs: number): Promise<boolean> {
    this.#life.assertOpen();
    if (this.#sessions.get(digest)?.checkedAtWallMs !== checkedAtWallMs) return false;
    if (this.#claims.get(digest) === checkedAtWallMs && this.isShared) return false;
    this.#claims.set(digest, checkedAtWallMs);
    return true;
  }

  async removeSession(digest: string): Promise<boolean> {
    this.#life.assertOpen();
    this.#claims.delete(digest);
    return this.#sessions.delete(digest);
  }

  async removeEnded(times: Parameters<SignInStorePort['removeEnded']>[0]): Promise<void> {
    for (const record of await this.sessions()) {
      if (hasEnded(record, times)) await this.removeSession(record.digest);
    }
  }

  async sealKey(): Promise<Uint8Array> {
    this.#life.assertOpen();
    return this.#key;
  }

  async close(): Promise<void> {
    this.#life.close();
  }
}

/** Refuses a record that does not follow the kept one. @throws stale_writer */
export function assertNext(kept: UserRecord | undefined, next: UserRecord): void {
  const expected = kept === undefined ? 0 : kept.revision + 1;
  if (next.revision === expected) return;
  throw new WitanError('stale_writer', 'the user was changed meanwhile', { expected: String(expected) });
}

/** Those of one user, oldest first. */
export function sessionsOf(sessions: readonly SessionRecord[], userId: string): SessionRecord[] {
  const own = sessions.filter((record) => record.userId === userId);
  return own.sort((left, right) => left.beganAtWallMs - right.beganAtWallMs);
}

/** Whether a session ended, or was last seen, at or before these times. */
export function hasEnded(
  { endsAtWallMs, seenAtWallMs }: SessionRecord,
  times: Parameters<SignInStorePort['removeEnded']>[0],
): boolean {
  return endsAtWallMs <= times.endedAtWallMs || seenAtWallMs <= times.seenAtWallMs;
}

/** Two secrets with one digest: a programmer's error, or a copy of a session. */
export function sessionExists(): WitanError {
  return new WitanError('already_exists', 'there is a session of this digest', { path: 'digest' });
}
