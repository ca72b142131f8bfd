/**
 * API keys in the key-value store of a cluster: a key that one node made opens the doors of all.
 *
 *     identity.key.<id>             a key
 *     identity.digest.<digest>      which key a digest belongs to: written first, so that it stands for one
 *     identity.credits.<period>.<tenant, hex>   credits used
 */
import { z } from 'zod';
import { IDENTITY_PREFIX } from '../../../contracts/cluster-names.ts';
import { toHex, utf8 } from '../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { changedKey } from '../../kernel/ports/admission/identity-store.ts';
import type {
  ApiKeyChange,
  ApiKeyRecord,
  IdentityStorePort,
} from '../../kernel/ports/admission/identity-store.ts';
import type { KvEntry, KvPort } from '../../kernel/ports/kv.ts';
import { PortLife } from '../port-life.ts';

const wallMs = z.int().min(0);
const StoredKey = z.strictObject({
  format: z.literal('witan-api-key/1'),
  id: z.string().min(1).max(64),
  tenant: z.string().min(1).max(200),
  label: z.string().max(1_000),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  roles: z.array(z.string().max(200)).max(100),
  scopes: z.array(z.string().max(200)).max(200),
  createdAtWallMs: wallMs,
  createdBy: z.string().max(1_000),
  expiresAtWallMs: wallMs.nullable(),
  revokedAtWallMs: wallMs.nullable(),
  successorOf: z.string().max(64).nullable(),
  lastUsedDay: z.int().nullable(),
});

const KEY = `${IDENTITY_PREFIX}key.`;
/** Tries of a change while others change the same key; each failure means that one of them went through. */
const CHANGE_TRIES = 64;

/** {@link IdentityStorePort} over a store that it does not close. */
export class KvIdentityStore implements IdentityStorePort {
  readonly isShared = true;
  readonly #life = new PortLife('identity store');
  readonly #kv: KvPort;

  constructor(kv: KvPort) {
    this.#kv = kv;
  }

  async keys(): Promise<readonly ApiKeyRecord[]> {
    this.#life.assertOpen();
    const entries = await Promise.all((await this.#kv.keys(KEY)).map((key) => this.#kv.get(key)));
    const records = entries.filter((entry) => entry !== undefined).map(recordOf);
    return records.sort(
      (left, right) => left.createdAtWallMs - right.createdAtWallMs || order(left.id, right.id),
    );
  }

  async add(record: ApiKeyRecord): Promise<void> {
    this.#life.assertOpen();
    const { id, digest } = record;
    try {
      if (await this.#kv.get(`${KEY}${id}`)) throw new WitanError('already_exists', 'the id is taken');
      await this.#kv.create(`${IDENTITY_PREFIX}digest.${digest}`, utf8(id));
      await this.#kv.create(`${KEY}${id}`, bytesOf(record));
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'already_exists') throw error;
      throw new WitanError('already_exists', `the key ${id} exists`, { keyId: id }, error);
    }
  }

  async change(id: string, change: ApiKeyChange): Promise<ApiKeyRecord> {
    this.#life.assertOpen();
    const changed = await this.#swap(`${KEY}${id}`, (entry) => {
      if (!entry) throw new WitanError('not_found', `there is no key ${id}`, { keyId: id });
      return bytesOf(changedKey(recordOf(entry), change));
    });
    return recordOf({ key: `${KEY}${id}`, value: changed, revision: 0 });
  }

  async addCredits(tenant: string, period: number, count: number): Promise<number> {
    this.#life.assertOpen();
    const key = `${IDENTITY_PREFIX}credits.${period}.${toHex(utf8(tenant))}`;
    const sum = await this.#swap(key, (entry) => utf8(String(creditsOf(entry) + count)));
    return creditsOf({ key, value: sum, revision: 0 });
  }

  /** The store under it is the cluster's. */
  async close(): Promise<void> {
    this.#life.close();
  }

  /** Compare-and-set until it goes through; gives what stands then. */
  async #swap(key: string, next: (entry: KvEntry | undefined) => Uint8Array): Promise<Uint8Array> {
    for (let tries = 0; tries < CHANGE_TRIES; tries += 1) {
      const entry = await this.#kv.get(key);
      const value = next(entry);
      try {
        if (entry) await this.#kv.update(key, value, entry.revision);
        else await this.#kv.create(key, value);
        return value;
      } catch (error) {
        const code = error instanceof WitanError ? error.code : undefined;
        if (code !== 'stale_writer' && code !== 'already_exists') throw error;
      }
    }
    throw new WitanError('unavailable', `${key} is changed by too many at once`, { key, retryAfterMs: 100 });
  }
}

function bytesOf(record: ApiKeyRecord): Uint8Array {
  return utf8(JSON.stringify({ format: 'witan-api-key/1', ...record }));
}

/** @throws verification_failed */
function recordOf({ key, value }: KvEntry): ApiKeyRecord {
  const stored = StoredKey.safeParse(parsed(value)).data;
  if (stored?.id !== key.slice(KEY.length))
    throw new WitanError('verification_failed', `${key} holds no API key`, { key });
  const { format: _format, ...record } = stored;
  return record;
}

function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    return undefined;
  }
}

/** @throws verification_failed */
function creditsOf(entry: KvEntry | undefined): number {
  if (!entry) return 0;
  const count = parsed(entry.value);
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new WitanError('verification_failed', `${entry.key} holds no count`, { key: entry.key });
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
