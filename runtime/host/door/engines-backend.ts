/** What stands behind the endpoints of the policy and audit engines: the policy actor and the record. */
import { randomBytes } from 'node:crypto';
import type { PolicyClient } from '../../../agents/platform/policy/policy-client.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { AuditEventRequest, AuditReceipt } from '../../../contracts/messages/engines/audit-event.ts';
import type { PolicyInput } from '../../../contracts/messages/engines/policy.ts';
import type { DecisionId, Digest } from '../../../contracts/messages/ids.ts';
import { parseDecisionRequest } from '../../../contracts/parse-message.ts';
import type { EnginesBackend, PolicyEvaluation } from '../../../transport/door/backend.ts';
import type { Clock } from '../../kernel/clock.ts';
import { digestOf } from '../../kernel/crypto/digest.ts';
import { mayDecide } from '../../kernel/ports/identity.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import type { LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';
import type { SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import { digestInEvent, sealEvent } from '../../store/privacy/sealed-event.ts';
import { KeyedAppends } from './keyed-appends.ts';
import { requireScope } from './require-scope.ts';

/** What the engines answer from. */
export interface EngineParts {
  readonly policy: PolicyClient;
  readonly ledger: LedgerPort;
  readonly subjectKeys: SubjectKeysPort;
  readonly clock: Clock;
}

type AppendOptions = Parameters<EnginesBackend['appendEvent']>[1];

/** See {@link EnginesBackend}. */
export class NodeEngines implements EnginesBackend {
  readonly #parts: EngineParts;
  readonly #keyed: KeyedAppends;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#keyed = new KeyedAppends(parts.ledger);
  }

  async evaluatePolicy(input: PolicyInput, principal: Principal): Promise<PolicyEvaluation> {
    requireScope(principal, 'policy:evaluate');
    const { policy, ledger } = this.#parts;
    const { action, text, context, risk_level } = input;
    if (!mayDecide(principal, action)) {
      throw new WitanError('permission_denied', 'a rule does not allow this type of decision', {
        path: 'input.action',
      });
    }
    const facts = text === undefined && context === undefined ? { context: { action } } : { text, context };
    const request = parseDecisionRequest(definedOnly({ type: action, risk_level, ...facts }));
    const { answer, policy: inForce } = await policy.ask(request, input.constitutional_hash);
    const { effect, revision, rules, reasons } = answer;
    const payload = {
      event: 'policy-evaluation',
      by: principal.id,
      action,
      inputDigest: digestOf(input),
      effect,
      revision,
      rules,
      at: this.#now(),
    };
    const { logId, index } = await ledger.append({ kind: 'event', tenant: principal.tenant, payload });
    const result = {
      allow: effect === 'allow',
      effect,
      evaluated: 'policy-alone' as const,
      constitutional_hash: inForce.constitutionHash as Digest,
      revision: revision as Digest,
      rules: [...rules],
      reasons: [...reasons],
    };
    return { result, logId, index };
  }

  async appendEvent(event: AuditEventRequest, options: AppendOptions): Promise<AuditReceipt> {
    requireScope(options.principal, 'audit:append');
    const { principal, idempotencyKey } = options;
    if (idempotencyKey === undefined) {
      const eventId = `e${randomBytes(16).toString('hex')}`;
      return receiptOf(await this.#append(event, { principal, eventId }), eventId, this.#parts.ledger.logId);
    }
    const entry = await this.#keyed.append({
      tenant: principal.tenant,
      key: `audit-event:${idempotencyKey}`,
      digest: digestOf(event),
      append: (id) => this.#append(event, { principal, eventId: `e${id.slice(1)}`, id }),
      digestIn: (first) => digestInEvent(this.#parts.subjectKeys, first),
    });
    const { eventId } = entry.payload as { readonly eventId: string };
    return receiptOf(entry, eventId, this.#parts.ledger.logId);
  }

  async #append(
    event: AuditEventRequest,
    { principal, eventId, id }: { principal: Principal; eventId: string; id?: DecisionId },
  ): Promise<LedgerEntry> {
    const { ledger, subjectKeys, clock } = this.#parts;
    const { event_type: eventType, agent_id: agentId, action, result, metadata = {}, subjects } = event;
    const words = { eventDigest: digestOf(event), agentId, action, result, metadata };
    const { tenant } = principal;
    const said = subjects
      ? await sealEvent(subjectKeys, { tenant, subjects, wallMs: clock.wallMs() }, words)
      : words;
    const by = { by: principal.id, at: this.#now() };
    const { entry } = await ledger.append({
      kind: 'event',
      tenant,
      ...(id !== undefined && { decisionId: id }),
      payload: { event: 'audit-event', eventId, eventType, ...said, ...by },
    });
    return entry;
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}

function receiptOf(entry: LedgerEntry, eventId: string, logId: string): AuditReceipt {
  return {
    event_id: eventId,
    hash: entry.leafHash as Digest,
    timestamp: new Date(entry.atWallMs).toISOString(),
    ingested: true,
    log_id: logId,
    index: entry.index,
  };
}

function definedOnly(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
