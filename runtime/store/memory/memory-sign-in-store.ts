/** Users and sessions in memory: gone with the node. */
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import type { SessionRecord, SignInStorePort, UserRecord } from '../../kernel/ports/sign-in/sign-in-store.ts';
import { PortLife } from '../port-life.ts';

/** {@link SignInStorePort} that lives as long as the object. */
export class MemorySignInStore implements SignInStorePort {
  readonly #life = new PortLife('sign-in store');
  readonly #users = new Map<string, UserRecord>();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #key = randomBytes(32);

  async users(): Promise<readonly UserRecord[]> {
    this.#life.assertOpen();
    return [...this.#users.values()];
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

  async putSession(record: SessionRecord): Promise<void> {
    this.#life.assertOpen();
    this.#sessions.set(record.digest, structuredClone(record));
  }

  async removeSession(digest: string): Promise<void> {
    this.#life.assertOpen();
    this.#sessions.delete(digest);
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
