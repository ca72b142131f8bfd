/** What an entry of the log says, before it gets ids, hashes and a signature. */
import type { AuditActor } from '../../messages/audit/entry.ts';
import { AUDIT_CATEGORIES } from '../../messages/audit/event-kinds.ts';
import type { AuditCategory } from '../../messages/audit/event-kinds.ts';
import type { JsonValue } from '../../messages/decision.ts';
import type { StoredEntry } from '../leaf.ts';

/** The part of an entry that a description is made from; its payload may be of a newer or foreign node. */
export type EntryFacts = Pick<StoredEntry, 'index' | 'atWallMs' | 'kind' | 'tenant'> & {
  readonly decisionId?: string | undefined;
  readonly payload: unknown;
  /** `sha256:` + hex. */
  readonly leafHash: string;
};

/** See the file's head. */
export interface DescribedEntry {
  readonly action: string;
  readonly category: AuditCategory;
  readonly actor: AuditActor;
  /** Absent: the log of the node. */
  readonly systemId?: string | undefined;
  /** Decision that it names beside the one that it belongs to. */
  readonly decisionId?: string | undefined;
  /** As it stands on the record; undefined: it has none. */
  readonly input?: unknown;
  /** False: the input may be shown as it is (default true). */
  readonly isSensitive?: boolean;
  readonly output?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly reasoning?: readonly string[] | null;
  readonly confidence?: number | null;
  readonly reviewedBy?: string | null;
  readonly isOversight?: boolean;
}

/** An object, or an empty one for anything else: payloads of others are not trusted to have a shape. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A text of bounded length, or the fallback. */
export function textOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : fallback;
}

/** Word of an action: lower-case letters, digits, `.`, `_` and `-`. */
export function actionOf(...words: readonly unknown[]): string {
  const text = words
    .map((word) => textOf(word, 'unknown').toLowerCase())
    .map((word) => word.replaceAll(/[^a-z0-9._-]+/g, '-'))
    .join('.');
  return (/^[a-z]/.test(text) ? text : `a.${text}`).slice(0, 100);
}

/** The category of that name; undefined for anything else. */
export function categoryOf(value: unknown): AuditCategory | undefined {
  return AUDIT_CATEGORIES.find((category) => category === value);
}

/** Who stands behind a principal's id. */
export function actorOf(id: unknown): AuditActor {
  const name = textOf(id, 'unknown');
  if (/^user[:#]/.test(name)) return { type: 'human', id: name };
  return { type: name.startsWith('node:') ? 'node' : 'service', id: name };
}

/** The rest of a payload as JSON, without the fields that stand elsewhere in the entry. */
export function restOf(
  payload: Readonly<Record<string, unknown>>,
  ...said: readonly string[]
): Record<string, JsonValue> {
  const left = Object.entries(payload).filter(
    ([key, value]) => value !== undefined && key !== 'audit' && !said.includes(key),
  );
  return Object.fromEntries(left) as Record<string, JsonValue>;
}
