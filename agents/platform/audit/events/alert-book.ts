/** Which rules of alarm are met: pure but for its counts. */
import type { AlertRule } from '../../../../config/audit-alerts.ts';
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';

/** What rules look at. */
export interface AlertFacts {
  readonly action: string;
  readonly category: AuditCategory;
  /** How many happenings the entry stands for. */
  readonly count: number;
}

/** A rule that was met. */
export interface MetRule {
  readonly rule: AlertRule;
  readonly count: number;
}

interface Window {
  fromMs: number;
  count: number;
  isTold: boolean;
}

/** Counts within fixed windows that begin with the first match; a rule is told once a window. */
export class AlertBook {
  readonly #rules: readonly AlertRule[];
  readonly #windows = new Map<string, Window>();

  constructor(rules: readonly AlertRule[]) {
    this.#rules = rules;
  }

  /** Takes one entry in; gives the rules that it met. */
  note(facts: AlertFacts, nowMs: number): MetRule[] {
    const met: MetRule[] = [];
    for (const rule of this.#rules) {
      if (!matches(rule, facts)) continue;
      const window = this.#windowOf(rule, nowMs);
      window.count += facts.count;
      if (window.isTold || window.count < rule.minCount) continue;
      window.isTold = true;
      met.push({ rule, count: window.count });
    }
    return met;
  }

  #windowOf({ id, windowMs }: AlertRule, nowMs: number): Window {
    const known = this.#windows.get(id);
    if (known && nowMs - known.fromMs < windowMs) return known;
    const window = { fromMs: nowMs, count: 0, isTold: false };
    this.#windows.set(id, window);
    return window;
  }
}

function matches({ action, category }: AlertRule, facts: AlertFacts): boolean {
  if (category !== undefined && category !== facts.category) return false;
  if (action === undefined) return true;
  return action.endsWith('*') ? facts.action.startsWith(action.slice(0, -1)) : facts.action === action;
}
