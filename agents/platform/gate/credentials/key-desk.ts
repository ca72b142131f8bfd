/** Changes of stored keys: who may make which, recorded first, then done. */
import type { Settings } from '../../../../config/schema.ts';
import { TenantName } from '../../../../config/sections/identity.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { SCOPES } from '../../../../contracts/operations.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type {
  ApiKeyRecord,
  IdentityStorePort,
} from '../../../../runtime/kernel/ports/admission/identity-store.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { scopesOf } from '../access/scopes-of-roles.ts';
import type { KeyRequest, MadeKey } from '../messages.ts';
import { makeApiKey, secretDigest } from './api-key.ts';
import type { SecretBytes } from './api-key.ts';
import type { IdentitySnapshot } from './identity-snapshot.ts';

/** Where the one-time token lies that lets a caller from elsewhere make the first administrator. */
export interface BootstrapToken {
  /** Undefined: there is none. */
  read(): Promise<string | undefined>;
  /** Keeps it for the owner of the node's files alone. */
  write(token: string): Promise<void>;
  remove(): Promise<void>;
}

/** What the desk works with. */
export interface KeyDeskPorts {
  readonly store: IdentityStorePort;
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly settings: Settings['identity'];
  /** Null: only this machine may make the first administrator. */
  readonly bootstrapToken: BootstrapToken | null;
  snapshot(): IdentitySnapshot;
}

type Body = Pick<ApiKeyRecord, 'tenant' | 'label' | 'roles' | 'scopes' | 'expiresAtWallMs' | 'successorOf'>;

const DAY_MS = 86_400_000;
const RESERVED_TENANTS = ['system', 'anonymous'];

/** See the file's head. One change at a time: the gate's actor calls it. */
export class KeyDesk {
  readonly #ports: KeyDeskPorts;

  constructor(ports: KeyDeskPorts) {
    this.#ports = ports;
  }

  /** @throws permission_denied, invalid_argument, storage_failed, unavailable */
  async create(by: Principal, request: KeyRequest): Promise<MadeKey> {
    const { settings, clock } = this.#ports;
    const { tenant = by.tenant, label = '', roles = [], scopes = [] } = request;
    this.#checkNames({ tenant, roles, scopes });
    this.#checkReach(by, { tenant, roles, scopes });
    const lifeMs = (request.lifeDays ?? settings.keyLifeDays) * DAY_MS;
    const expiresAtWallMs = clock.wallMs() + lifeMs;
    return this.#make(by, 'key-create', { tenant, label, roles, scopes, expiresAtWallMs, successorOf: null });
  }

