/** Entries and alarms as they happen, for those who follow (AUD-08). */
import { AlertBook } from '../../../../agents/platform/audit/events/alert-book.ts';
import type { AuditTrail } from '../../../../agents/platform/audit/events/trail.ts';
import { ALERT_RULES } from '../../../../config/audit-alerts.ts';
import { auditBody, describeEntry } from '../../../../contracts/ledger/audit/audit-entry.ts';
import { fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import type { AuditAlert, AuditStreamEvent } from '../../../../contracts/messages/audit/requests.ts';
import type { AuditFollower } from '../../../../transport/door/audit-backend.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { LedgerEntry } from '../../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { EVENTS_PATH } from './make-trail.ts';

/** What it is made from. */
export interface LiveTrailParts {
  readonly trail: Pick<AuditTrail, 'subscribe' | 'note'>;
  readonly logName: string;
  readonly clock: Clock;
  readonly telemetry: TelemetryPort;
}

interface Following {
  readonly tenants: readonly string[];
  readonly follower: AuditFollower;
}

/** Its alarms are the node's own: followers of the tenant whose entry met the rule see them, and operators. */
export class LiveTrail {
  readonly #parts: LiveTrailParts;
  readonly #following = new Set<Following>();
  readonly #alerts = new AlertBook(ALERT_RULES);
  readonly #leave: () => void;

  constructor(parts: LiveTrailParts) {
    this.#parts = parts;
    this.#leave = parts.trail.subscribe((entry) => this.#take(entry));
  }

  /** Tells `follower` of entries of `tenants` from now on. Returns an unsubscribe. */
  subscribe(tenants: readonly string[], follower: AuditFollower): () => void {
    const following = { tenants, follower };
    this.#following.add(following);
    return () => void this.#following.delete(following);
  }

  /** An entry as followers see it. */
  eventOf(entry: LedgerEntry): AuditStreamEvent {
    const { logName } = this.#parts;
    const inputOf = (): { form: 'plain'; value: null } => ({ form: 'plain', value: null });
    const body = auditBody(entry, { logName, sha256, inputOf });
    const { log_id, timestamp, system_id, decision_id, action_type, category, actor, compliance } = body;
    const said = { log_id, timestamp, system_id, decision_id, action_type, category, actor, compliance };
    return { ...said, index: entry.index };
  }

  /** Ends it. */
  close(): void {
    this.#leave();
    this.#following.clear();
  }

  #take(entry: LedgerEntry): void {
    let event: AuditStreamEvent | undefined;
    for (const { tenants, follower } of this.#following) {
      if (tenants.includes(entry.tenant)) follower.onEntry((event ??= this.eventOf(entry)));
    }
    // Decisions are most of the record, and no rule is about their plain course.
    if (entry.kind !== 'opened' && entry.kind !== 'final') this.#watch(entry);
  }

  #watch(entry: LedgerEntry): void {
    const { action, category, output } = describeEntry(entry);
    const { count } = fieldsOf(output);
    const facts = { action, category, count: typeof count === 'number' ? count : 1 };
    for (const { rule, count: metCount } of this.#alerts.note(facts, this.#parts.clock.monotonicMs())) {
      const { log_id, timestamp } = this.eventOf(entry);
      const { id, summary } = rule;
      this.#tell(entry.tenant, { rule: id, summary, count: metCount, log_id, timestamp });
    }
  }

  #tell(tenant: string, alert: AuditAlert): void {
    const { trail, telemetry } = this.#parts;
    telemetry.count('audit_alerts', 1, { rule: alert.rule });
    telemetry.log('warn', EVENTS_PATH, alert.summary, { rule: alert.rule, count: alert.count });
    const { timestamp: at, ...said } = alert;
    const payload = { event: 'audit-alert', ...said, at, audit: { category: 'security' } };
    trail.note({ kind: 'event', tenant, payload });
    for (const { tenants, follower } of this.#following) {
      if (tenants.includes(tenant)) follower.onAlert(alert);
    }
  }
}
