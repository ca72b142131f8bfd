/** API keys on files: one synced file per key, so that a key outlives a power cut. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { changedKey } from '../../kernel/ports/admission/identity-store.ts';
import type {
  ApiKeyChange,
  ApiKeyRecord,
  IdentityStorePort,
} from '../../kernel/ports/admission/identity-store.ts';
import { PortLife } from '../port-life.ts';
import { makePrivateFolder, writeSyncedFile } from '../synced-file.ts';

const Wall = z.number().nullable();

const KeyFile = z.strictObject({
  format: z.literal('witan-api-key/1'),
  id: z.string().regex(/^[0-9a-v]{16}$/),
  tenant: z.string(),
  label: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
  createdAtWallMs: z.number(),
  createdBy: z.string(),
  expiresAtWallMs: Wall,
  revokedAtWallMs: Wall,
  successorOf: z.string().nullable(),
  lastUsedDay: z.int().nullable(),
});

const CreditFile = z.strictObject({
  format: z.literal('witan-credits/1'),
  period: z.int(),
  used: z.record(z.string(), z.number()),
});

const SUFFIX = '.api-key.json';
const CREDIT_FILE = 'credits.json';

/**
 * {@link IdentityStorePort} of one node. The folder belongs to the node that holds the lock of its log. Only
 * the newest period of credits is kept.
 */
export class FileIdentityStore implements IdentityStorePort {
  readonly isShared = false;
  readonly #life = new PortLife('identity store');
  readonly #folder: string;
  readonly #keys = new Map<string, ApiKeyRecord>();
  #credits: { period: number; used: Map<string, number> } = { period: 0, used: new Map() };
  /** Writes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a folder, or makes it. @throws storage_failed, verification_failed for a damaged file */
  static async open(folder: string): Promise<FileIdentityStore> {
    const store = new FileIdentityStore(folder);
    await makePrivateFolder(folder);
    await store.#load();
    return store;
  }

  async keys(): Promise<readonly ApiKeyRecord[]> {
    this.#life.assertOpen();
    return [...this.#keys.values()];
  }

  add(record: ApiKeyRecord): Promise<void> {
    return this.#inTurn(async () => {
      for (const { id, digest } of this.#keys.values()) {
        if (id !== record.id && digest !== record.digest) continue;
        throw new WitanError('already_exists', `the key ${record.id} exists`, { keyId: record.id });
      }
      await this.#write(record);
    });
  }

  change(id: string, change: ApiKeyChange): Promise<ApiKeyRecord> {
    return this.#inTurn(async () => {
      const record = this.#keys.get(id);
      if (!record) throw new WitanError('not_found', `there is no key ${id}`, { keyId: id });
      const changed = changedKey(record, change);
      await this.#write(changed);
      return changed;
    });
  }

  addCredits(tenant: string, period: number, count: number): Promise<number> {
    return this.#inTurn(async () => {
      const { period: kept, used } = this.#credits;
      // A clock that went back must not open a period that is over.
      const next = { period: Math.max(kept, period), used: new Map(period > kept ? [] : used) };
      const sum = (next.used.get(tenant) ?? 0) + count;
      if (count === 0) return sum;
      next.used.set(tenant, sum);
      const file = { format: 'witan-credits/1', period: next.period, used: Object.fromEntries(next.used) };
      await writeSyncedFile(join(this.#folder, CREDIT_FILE), `${JSON.stringify(file)}\n`);
      this.#credits = next;
      return sum;
    });
  }

  async close(): Promise<void> {
    this.#life.close();
    await this.#last.catch(() => undefined);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(
      () => (this.#life.assertOpen(), work()),
      () => (this.#life.assertOpen(), work()),
    );
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #write(record: ApiKeyRecord): Promise<void> {
    const text = `${JSON.stringify({ format: 'witan-api-key/1', ...record }, null, 2)}\n`;
    await writeSyncedFile(join(this.#folder, record.id + SUFFIX), text);
    this.#keys.set(record.id, structuredClone(record));
  }

  async #load(): Promise<void> {
    const names = await readdir(this.#folder);
    const records: ApiKeyRecord[] = [];
    for (const name of names.filter((one) => one.endsWith(SUFFIX))) {
      const { format: _format, ...record } = await this.#read(name, KeyFile);
      if (name !== record.id + SUFFIX) throw damaged(name, undefined);
      records.push(record);
    }
    records.sort((left, right) => left.createdAtWallMs - right.createdAtWallMs);
    for (const record of records) this.#keys.set(record.id, record);
    if (!names.includes(CREDIT_FILE)) return;
    const { period, used } = await this.#read(CREDIT_FILE, CreditFile);
    this.#credits = { period, used: new Map(Object.entries(used)) };
  }

  async #read<T>(name: string, form: z.ZodType<T>): Promise<T> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch((cause: unknown) => {
      throw new WitanError('storage_failed', `${name} could not be read`, { path: name }, cause);
    });
    try {
      return form.parse(JSON.parse(text));
    } catch (cause) {
      throw damaged(name, cause);
    }
  }
}

function damaged(name: string, cause: unknown): WitanError {
  const details = { path: name, expected: 'a file of the form that this node writes' };
  return new WitanError('verification_failed', `${name} is damaged`, details, cause);
}
