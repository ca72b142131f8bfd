/** Users that the node knows: read once at start, changed one after the other, written before they count. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { SignInStorePort, UserRecord } from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';

/** Fields of a user that a change may set. */
export type UserChange = Partial<
  Pick<UserRecord, 'disabledAtWallMs' | 'password' | 'setUp' | 'factor' | 'roles' | 'tenant'>
>;

/** See the file's head. */
export class UserBook {
  readonly #store: SignInStorePort;
  readonly #maxCount: number;
  readonly #users: Map<string, UserRecord>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: SignInStorePort, users: readonly UserRecord[], maxCount: number) {
    this.#store = store;
    this.#maxCount = maxCount;
    this.#users = new Map(users.map((user) => [user.id, user]));
  }

  get size(): number {
    return this.#users.size;
  }

  find(id: string): UserRecord | undefined {
    return this.#users.get(id);
  }

  all(): IterableIterator<UserRecord> {
    return this.#users.values();
  }

  /** @throws already_exists, overloaded, storage_failed */
  add(user: Omit<UserRecord, 'revision'>): Promise<UserRecord> {
    return this.#inTurn(async () => {
      if (this.#users.has(user.id)) {
        throw new WitanError('already_exists', 'there is a user of this name', { path: 'name' });
      }
      if (this.#users.size >= this.#maxCount) {
        throw new WitanError('overloaded', 'no more users are taken', { path: 'signIn.userMaxCount' });
      }
      return this.#put({ ...user, revision: 0 });
    });
  }

  /**
   * Changes a user by what it is at its turn; undefined leaves it as it is.
   * @throws not_found, storage_failed, and what `change` throws
   */
  change(id: string, change: (user: UserRecord) => UserChange | undefined): Promise<UserRecord> {
    return this.#inTurn(async () => {
      const user = this.#users.get(id);
      if (!user) throw new WitanError('not_found', 'there is no such user', { path: 'id' });
      const changed = change(user);
      return changed ? this.#put({ ...user, ...changed, revision: user.revision + 1 }) : user;
    });
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
