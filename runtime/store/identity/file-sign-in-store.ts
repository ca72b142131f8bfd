/** Users and sessions on files: one synced file each, for the owner of the node alone. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { changedSession } from '../../kernel/ports/sign-in/sign-in-store.ts';
import type {
  SessionChange,
  SessionRecord,
  SignInStorePort,
  UserRecord,
} from '../../kernel/ports/sign-in/sign-in-store.ts';
import { assertNext, hasEnded, sessionExists, sessionsOf } from '../memory/memory-sign-in-store.ts';
import { PortLife } from '../port-life.ts';
import { makePrivateFolder, removeSyncedFile, writeSyncedFile } from '../synced-file.ts';
import { sealKeyIn } from './seal-key.ts';

const Wall = z.number();
const Hex = z.string().regex(/^[0-9a-f]{64}$/);

const UserFile = z.strictObject({
  format: z.literal('witan-user/1'),
  id: z.string(),
  tenant: z.string(),
  roles: z.array(z.string()),
  createdAtWallMs: Wall,
  disabledAtWallMs: Wall.nullable(),
  password: z.string().nullable(),
  setUp: z.strictObject({ digest: Hex, endsAtWallMs: Wall }).nullable(),
  factor: z
    .strictObject({
      sealed: z.string(),
      confirmedAtWallMs: Wall,
      lastStep: z.int(),
      recovery: z.array(z.string()),
    })
    .nullable(),
  revision: z.int().min(0),
});

const SessionFile = z.strictObject({
  format: z.literal('witan-session/1'),
  digest: Hex,
  userId: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  factor: z.enum(['not-needed', 'needed', 'done']),
  beganAtWallMs: Wall,
  endsAtWallMs: Wall,
  seenAtWallMs: Wall,
  checkedAtWallMs: Wall,
  sealed: z.string(),
});

const USER_SUFFIX = '.user.json';
const SESSION_SUFFIX = '.session.json';

/** {@link SignInStorePort} of one node. The folder belongs to the node that holds the lock of its log. */
export class FileSignInStore implements SignInStorePort {
  readonly isShared = false;
  readonly #life = new PortLife('sign-in store');
  readonly #folder: string;
  readonly #users = new Map<string, UserRecord>();
  readonly #sessions = new Map<string, SessionRecord>();
  #key: Uint8Array = new Uint8Array();
  /** Writes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a folder, or makes it. @throws storage_failed, verification_failed for a damaged file */
  static async open(folder: string): Promise<FileSignInStore> {
    const store = new FileSignInStore(folder);
    await makePrivateFolder(folder);
    await store.#load();
    return store;
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

  putUser(record: UserRecord): Promise<void> {
    return this.#inTurn(async () => {
      assertNext(this.#users.get(record.id), record);
      await this.#write(nameOf(record.id) + USER_SUFFIX, { format: 'witan-user/1', ...record });
      this.#users.set(record.id, structuredClone(record));
    });
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

  addSession(record: SessionRecord): Promise<void> {
    return this.#inTurn(() => {
      if (this.#sessions.has(record.digest)) throw sessionExists();
      return this.#putSession(record);
    });
  }

  changeSession(digest: string, change: SessionChange): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = this.#sessions.get(digest);
      if (record) await this.#putSession(changedSession(record, change));
      return record !== undefined;
    });
  }

  async claimCheck(digest: string, checkedAtWallMs: number): Promise<boolean> {
    this.#life.assertOpen();
    return this.#sessions.get(digest)?.checkedAtWallMs === checkedAtWallMs;
  }

  removeSession(digest: string): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#sessions.has(digest)) return false;
      await removeSyncedFile(join(this.#folder, digest + SESSION_SUFFIX));
      return this.#sessions.delete(digest);
    });
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
    await this.#last.catch(() => undefined);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = (): Promise<T> => {
      this.#life.assertOpen();
      return work();
    };
    const turn = this.#last.then(next, next);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #putSession(record: SessionRecord): Promise<void> {
    await this.#write(record.digest + SESSION_SUFFIX, { format: 'witan-session/1', ...record });
    this.#sessions.set(record.digest, structuredClone(record));
  }

  #write(name: string, value: object): Promise<void> {
    return writeSyncedFile(join(this.#folder, name), `${JSON.stringify(value)}\n`);
  }

  async #load(): Promise<void> {
    const names = await readdir(this.#folder);
    for (const name of names.filter((one) => one.endsWith(USER_SUFFIX))) {
      const { format: _format, ...record } = await this.#read(name, UserFile);
      if (name !== nameOf(record.id) + USER_SUFFIX) throw damaged(name, undefined);
      this.#users.set(record.id, record);
    }
    for (const name of names.filter((one) => one.endsWith(SESSION_SUFFIX))) {
      const { format: _format, ...record } = await this.#read(name, SessionFile);
      if (name !== record.digest + SESSION_SUFFIX) throw damaged(name, undefined);
      this.#sessions.set(record.digest, record);
    }
    this.#key = await sealKeyIn(this.#folder);
  }

  async #read<T>(name: string, form: z.ZodType<T>): Promise<T> {
    const text = await this.#text(name);
    try {
      return form.parse(JSON.parse(text));
    } catch (cause) {
      throw damaged(name, cause);
    }
  }

  async #text(name: string): Promise<string> {
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (cause) {
      throw new WitanError('storage_failed', `${name} could not be read`, { path: name }, cause);
    }
  }
}

/** Subjects of a provider may hold what no file name may. */
function nameOf(userId: string): string {
  return createHash('sha256').update(userId).digest('hex');
}

function damaged(name: string, cause: unknown): WitanError {
  const details = { path: name, expected: 'a file of the form that this node writes' };
  return new WitanError('verification_failed', `${name} is damaged`, details, cause);
}
