/** Everything that is no decision in the words of the trail: keys, operators, callers, settings, others. */
import { AuditActor } from '../../messages/audit/entry.ts';
import { describeNotice } from './describe-decision.ts';
import { actionOf, actorOf, categoryOf, fieldsOf, restOf, textOf } from './described-entry.ts';
import type { DescribedEntry, EntryFacts } from './described-entry.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Actions of `admin` entries that are about showing who one is. */
const AUTHENTICATION = /^(sign-|session-|second-factor-|password-)/;

/** A public key's life. */
export function describeKey({ payload }: EntryFacts): DescribedEntry {
  const { purpose, keyId, state, reason } = fieldsOf(payload);
  return {
    action: actionOf('key', state),
    category: 'key',
    actor: { type: 'node', id: textOf(purpose, 'node') },
    output: { key_id: textOf(keyId), state: textOf(state) },
    context: restOf(fieldsOf(payload), 'keyId', 'state', 'reason', 'at'),
    reasoning: typeof reason === 'string' ? [reason] : null,
  };
}

/** What an operator or a person who signs in did. */
export function describeAdmin({ payload }: EntryFacts): DescribedEntry {
  const fields = fieldsOf(payload);
  const action = textOf(fields['action'] ?? fields['event'], 'unknown');
  const isAuthentication = AUTHENTICATION.test(action);
  return {
    action: actionOf(isAuthentication ? 'authentication' : 'admin', action),
    category: statedCategory(fields) ?? (isAuthentication ? 'authentication' : 'admin'),
    actor: actorOf(fields['by'] ?? fields['user']),
    output: null,
    context: restOf(fields, 'action', 'event', 'by', 'at', 'reason'),
    reasoning: reasonsOf(fields),
  };
}

/** Any other entry; one that nobody here knows keeps its own name. */
export function describeEvent(entry: EntryFacts): DescribedEntry {
  const fields = fieldsOf(entry.payload);
  if (typeof fields['notice'] === 'string') return describeNotice(entry);
  if (fields['action'] === 'access-denied') return describeDenial(fields);
  const describe = EVENTS[textOf(fields['event'])];
  if (describe) return describe(fields);
  const name = fields['event'] ?? fields['action'] ?? fields['type'];
  return {
    action: actionOf(name),
    category: statedCategory(fields) ?? 'system',
    actor: actorOf(fields['by'] ?? `node:${textOf(fieldsOf(fields['audit'])['node'], 'self')}`),
    output: null,
    context: restOf(fields, 'event', 'by', 'at', 'reason'),
    reasoning: reasonsOf(fields),
  };
}

const EVENTS: Readonly<Record<string, (fields: Fields) => DescribedEntry>> = {
  'policy-evaluation': (fields) => ({
    action: 'policy.evaluated',
    category: 'policy',
    actor: actorOf(fields['by']),
    output: { effect: textOf(fields['effect']) },
    context: restOf(fields, 'event', 'by', 'at', 'effect'),
  }),
  'audit-event': (fields) => ({
    action: actionOf(fields['eventType']),
    category: 'outside',
    actor: { type: 'ai', id: textOf(fields['agentId'], 'unknown') },
    output: { result: textOf(fields['result']) },
    context: restOf(
      fields,
      'event',
      'eventType',
      'agentId',
      'result',
      'at',
      'sealed',
      'subjectTags',
      'keyPeriod',
    ),
  }),
  'audit-log': describeLogged,
};

/** What a caller put on the record through `POST /api/v1/audit/log`. */
function describeLogged(fields: Fields): DescribedEntry {
  const { confidence, reasoning, output, input } = fields;
  const actor = AuditActor.safeParse(fields['actor']);
  return {
    action: actionOf(fields['actionType']),
    category: 'outside',
    actor: actor.success ? actor.data : actorOf(fields['by']),
    systemId: textOf(fields['systemId']) || undefined,
    decisionId: textOf(fields['aboutDecision']) || undefined,
    input,
    isSensitive: fields['sensitive'] !== false,
    output: output ?? null,
    context: { ...fieldsOf(fields['context']), recorded_for: textOf(fields['by'], 'unknown') },
    reasoning: Array.isArray(reasoning) ? (reasoning as string[]) : null,
    confidence: typeof confidence === 'number' ? confidence : null,
    reviewedBy: textOf(fields['reviewedBy']) || null,
  };
}

function describeDenial(fields: Fields): DescribedEntry {
  const { code, by, operation, count } = fields;
  const byCode = { unauthenticated: 'authentication', permission_denied: 'authorisation' } as const;
  const category = Object.hasOwn(byCode, String(code)) ? byCode[code as keyof typeof byCode] : 'security';
  return {
    action: 'access.denied',
    category,
    actor: actorOf(by),
    output: { code: textOf(code), count: typeof count === 'number' ? count : 1 },
    context: restOf(fields, 'action', 'by', 'code', 'count'),
    reasoning: [`${textOf(operation)} was refused: ${textOf(code)}`],
  };
}

function statedCategory(fields: Fields): DescribedEntry['category'] | undefined {
  return categoryOf(fieldsOf(fields['audit'])['category']);
}

function reasonsOf(fields: Fields): string[] | null {
  return typeof fields['reason'] === 'string' ? [fields['reason']] : null;
}
