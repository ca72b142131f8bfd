/** What doors ask of the trail, answered from log and index; scopes and tenants are checked here. */
import { WitanError } from '../../../../contracts/errors.ts';
import type { AuditEntry } from '../../../../contracts/messages/audit/entry.ts';
import type { AuditLogRequest } from '../../../../contracts/messages/audit/requests.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { AuditBackend, AuditFollower } from '../../../../transport/door/audit-backend.ts';
import { digestOf } from '../../../kernel/crypto/digest.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { SubjectKeysPort } from '../../../kernel/ports/crypto/subject-keys.ts';
import type { DecisionIndexPort } from '../../../kernel/ports/decision/decision-index.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';
import { digestInEvent, sealEvent } from '../../../store/privacy/sealed-event.ts';
import { KeyedAppends } from '../../door/keyed-appends.ts';
import { requireScope } from '../../door/require-scope.ts';
import type { LiveTrail } from './live-trail.ts';
import type { EntryReader } from './entry-reader.ts';
import type { InputSalt } from './input-salt.ts';
import { searchFilterOf } from './search-filter.ts';

/** Parts of a node that the trail is answered from. */
export interface AuditParts {
  readonly ledger: LedgerPort;
  readonly index: DecisionIndexPort;
  /** Brings the index up to the end of the log. */
  readonly syncIndex: () => Promise<void>;
  readonly reader: EntryReader;
  readonly salt: InputSalt;
  readonly live: LiveTrail;
  readonly subjectKeys: SubjectKeysPort;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Tenant whose operators see what belongs to the node itself. */
  readonly localTenant: string;
}

/** Entries that a follower is caught up with. */
const CATCH_UP_COUNT = 1_000;

