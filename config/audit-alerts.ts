/** Rules of alarm over the trail: data (AUD-08). */
import type { AuditCategory } from '../contracts/messages/audit/event-kinds.ts';

/** A rule is met when this much of what it matches happened within its window. */
export interface AlertRule {
  readonly id: string;
  /** Sentence for whoever is called. */
  readonly summary: string;
  /** Action, whole, or its beginning with `*` at the end. */
  readonly action?: string;
  readonly category?: AuditCategory;
  readonly minCount: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;

/** Rules of every node. */
export const ALERT_RULES: readonly AlertRule[] = [
  {
    id: 'many-refusals',
    summary: 'Calls were refused again and again within a minute.',
    action: 'access.denied',
    minCount: 20,
    windowMs: MINUTE_MS,
  },
  {
    id: 'key-revoked',
    summary: 'A signing key was revoked.',
    action: 'key.revoked',
    minCount: 1,
    windowMs: MINUTE_MS,
  },
  {
    id: 'events-lost',
    summary: 'Events did not fit into the trail and are told as a number.',
    action: 'audit-overload',
    minCount: 1,
    windowMs: MINUTE_MS,
  },
  {
    id: 'actors-fail',
    summary: 'Actors of the node crash repeatedly.',
    action: 'actor-failed',
    minCount: 5,
    windowMs: 5 * MINUTE_MS,
  },
  {
    id: 'actor-commanded',
    summary: 'An operator stopped or paused an actor.',
    action: 'admin.actor-*',
    minCount: 1,
    windowMs: MINUTE_MS,
  },
  {
    id: 'ballots-refused',
    summary: 'Ballots were refused: a seat or an outside agent signs what it should not.',
    action: 'ballot.refused',
    minCount: 3,
    windowMs: 5 * MINUTE_MS,
  },
  {
    id: 'configuration-changed',
    summary: 'The node runs with other settings than before.',
    action: 'configuration-change',
    minCount: 1,
    windowMs: MINUTE_MS,
  },
];
