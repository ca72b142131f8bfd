/** The trail as doors see it: entries made, read, searched, proven and followed. */
import type { AuditEntry, AuditProof } from '../../contracts/messages/audit/entry.ts';
import type {
  AuditAlert,
  AuditLogRequest,
  AuditSearchFilter,
  AuditStreamEvent,
} from '../../contracts/messages/audit/requests.ts';
import type { Page } from '../../contracts/messages/decision-view.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { PageRequest } from './backend.ts';

/** Told of entries and alarms; nothing waits for it. */
export interface AuditFollower {
  onEntry(event: AuditStreamEvent): void;
  onAlert(alert: AuditAlert): void;
}

/** Every method checks scopes; a tenant sees its own entries, operators of the node also the node's. */
export interface AuditBackend {
  /**
   * Resolves when the entry is durable. The same key with the same entry gives the same one.
   * @throws not_found (the decision), conflict (the key came with another entry), overloaded, storage_failed
   */
  log(
    request: AuditLogRequest,
    options: { readonly principal: Principal; readonly idempotencyKey?: string | undefined },
  ): Promise<AuditEntry>;
  /** @throws not_found, also for another tenant's */
  entry(logId: string, principal: Principal): Promise<AuditEntry>;
  /** The entry with the proof of its record: holds the record whole. @throws not_found */
  proof(logId: string, principal: Principal): Promise<AuditProof>;
  /** Newest first. @throws invalid_argument for a cursor that is none */
  search(filter: AuditSearchFilter & PageRequest, principal: Principal): Promise<Page<AuditEntry>>;
  /**
   * Entries after the index `after`, at most 1,000 of them, then live. Resolves with an unsubscribe.
   * @throws invalid_argument
   */
  follow(
    options: { readonly principal: Principal; readonly after?: number | undefined },
    follower: AuditFollower,
  ): Promise<() => void>;
}
