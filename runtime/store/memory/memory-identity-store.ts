/** API keys in memory: gone with the node. */
import { WitanError } from '../../../contracts/errors.ts';
import { changedKey } from '../../kernel/ports/admission/identity-store.ts';
import type {
  ApiKeyChange,
  ApiKeyRecord,
  IdentityStorePort,
} from '../../kernel/ports/admission/identity-store.ts';
import { PortLife } from '../port-life.ts';

/** {@link IdentityStorePort} that lives as long as the object. */
export class MemoryIdentityStore implements IdentityStorePort {
  readonly isShared = false;
  readonly #life = new PortLife('identity store');
  readonly #keys = new Map<string, ApiKeyRecord>();
  readonly #credits = new Map<string, number>();

  async keys(): Promise<readonly ApiKeyRecord[]> {
    this.#life.assertOpen();
    return [...this.#keys.values()];
  }

  async add(record: ApiKeyRecord): Promise<void> {
    this.#life.assertOpen();
    for (const { id, digest } of this.#keys.values()) {
      if (id !== record.id && digest !== record.digest) continue;
      throw new WitanError('already_exists', `the key ${record.id} exists`, { keyId: record.id });
    }
    this.#keys.set(record.id, structuredClone(record));
  }

  async change(id: string, change: ApiKeyChange): Promise<ApiKeyRecord> {
    this.#life.assertOpen();
    const record = this.#keys.get(id);
    if (!record) throw new WitanError('not_found', `there is no key ${id}`, { keyId: id });
    const changed = changedKey(record, change);
    this.#keys.set(id, changed);
    return changed;
  }

  async addCredits(tenant: string, period: number, count: number): Promise<number> {
    this.#life.assertOpen();
    const key = `${period} ${tenant}`;
    const sum = (this.#credits.get(key) ?? 0) + count;
    this.#credits.set(key, sum);
    return sum;
  }

  async close(): Promise<void> {
    this.#life.close();
  }
}