  /**
   * Makes the successor of a key; the key itself ends after the grace time.
   * @throws not_found, conflict (it has ended, or has a successor), permission_denied, storage_failed
   */
  async rotate(by: Principal, id: string, graceMs = this.#ports.settings.keyGraceMs): Promise<MadeKey> {
    const { clock, store } = this.#ports;
    const record = this.#recordOf(by, id);
    this.#checkReach(by, record);
    const nowMs = clock.wallMs();
    const hasEnded = record.revokedAtWallMs !== null || (record.expiresAtWallMs ?? Infinity) <= nowMs;
    if (hasEnded) throw conflict(id, 'the key has ended', 'a key that still works');
    if (this.#ports.snapshot().records.some((other) => other.successorOf === id)) {
      throw conflict(id, 'the key was rotated before', 'its successor');
    }
    const { tenant, label, roles, scopes, expiresAtWallMs, createdAtWallMs } = record;
    const lifeMs = expiresAtWallMs === null ? null : expiresAtWallMs - createdAtWallMs;
    const made = await this.#make(by, 'key-rotate', {
      tenant,
      label,
      roles,
      scopes,
      expiresAtWallMs: lifeMs === null ? null : nowMs + lifeMs,
      successorOf: id,
    });
    await store.change(id, { expiresAtWallMs: nowMs + graceMs });
    return made;
  }

  /** Ends a key at once; ending it again changes nothing. @throws not_found, permission_denied, storage_failed */
  async revoke(by: Principal, id: string, reason: string): Promise<ApiKeyRecord> {
    const { clock, store } = this.#ports;
    const record = this.#recordOf(by, id);
    if (record.revokedAtWallMs !== null) return record;
    await this.#audit(by, { action: 'key-revoke', key: id, tenant: record.tenant, reason });
    return store.change(id, { revokedAtWallMs: clock.wallMs() });
  }

  /**
   * Makes the first administrator of the node, once.
   * @throws conflict (there is one), unauthenticated (neither this machine nor the right token)
   */
  async bootstrap(by: Principal, token: string | undefined): Promise<MadeKey> {
    const { settings, clock, bootstrapToken } = this.#ports;
    if (this.isAdministered()) {
      throw new WitanError('conflict', 'the node has an administrator', {
        expected: 'an administrator’s key, or a node without one',
      });
    }
    const isOwn = by.id === 'local' && by.scopes.includes('identity:admin');
    if (!isOwn || token !== undefined) await this.#checkToken(token);
    const made = await this.#make(by, 'key-bootstrap', {
      tenant: settings.localTenant,
      label: 'first administrator',
      roles: ['administrator'],
      scopes: [],
      expiresAtWallMs: clock.wallMs() + settings.keyLifeDays * DAY_MS,
      successorOf: null,
    });
    await bootstrapToken?.remove();
    return made;
  }

  /** Whether some credential that works now may administer identity. */
  isAdministered(): boolean {
    return this.#ports.snapshot().administeredUntilWallMs > this.#ports.clock.wallMs();
  }

  /** Makes the one-time token where it is needed and absent, and takes it away where it is not needed. */
  async keepToken(): Promise<void> {
    const { bootstrapToken, secretBytes } = this.#ports;
    if (!bootstrapToken) return;
    if (this.isAdministered()) return bootstrapToken.remove();
    if ((await bootstrapToken.read()) === undefined) await bootstrapToken.write(makeApiKey(secretBytes).text);
  }

  async #checkToken(token: string | undefined): Promise<void> {
    const kept = await this.#ports.bootstrapToken?.read();
    // Digests are compared: how far two of them agree says nothing of the token.
    if (kept !== undefined && token !== undefined && secretDigest(kept) === secretDigest(token)) return;
    throw new WitanError('unauthenticated', 'the first administrator is made by this machine or by token', {
      path: 'token',
      expected: 'the text of the file bootstrap-token in the data folder',
    });
  }

  async #make(by: Principal, action: string, body: Body): Promise<MadeKey> {
    const { clock, secretBytes, store } = this.#ports;
    const { id, text, digest } = makeApiKey(secretBytes);
    const { tenant, roles, scopes, successorOf } = body;
    await this.#audit(by, { action, key: id, tenant, roles, scopes, successorOf });
    const record: ApiKeyRecord = {
      id,
      digest,
      ...body,
      createdAtWallMs: clock.wallMs(),
      createdBy: by.id,
      revokedAtWallMs: null,
      lastUsedDay: null,
    };
    await store.add(record);
    return { record, text };
  }

  async #audit(by: Principal, payload: { readonly tenant: string } & Record<string, unknown>): Promise<void> {
    const at = new Date(this.#ports.clock.wallMs()).toISOString();
    await this.#ports.ledger.append({
      kind: 'admin',
      tenant: payload.tenant,
      payload: { ...payload, by: by.id, at },
    });
  }

  /** Keys of other tenants do not exist for a caller, but for administrators of the node's own tenant. */
  #recordOf(by: Principal, id: string): ApiKeyRecord {
    const record = this.#ports.snapshot().records.find((one) => one.id === id);
    if (record && this.#reaches(by, record.tenant)) return record;
    throw new WitanError('not_found', `there is no key ${id}`, { path: 'id', expected: 'the id of a key' });
  }

  #reaches(by: Principal, tenant: string): boolean {
    return tenant === by.tenant || by.tenant === this.#ports.settings.localTenant;
  }

  /** Nobody hands out, or gets hold of, more than they have. */
  #checkReach(by: Principal, asked: Pick<ApiKeyRecord, 'tenant' | 'roles' | 'scopes'>): void {
    if (!this.#reaches(by, asked.tenant)) {
      throw new WitanError('permission_denied', 'keys of another tenant are not yours to make', {
        path: 'tenant',
        expected: by.tenant,
      });
    }
    const beyond = scopesOf(this.#ports.settings.roles, asked).filter((scope) => !by.scopes.includes(scope));
    if (beyond.length === 0) return;
    throw new WitanError('permission_denied', 'a key cannot hold scopes that its maker lacks', {
      path: 'scopes',
      expected: `none of ${beyond.join(', ')}`,
    });
  }

  #checkNames({ tenant, roles, scopes }: Pick<ApiKeyRecord, 'tenant' | 'roles' | 'scopes'>): void {
    const isTenant = TenantName.safeParse(tenant).success && !RESERVED_TENANTS.includes(tenant);
    if (!isTenant) throw invalid('tenant', 'the name of a tenant: lower-case letters, digits, . _ -');
    for (const role of roles) {
      if (Object.hasOwn(this.#ports.settings.roles, role)) continue;
      throw invalid('roles', `some of ${Object.keys(this.#ports.settings.roles).join(', ')}`);
    }
    for (const scope of scopes) {
      if (!(SCOPES as readonly string[]).includes(scope))
        throw invalid('scopes', `some of ${SCOPES.join(', ')}`);
    }
    if (roles.length + scopes.length === 0) throw invalid('roles', 'at least one role or scope');
  }
}

function invalid(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `the key cannot be made: ${path}`, { path, expected });
}

function conflict(id: string, message: string, expected: string): WitanError {
  return new WitanError('conflict', message, { path: 'id', keyId: id, expected });
}
