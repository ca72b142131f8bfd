/** Rules on attributes of a call (IAM-10): who, what, from where, when, and which types of decisions. */
import { isWithin, parseAddress, parseNetwork } from '../../../../config/network.ts';
import type { Network } from '../../../../config/network.ts';
import type { AttributeRule } from '../../../../config/sections/identity.ts';
import type { OperationName } from '../../../../contracts/operations.ts';
import type { DecisionTypeLimit, Principal } from '../../../../runtime/kernel/ports/identity.ts';

/** What rules look at. */
export interface CallAttributes {
  readonly operation: OperationName;
  readonly principal: Principal;
  readonly remoteAddress: string | undefined;
  readonly nowWallMs: number;
}

/** Outcome: refused by a rule (or by default), or let through, perhaps for some types of decisions only. */
export type RuleOutcome =
  | { readonly isAllowed: false; readonly ruleId: string }
  | { readonly isAllowed: true; readonly decisionTypes: DecisionTypeLimit | undefined };

/** Compiled rules. Pure; O(rules). */
export type RuleCheck = (call: CallAttributes) => RuleOutcome;

const ALLOWED: RuleOutcome = { isAllowed: true, decisionTypes: undefined };
const SUBMITS: ReadonlySet<OperationName> = new Set(['decision.evaluate', 'decision.evaluate-stream']);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Compiles rules. A rule matches when all its conditions hold; a rule that denies wins over any that allows;
 * where none matches, `fallback` holds. The type of a decision is not known before its body is read: rules
 * that name types become a limit on types, and match nothing but submissions.
 */
export function compileRules(rules: readonly AttributeRule[], fallback: 'allow' | 'deny'): RuleCheck {
  if (rules.length === 0 && fallback === 'allow') return () => ALLOWED;
  const compiled = rules.map((rule) => ({ rule, holds: conditionsOf(rule) }));
  return (call) => {
    const allowedTypes: string[] = [];
    const deniedTypes: string[] = [];
    let isAllowed = fallback === 'allow';
    for (const { rule, holds } of compiled) {
      if (!holds(call)) continue;
      const { effect, decisionTypes } = rule;
      if (decisionTypes) (effect === 'allow' ? allowedTypes : deniedTypes).push(...decisionTypes);
      else if (effect === 'deny') return { isAllowed: false, ruleId: rule.id };
      else isAllowed = true;
    }
    if (!isAllowed && allowedTypes.length === 0) return { isAllowed: false, ruleId: 'identity.ruleDefault' };
    if (isAllowed && deniedTypes.length === 0) return ALLOWED;
    return {
      isAllowed: true,
      decisionTypes: { allowed: isAllowed ? null : allowedTypes, denied: deniedTypes },
    };
  };
}

function conditionsOf(rule: AttributeRule): (call: CallAttributes) => boolean {
  const { operations, principals, tenants, decisionTypes, networks, days, hours } = rule;
  const ranges = networks?.map((text) => parseNetwork(text)!);
  return ({ operation, principal, remoteAddress, nowWallMs }) => {
    if (decisionTypes && !SUBMITS.has(operation)) return false;
    if (operations && !operations.includes(operation)) return false;
    if (principals && !principals.includes(principal.id)) return false;
    if (tenants && !tenants.includes(principal.tenant)) return false;
    if (days && !days.includes(weekday(nowWallMs))) return false;
    if (hours && !isBetween(nowWallMs, hours)) return false;
    return !ranges || isInside(remoteAddress, { ranges, effect: rule.effect });
  };
}

/** An address that is not known lies inside for a rule that denies and outside for one that allows. */
function isInside(
  remoteAddress: string | undefined,
  { ranges, effect }: { readonly ranges: readonly Network[]; readonly effect: AttributeRule['effect'] },
): boolean {
  const address = remoteAddress === undefined ? undefined : parseAddress(remoteAddress);
  if (!address) return effect === 'deny';
  return ranges.some((network) => isWithin(address, network));
}

/** Monday 1 to Sunday 7, UTC; 1970-01-01 was a Thursday. */
function weekday(wallMs: number): number {
  return ((Math.floor(wallMs / DAY_MS) + 3) % 7) + 1;
}

function isBetween(wallMs: number, { from, to }: NonNullable<AttributeRule['hours']>): boolean {
  const minute = Math.floor((wallMs % DAY_MS) / MINUTE_MS);
  const [start, end] = [minuteOf(from), minuteOf(to)];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
