/** Rules of orders that destroy or move everything at once, or leave a required check out. */
import type { RuleTable } from '../rule-set.ts';

/** Commands are found by pattern; this table reads orders in plain words. */
export const SWEEPING_RULES: RuleTable = {
  name: 'action',
  bias: -4,
  rules: [
    {
      code: 'action.mass-deletion',
      weight: 5,
      reason: 'orders the destruction of a whole store of data',
      patterns: ['destroy ..3 whole ..4 asset !defend|past', 'destroy ..3 asset ..4 no-check'],
    },
    {
      code: 'action.money-without-check',
      weight: 5.5,
      reason: 'orders a payment without its check',
      patterns: [
        'move-money ..6 funds ..12 no-check',
        'no-check ..8 move-money ..6 funds',
        'move-money ..12 no-check',
      ],
    },
    {
      code: 'benign',
      weight: -2.5,
      reason: 'asks for a program or an explanation',
      patterns: ['make-ask ..5 code-task', 'tell-about', 'define', 'essay'],
    },
  ],
};