/** See {@link AuditBackend}. */
export class NodeAudit implements AuditBackend {
  readonly #parts: AuditParts;
  readonly #keyed: KeyedAppends;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#keyed = new KeyedAppends(parts.ledger);
  }

  log: AuditBackend['log'] = async (request, { principal, idempotencyKey }) => {
    requireScope(principal, 'audit:append');
    await this.#checkDecision(request.decision_id, principal);
    const eventDigest = digestOf(request);
    const { subjectKeys } = this.#parts;
    const digest = this.#hashed(principal, eventDigest);
    const append = async (id?: DecisionId): Promise<LedgerEntry> => {
      const payload = await this.#payloadOf(request, principal, digest);
      const { entry } = await this.#parts.ledger.append({
        kind: 'event',
        tenant: principal.tenant,
        ...(id !== undefined && { decisionId: id }),
        payload,
      });
      return entry;
    };
    if (idempotencyKey === undefined) return this.#parts.reader.formOf(await append());
    const { tenant } = principal;
    const entry = await this.#keyed.append({
      tenant,
      key: `audit-log:${idempotencyKey}`,
      digest,
      append,
      digestIn: (first) => digestInEvent(subjectKeys, first),
    });
    return this.#parts.reader.formOf(entry);
  };

  entry: AuditBackend['entry'] = async (logId, principal) => {
    requireScope(principal, 'audit:read');
    const { reader } = this.#parts;
    return reader.anchoredFormOf(await reader.find(logId, this.#tenantsOf(principal)));
  };

  proof: AuditBackend['proof'] = async (logId, principal) => {
    requireScope(principal, 'audit:read');
    const { reader } = this.#parts;
    return reader.proofOf(await reader.find(logId, this.#tenantsOf(principal)));
  };

  search: AuditBackend['search'] = async ({ cursor, limit, ...filter }, principal) => {
    requireScope(principal, 'audit:read');
    const { index, syncIndex, reader, ledger } = this.#parts;
    const wanted = searchFilterOf(filter, { tenants: this.#tenantsOf(principal), logName: ledger.logId });
    await syncIndex();
    const { items, nextCursor } = await index.audit.search(wanted, { cursor, limit });
    return { items: await Promise.all(items.map((row) => reader.at(row.index))), nextCursor };
  };

  follow: AuditBackend['follow'] = async ({ principal, after }, follower) => {
    requireScope(principal, 'audit:read');
    const tenants = this.#tenantsOf(principal);
    // What happens while older entries are read waits, so that nobody sees an entry twice or out of turn.
    const waiting: (() => void)[] = [];
    let seenUpTo = after ?? -1;
    let isCaughtUp = false;
    const inTurn = (tell: () => void): void => (isCaughtUp ? tell() : void waiting.push(tell));
    const leave = this.#parts.live.subscribe(tenants, {
      onEntry: (event) => inTurn(() => void (event.index > seenUpTo && follower.onEntry(event))),
      onAlert: (alert) => inTurn(() => follower.onAlert(alert)),
    });
    if (after !== undefined) seenUpTo = await this.#catchUp(after, tenants, follower);
    isCaughtUp = true;
    for (const tell of waiting.splice(0)) tell();
    return leave;
  };

  async #catchUp(after: number, tenants: readonly string[], follower: AuditFollower): Promise<number> {
    const { ledger, live } = this.#parts;
    const size = ledger.size();
    const from = Math.max(after + 1, size - CATCH_UP_COUNT);
    for await (const entry of ledger.read(from)) {
      if (tenants.includes(entry.tenant)) follower.onEntry(live.eventOf(entry));
      if (entry.index + 1 >= size) break;
    }
    return Math.max(after, size - 1);
  }

  /** A caller's own entries; the node's own for its operators. */
  #tenantsOf({ tenant, scopes }: Principal): readonly string[] {
    const isOperator = tenant === this.#parts.localTenant && scopes.includes('operator:read');
    return isOperator ? [tenant, 'system'] : [tenant];
  }

  async #checkDecision(decisionId: DecisionId | undefined, { tenant }: Principal): Promise<void> {
    if (decisionId === undefined) return;
    const entries = await this.#parts.ledger.byDecision(decisionId);
    if (entries.find(({ kind }) => kind === 'opened')?.tenant === tenant) return;
    throw new WitanError('not_found', `there is no decision ${decisionId}`, {
      path: 'decision_id',
      expected: 'a recorded decision',
    });
  }

  /** What stands on the record: of a sensitive input its hash alone; of what concerns persons, noise. */
  async #payloadOf(
    request: AuditLogRequest,
    { tenant, id }: Principal,
    eventDigest: string,
  ): Promise<Record<string, unknown>> {
    const { subjectKeys, clock } = this.#parts;
    const wallMs = clock.wallMs();
    const { action_type, actor, system_id, decision_id, input, sensitive = true } = request;
    const { output, context, reasoning, confidence, reviewed_by, subjects } = request;
    const about = { actionType: action_type, systemId: system_id, aboutDecision: decision_id, sensitive };
    const words = definedOnly({
      eventDigest,
      actor,
      // Sealed, it needs no hash: without the keys it says nothing.
      input:
        input === undefined || !sensitive || subjects
          ? input
          : { hmac: this.#parts.salt.hash(tenant, input) },
      output,
      context,
      reasoning,
      confidence,
      reviewedBy: reviewed_by,
    });
    const said = subjects ? await sealEvent(subjectKeys, { tenant, subjects, wallMs }, words) : words;
    const by = { by: id, at: new Date(wallMs).toISOString() };
    return { event: 'audit-log', ...definedOnly(about), ...said, ...by };
  }

  /** A plain digest of the request would be a plain hash of what it hides. */
  #hashed(
    { tenant }: Principal,
    digest: AuditEntry['record']['leaf_hash'],
  ): AuditEntry['record']['leaf_hash'] {
    return `sha256:${this.#parts.salt.hash(tenant, digest)}` as AuditEntry['record']['leaf_hash'];
  }
}

function definedOnly(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
