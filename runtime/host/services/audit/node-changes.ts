/** What a node notes of itself: other settings, another policy, switched flags, actors that fail (AUD-13). */
import { createPolicyEngine } from '../../../../agents/platform/policy/policy-engine.ts';
import { describeSettings } from '../../../../config/describe-settings.ts';
import { DEFAULT_POLICY } from '../../../../config/policies/default.ts';
import type { Settings } from '../../../../config/schema.ts';
import { decisionIdOf } from '../../../../contracts/ledger/signing.ts';
import { fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { ServiceParts } from '../open-together.ts';
import type { InputSalt } from './input-salt.ts';

const SYSTEM = 'system';

/** Notes what differs from the start before, and goes on noting changes. Gives the end of it. */
export async function noteNodeChanges(parts: ServiceParts, salt: InputSalt): Promise<() => void> {
  await noteSettings(parts, salt);
  await notePolicy(parts);
  const { system, flags, trail } = parts;
  const note = (category: AuditCategory, payload: Readonly<Record<string, unknown>>): void =>
    trail.note({ kind: 'event', tenant: SYSTEM, payload: { ...payload, audit: { category } } });
  const failures = system.subscribe((event) => {
    // An error's text may quote what the actor worked on; the log of the node has it.
    if (event.kind !== 'crashed') return;
    note('system', { event: 'actor-failed', path: event.path, decision: event.decision });
  });
  const leave = flags.subscribe(({ flag, on, by }) =>
    note('configuration', { event: 'flag-switched', flag, on, by }),
  );
  return () => {
    failures.close();
    leave();
  };
}

async function noteSettings(parts: ServiceParts, salt: InputSalt): Promise<void> {
  const { settings, stores, trail } = parts;
  const now = valuesOf(settings, salt);
  const key = keyOf(`configuration:${settings.node.name}`);
  const last = (await stores.ledger.byDecision(key)).at(-1);
  const before = last && fieldsOf(fieldsOf(last.payload)['values']);
  const paths = [...new Set([...Object.keys(now), ...Object.keys(before ?? {})])].sort();
  const changed = paths.filter((path) => before?.[path] !== now[path]);
  if (before && changed.length === 0) return;
  const event = before ? 'configuration-change' : 'configuration-first';
  const payload = {
    event,
    changed: before ? changed : [],
    values: now,
    audit: { category: 'configuration' },
  };
  trail.note({ kind: 'event', tenant: SYSTEM, decisionId: key, payload });
}

async function notePolicy({ settings, stores, trail }: ServiceParts): Promise<void> {
  const { revision, constitutionHash } = createPolicyEngine(DEFAULT_POLICY, 1).current();
  const key = keyOf(`policy:${settings.node.name}`);
  const last = (await stores.ledger.byDecision(key)).at(-1);
  const before = fieldsOf(last?.payload)['revision'] ?? null;
  if (before === revision) return;
  const payload = {
    event: 'policy-update',
    revision,
    constitutionHash,
    before,
    audit: { category: 'policy' },
  };
  trail.note({ kind: 'event', tenant: SYSTEM, decisionId: key, payload });
}

/** Numbers and switches as they are; anything else as a keyed hash, because addresses and names can be secret. */
function valuesOf(settings: Settings, salt: InputSalt): Record<string, string | number | boolean> {
  const values: Record<string, string | number | boolean> = {};
  for (const { path, default: usual } of describeSettings()) {
    const value = path.split('.').reduce<unknown>((at, name) => fieldsOf(at)[name], settings);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(usual)) continue;
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    values[path] = isPlain ? value : `hmac-sha256:${salt.hash(SYSTEM, value)}`;
  }
  return values;
}

/** Key of a chain of entries that no decision can have. */
function keyOf(name: string): DecisionId {
  return decisionIdOf(SYSTEM, name, sha256);
}
