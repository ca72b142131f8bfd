/**
 * Grammar of subjects: what is published where. No text of a user ever stands in a subject.
 *
 *     witan.<tenant>.decision.<decisionId>.<event>      each event of a decision's stream
 *     witan.<tenant>.platform.<capability>.<event>      what a capability says of its own work
 *     witan.v1.<operation>                              requests to the NATS door (`decision.evaluate`)
 *     witan.v1.stream.<door>.<stream>                   what the client of an open stream says to the door
 *
 * A tenant may hold dots, which separate tokens in a subject, so its dots are written `%2E`. A tenant named
 * like a version of the requests (`v1`) has its first letter written `%76`: whoever may read the events of
 * such a tenant reads nobody's requests.
 */
import { WitanError } from './errors.ts';
import { DecisionId, TenantId } from './messages/ids.ts';
import { OPERATIONS } from './operations.ts';
import type { OperationName } from './operations.ts';

/** First token of every subject of ours. */
export const SUBJECT_ROOT = 'witan';

/** First tokens of every request; the version is that of the messages, not of the program. */
export const REQUEST_ROOT = `${SUBJECT_ROOT}.v1`;

/** Events of a decision's stream, as they stand in subjects. */
export const DECISION_SUBJECT_EVENTS = [
  'opened',
  'step',
  'round-opened',
  'seat-thinking',
  'ballot',
  'tally',
  'seat-absent',
  'ballot-refused',
  'seat-restarted',
  'round-closed',
  'final',
  'late-ballot',
  'advisory-ballot',
  'resolution',
] as const;

/** See {@link DECISION_SUBJECT_EVENTS}. */
export type DecisionSubjectEvent = (typeof DECISION_SUBJECT_EVENTS)[number];

/** A subject, taken apart. */
export type ParsedSubject =
  | {
      readonly kind: 'decision';
      readonly tenant: string;
      readonly decisionId: DecisionId;
      readonly event: DecisionSubjectEvent;
    }
  | {
      readonly kind: 'platform';
      readonly tenant: string;
      readonly capability: string;
      readonly event: string;
    };

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Subject of one event of a decision. @throws invalid_argument
 * @example decisionSubject('acme', 'd0123456789abcdef0123456789abcdef', 'final')
 *   // 'witan.acme.decision.d0123456789abcdef0123456789abcdef.final'
 */
export function decisionSubject(tenant: string, decisionId: string, event: DecisionSubjectEvent): string {
  if (!DecisionId.safeParse(decisionId).success) throw refused('decisionId', 'd followed by 32 hex digits');
  if (!DECISION_SUBJECT_EVENTS.includes(event)) throw refused('event', DECISION_SUBJECT_EVENTS.join(', '));
  return `${SUBJECT_ROOT}.${tenantToken(tenant)}.decision.${decisionId}.${event}`;
}

/** Subject of an event of a capability (`safety`, `checked`). @throws invalid_argument */
export function platformSubject(tenant: string, capability: string, event: string): string {
  if (!NAME.test(capability)) throw refused('capability', 'kebab-case, 1 to 40 characters');
  if (!NAME.test(event)) throw refused('event', 'kebab-case, 1 to 40 characters');
  return `${SUBJECT_ROOT}.${tenantToken(tenant)}.platform.${capability}.${event}`;
}

/**
 * Pattern for subscribing to decisions: of one tenant or all, one decision or all, one event or all.
 * @throws invalid_argument
 */
export function decisionPattern(
  filter: { tenant?: string; decisionId?: string; event?: DecisionSubjectEvent } = {},
): string {
  const tenant = filter.tenant === undefined ? '*' : tenantToken(filter.tenant);
  if (filter.decisionId !== undefined && !DecisionId.safeParse(filter.decisionId).success) {
    throw refused('decisionId', 'd followed by 32 hex digits');
  }
  return `${SUBJECT_ROOT}.${tenant}.decision.${filter.decisionId ?? '*'}.${filter.event ?? '*'}`;
}

/** Takes a subject apart. @throws invalid_argument for anything that this grammar does not produce */
export function parseSubject(subject: string): ParsedSubject {
  const [root, tenantText, kind, id, event, ...rest] = subject.split('.');
  if (
    root !== SUBJECT_ROOT ||
    tenantText === undefined ||
    id === undefined ||
    event === undefined ||
    rest.length > 0
  ) {
    throw refused(
      'subject',
      'witan.<tenant>.decision.<id>.<event> or witan.<tenant>.platform.<capability>.<event>',
    );
  }
  const tenant = tenantText.replaceAll('%2E', '.').replace(/^%76/, 'v');
  if (kind === 'decision') {
    const known = DECISION_SUBJECT_EVENTS.find((name) => name === event);
    if (!known || decisionSubject(tenant, id, known) !== subject)
      throw refused('subject', 'a decision subject');
    return { kind, tenant, decisionId: DecisionId.parse(id), event: known };
  }
  if (kind !== 'platform' || platformSubject(tenant, id, event) !== subject)
    throw refused('subject', 'a known subject');
  return { kind, tenant, capability: id, event };
}

/** Subject on which the NATS door takes requests of an operation. */
export function requestSubject(operation: OperationName): string {
  return `${REQUEST_ROOT}.${operation}`;
}

/** Operation of a request's subject. @throws invalid_argument */
export function requestOperation(subject: string): OperationName {
  const name = subject.startsWith(`${REQUEST_ROOT}.`) ? subject.slice(REQUEST_ROOT.length + 1) : '';
  if (Object.hasOwn(OPERATIONS, name)) return name as OperationName;
  throw refused('subject', `${REQUEST_ROOT}. and the name of an operation`);
}

/**
 * Subject on which a door hears the client of one stream; both ids are 32 hex digits, so that nobody guesses
 * them. @throws invalid_argument
 */
export function streamSubject(doorId: string, streamId: string): string {
  if (!STREAM_PART.test(streamId)) throw refused('streamId', '32 hex digits');
  return `${streamPattern(doorId).slice(0, -1)}${streamId}`;
}

/** Pattern of all streams of one door. @throws invalid_argument */
export function streamPattern(doorId: string): string {
  if (!STREAM_PART.test(doorId)) throw refused('doorId', '32 hex digits');
  return `${REQUEST_ROOT}.stream.${doorId}.*`;
}

const STREAM_PART = /^[0-9a-f]{32}$/;

function tenantToken(tenant: string): string {
  if (!TenantId.safeParse(tenant).success) throw refused('tenant', 'lower-case letters, digits, . _ -');
  return tenant.replace(/^v(?=\d+$)/, '%76').replaceAll('.', '%2E');
}

function refused(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `not a part of a subject: ${path}`, { path, expected });
}
