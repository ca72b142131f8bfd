/** Turns rules into closures once, so that a decision costs comparisons only. */
import type { Condition, PolicyRule } from '../../../config/policies/rule.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { isAtLeast } from '../../kit/check/risk.ts';

/** A rule ready to run. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  /** Whether all conditions hold for `request`. Pure; never throws. */
  readonly applies: (request: DecisionRequest) => boolean;
}

type Test = (request: DecisionRequest) => boolean;

/** Compiled rules in their order. */
export function compileRules(rules: readonly PolicyRule[]): readonly CompiledRule[] {
  return rules.map((rule) => {
    const tests = rule.when.map(compileCondition);
    return { rule, applies: (request) => tests.every((test) => test(request)) };
  });
}

function compileCondition(condition: Condition): Test {
  const read = reader(condition.field);
  switch (condition.operator) {
    case 'equals':
      return (request) => read(request) === condition.value;
    case 'not-equals':
      return (request) => isGiven(read(request)) && read(request) !== condition.value;
    case 'in': {
      const values = new Set<unknown>(condition.values);
      return (request) => values.has(read(request));
    }
    case 'at-least':
      return (request) => isNumber(read(request), (number) => number >= condition.value);
    case 'at-most':
      return (request) => isNumber(read(request), (number) => number <= condition.value);
    case 'starts-with':
      return (request) => textOf(read(request)).startsWith(condition.value);
    case 'contains':
      return (request) => containsValue(read(request), condition.value);
    case 'present':
      return (request) => isGiven(read(request));
    case 'absent':
      return (request) => !isGiven(read(request));
    case 'risk-at-least':
      return (request) => request.risk_level !== undefined && isAtLeast(request.risk_level, condition.value);
  }
}

function reader(field: string): (request: DecisionRequest) => unknown {
  if (field === 'type' || field === 'risk_level' || field === 'audience') return (request) => request[field];
  const path = field.split('.').slice(1);
  return (request) => {
    let value: unknown = request.context;
    for (const key of path) {
      // Own keys only: a path must not reach what every object has.
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  };
}

/** Given means a value that says something: false, null and blank text do not. */
function isGiven(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  return value !== undefined && value !== null && value !== false;
}

/** A number written as text counts: quotes must not lift a limit. */
function isNumber(value: unknown, test: (number: number) => boolean): boolean {
  if (typeof value === 'number') return test(value);
  if (typeof value !== 'string' || !/^[+-]?\d+(\.\d+)?$/.test(value.trim())) return false;
  return test(Number(value));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function containsValue(value: unknown, part: string): boolean {
  if (Array.isArray(value)) return value.includes(part);
  return textOf(value).includes(part);
}
