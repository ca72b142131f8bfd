/** Users that the node knows: changed one after the other, written before they count; of a shared store, read anew. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { SignInStorePort, UserRecord } from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';

/** Fields of a user that a change may set. */
export type UserChange = Partial<
  Pick<UserRecord, 'disabledAtWallMs' | 'password' | 'setUp' | 'factor' | 'roles' | 'tenant'>
>;

/** Other nodes that may change one user between our reading and our writing, before it is given up. */
const OVERTAKEN_MAX_COUNT = 8;

/** See the file's head. What `found` gives is as old as the last `read` of the user. */
export class UserBook {
  readonly #store: SignInStorePort;
  readonly #maxCount: number;
  readonly #users: Map<string, UserRecord>;
  #last: Promise<unknown> = Promise.resolve();

  /** @param users All of them; of a shared store, none. */
  constructor(store: SignInStorePort, users: readonly UserRecord[], maxCount: number) {
    this.#store = store;
    this.#maxCount = maxCount;
    this.#users = new Map(users.map((user) => [user.id, user]));
  }

  /** Users that were read. */
  get size(): number {
    return this.#users.size;
  }

  found(id: string): UserRecord | undefined {
    return this.#users.get(id);
  }

  /** The user as it is now. @throws storage_failed, unavailable */
  async read(id: string): Promise<UserRecord | undefined> {
    if (!this.#store.isShared) return this.#users.get(id);
    return this.#noted(id, await this.#store.user(id));
  }

  /** User whose set-up token has this digest. @throws storage_failed, unavailable */
  async readBySetUp(digest: string): Promise<UserRecord | undefined> {
    if (!this.#store.isShared) return [...this.#users.values()].find(({ setUp }) => setUp?.digest === digest);
    const user = await this.#store.userOfSetUp(digest);
    return user && this.#noted(user.id, user);
  }

  /** @throws storage_failed, unavailable */
  async readAll(): Promise<readonly UserRecord[]> {
    return this.#store.isShared ? this.#store.users() : [...this.#users.values()];
  }

  /** @throws already_exists, overloaded, storage_failed, unavailable */
  add(user: Omit<UserRecord, 'revision'>): Promise<UserRecord> {
    return this.#inTurn(async () => {
      if (await this.read(user.id)) throw taken();
      if ((await this.#store.userCount()) >= this.#maxCount) {
        throw new WitanError('overloaded', 'no more users are taken', { path: 'signIn.userMaxCount' });
      }
      return this.#put({ ...user, revision: 0 }).catch((error: unknown) => {
        throw toWitanError(error).code === 'stale_writer' ? taken() : error;
      });
    });
  }

  /**
   * Changes a user by what it is at its turn; undefined leaves it as it is. `change` is asked again when
   * another node was faster.
   * @throws not_found, storage_failed, unavailable, stale_writer, and what `change` throws
   */
  change(id: string, change: (user: UserRecord) => UserChange | undefined): Promise<UserRecord> {
    return this.#inTurn(async () => {
      for (let overtakenCount = 0; ; overtakenCount += 1) {
        const user = await this.read(id);
        if (!user) throw new WitanError('not_found', 'there is no such user', { path: 'id' });
        const changed = change(user);
        if (!changed) return user;
        try {
          return await this.#put({ ...user, ...changed, revision: user.revision + 1 });
        } catch (error) {
          const isOvertaken = toWitanError(error).code === 'stale_writer' && this.#store.isShared;
          if (!isOvertaken || overtakenCount >= OVERTAKEN_MAX_COUNT) throw error;
        }
      }
    });
  }

  #noted(id: string, user: UserRecord | undefined): UserRecord | undefined {
    this.#users.delete(id);
    if (user) this.#users.set(id, user);
    if (this.#users.size > this.#maxCount) this.#users.delete(this.#users.keys().next().value!);
    return user;
  }

  async #put(user: UserRecord): Promise<UserRecord> {
    await this.#store.putUser(user);
    this.#users.set(user.id, user);
    return user;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function taken(): WitanError {
  return new WitanError('already_exists', 'there is a user of this name', { path: 'name' });
}
