/** Keys for those who are no actors: doors and the embedding host. */
import type { ApiKeyRequest, ApiKeyView, MadeApiKey } from '../../../contracts/messages/identity/keys.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { ApiKeyRecord } from '../../../runtime/kernel/ports/admission/identity-store.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import type { Gate } from './gate.ts';
import type { GateMessage, KeyChange, KeyReply, MadeKey } from './messages.ts';

/** Where the client finds the gate and its actor. */
export interface KeyClientOptions {
  readonly gate: Pick<Gate, 'snapshot'>;
  readonly actor: () => ActorRef<GateMessage>;
  readonly clock: Clock;
  readonly localTenant: string;
}

/** Calls of `/platform/gate` as promises. The gate has checked the scopes of the principal before. */
export interface KeyClient {
  /** Keys of the principal's tenant, oldest first; of every tenant for the node's own administrators. */
  list(principal: Principal): readonly ApiKeyView[];
  /** @throws permission_denied, invalid_argument, storage_failed, unavailable */
  create(request: ApiKeyRequest, principal: Principal): Promise<MadeApiKey>;
  /** @throws not_found, conflict, permission_denied, storage_failed, unavailable */
  rotate(id: string, graceMs: number | undefined, principal: Principal): Promise<MadeApiKey>;
  /** @throws not_found, storage_failed, unavailable */
  revoke(id: string, reason: string, principal: Principal): Promise<ApiKeyView>;
  /** @throws conflict, unauthenticated, storage_failed, unavailable */
  bootstrap(token: string | undefined, principal: Principal): Promise<MadeApiKey>;
}

const ASK_MS = 10_000;
const DAY_MS = 86_400_000;

/** Makes a client. The actor is found anew each time, so that a restarted one is found. */
export function createKeyClient({ gate, actor, clock, localTenant }: KeyClientOptions): KeyClient {
  const ask = (change: KeyChange): Promise<KeyReply> =>
    query(actor(), (replyTo: ActorRef<KeyReply>) => ({ ...change, replyTo }), { timeoutMs: ASK_MS });
  const make = async (change: KeyChange): Promise<MadeApiKey> => {
    const reply = await ask(change);
    if (reply.type === 'key-made') return madeView(reply.made, clock.wallMs());
    throw reply.type === 'failed' ? reply.error : new TypeError('not an answer to a new key');
  };
  return {
    list: ({ tenant }) =>
      gate.snapshot.records
        .filter((record) => record.tenant === tenant || tenant === localTenant)
        .map((record) => keyView(record, clock.wallMs())),
    create: (request, by) => make({ type: 'create-key', by, request }),
    rotate: (id, graceMs, by) =>
      make({ type: 'rotate-key', by, id, ...(graceMs !== undefined && { graceMs }) }),
    bootstrap: (token, by) => make({ type: 'bootstrap', by, token }),
    async revoke(id, reason, by) {
      const reply = await ask({ type: 'revoke-key', by, id, reason });
      if (reply.type === 'key-changed') return keyView(reply.record, clock.wallMs());
      throw reply.type === 'failed' ? reply.error : new TypeError('not an answer to a revocation');
    },
  };
}

function madeView({ record, text }: MadeKey, nowWallMs: number): MadeApiKey {
  return { ...keyView(record, nowWallMs), key: text };
}

function keyView(record: ApiKeyRecord, nowWallMs: number): ApiKeyView {
  const { id, tenant, label, createdBy, successorOf, expiresAtWallMs, revokedAtWallMs, lastUsedDay } = record;
  const time = (wallMs: number | null): string | null =>
    wallMs === null ? null : new Date(wallMs).toISOString();
  const isOver = expiresAtWallMs !== null && expiresAtWallMs <= nowWallMs;
  return {
    id,
    tenant,
    label,
    roles: [...record.roles],
    scopes: [...record.scopes],
    state: revokedAtWallMs !== null ? 'revoked' : isOver ? 'expired' : 'active',
    createdAt: time(record.createdAtWallMs)!,
    createdBy,
    expiresAt: time(expiresAtWallMs),
    revokedAt: time(revokedAtWallMs),
    successorOf,
    lastUsedOn: lastUsedDay === null ? null : time(lastUsedDay * DAY_MS)!.slice(0, 10),
  };
}
