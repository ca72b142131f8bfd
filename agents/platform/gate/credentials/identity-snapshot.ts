/** Every key and certificate that is known now, by digest: read by each call, replaced whole by each change. */
import type { Settings } from '../../../../config/schema.ts';
import type { ApiKeyRecord } from '../../../../runtime/kernel/ports/admission/identity-store.ts';
import { scopesOf } from '../access/scopes-of-roles.ts';
import { identityOf } from './identity.ts';
import type { Identity } from './identity.ts';

/** Immutable after it was made. */
export interface IdentitySnapshot {
  /** By the 64 hex digits of the secret's SHA-256. */
  readonly keys: ReadonlyMap<string, Identity>;
  readonly certificates: ReadonlyMap<string, Identity>;
  /** Stored keys, oldest first. */
  readonly records: readonly ApiKeyRecord[];
  /** False: the stored keys could not be read yet, and a key that is not here may be right. */
  readonly isComplete: boolean;
  /** When the last administrator's key ends; `-Infinity`: there is none. */
  readonly administeredUntilWallMs: number;
}

type IdentitySettings = Pick<Settings['identity'], 'apiKeys' | 'certificates' | 'roles'>;

/**
 * Builds the look-up of configured and stored keys. O(keys). A revoked key is not in it.
 * @param records null: the stored keys are not known
 */
export function snapshotOf(
  settings: IdentitySettings,
  records: readonly ApiKeyRecord[] | null,
): IdentitySnapshot {
  const keys = new Map<string, Identity>();
  for (const { digest, id, tenant, scopes, roles } of settings.apiKeys) {
    const principal = { id: `key:${id}`, tenant, scopes: scopesOf(settings.roles, { roles, scopes }) };
    keys.set(plain(digest), identityOf('api-key', principal));
  }
  const isComplete = records !== null;
  for (const record of records ?? []) {
    if (record.revokedAtWallMs !== null) continue;
    const { id, tenant } = record;
    const principal = { id: `key:${id}`, tenant, scopes: scopesOf(settings.roles, record) };
    const expiresAtWallMs = record.expiresAtWallMs ?? Number.POSITIVE_INFINITY;
    keys.set(record.digest, identityOf('api-key', principal, { expiresAtWallMs, keyId: id }));
  }
  const certificates = new Map<string, Identity>();
  for (const { digest, id, tenant, scopes, roles } of settings.certificates) {
    const principal = { id: `node:${id}`, tenant, scopes: scopesOf(settings.roles, { roles, scopes }) };
    certificates.set(plain(digest), identityOf('certificate', principal));
  }
  let administeredUntilWallMs = Number.NEGATIVE_INFINITY;
  for (const identity of [...keys.values(), ...certificates.values()]) {
    if (!identity.scopes.has('identity:admin')) continue;
    administeredUntilWallMs = Math.max(administeredUntilWallMs, identity.expiresAtWallMs);
  }
  return { keys, certificates, records: records ?? [], isComplete, administeredUntilWallMs };
}

function plain(digest: string): string {
  return digest.startsWith('sha256:') ? digest.slice(7) : digest;
}
