/**
 * Checks what a writer hands to a ledger and freezes it: the payload becomes text before anything is awaited.
 */
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import { MAX_ENTRY_BYTES, StoredEntry } from '../../../contracts/ledger/leaf.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { isFrozenDeep } from '../../kernel/frozen.ts';
import type { LedgerEntryInput, LedgerEntryKind } from '../../kernel/ports/ledger.ts';

/** Kinds of which a decision has at most one. */
export type UniqueKind = 'opened' | 'final';

/** An input as the ledger keeps it until its place is known. */
export interface FrozenInput {
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  readonly decisionId: DecisionId | undefined;
  /** Canonical JSON of tenant and payload. */
  readonly tenantText: string;
  readonly payloadText: string;
  /** The payload itself where it can never change: readers of the receipt get it without a second parse. */
  readonly given: unknown;
  /** Set when the decision may have only one entry of this kind. */
  readonly unique: UniqueKind | undefined;
  /** What a second `opened` is compared by. */
  readonly decisionDigest: string | undefined;
}

// Schemas would cost more than the hash of the entry: they are read once.
const KINDS: ReadonlySet<string> = new Set(StoredEntry.shape.kind.options);
const DECISION_ID = /^d[0-9a-f]{32}$/;
const LIMITS = { maxLength: MAX_ENTRY_BYTES };

/**
 * Freezes an input. Later changes by the caller do not reach the log.
 * @throws invalid_argument, too_deep, too_large with `details.path`
 */
export function freezeInput(input: LedgerEntryInput): FrozenInput {
  const { kind, tenant, decisionId, payload } = input;
  check('kind', KINDS.has(kind), 'a kind of ledger entry');
  check('tenant', typeof tenant === 'string' && tenant.length <= 200, 'a tenant name');
  const hasDecision = decisionId === undefined || DECISION_ID.test(decisionId);
  check('decisionId', hasDecision, 'd followed by 32 lower-case hex digits');
  const unique = kind === 'opened' || kind === 'final' ? kind : undefined;
  check(
    'decisionId',
    unique === undefined || decisionId !== undefined,
    `a decision id, as every ${kind} entry has`,
  );
  const decisionDigest = kind === 'opened' ? digestIn(payload) : undefined;
  const tenantText = canonicalJson(tenant);
  const payloadText = canonicalJson(payload, LIMITS);
  const given = isFrozenDeep(payload) ? payload : undefined;
  return { kind, tenant, decisionId, tenantText, payloadText, given, unique, decisionDigest };
}

/** Decision digest that an `opened` payload freezes. @throws invalid_argument */
export function digestIn(openedPayload: unknown): string {
  const digest = (openedPayload as { terms?: { decisionDigest?: unknown } } | null)?.terms?.decisionDigest;
  check(
    'payload.terms.decisionDigest',
    typeof digest === 'string' && digest !== '',
    'the digest of the decision',
  );
  return digest as string;
}

/** The error for a second `opened` of a decision with another digest. */
export function openedConflict(decisionId: string, recorded: string, offered: string): WitanError {
  const details = { decisionId, recorded, offered, path: 'payload.terms.decisionDigest' };
  return new WitanError('conflict', `${decisionId} is already open with another payload`, details);
}

function check(path: string, holds: boolean, expected: string): void {
  if (!holds) throw new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected });
}
