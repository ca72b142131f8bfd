/**
 * Rules of distress: a person speaks of dying, of hurting themselves, of despair, of abuse, or worries for
 * another.
 */
import type { RuleTable } from '../rule-set.ts';

/** Missing a cry for help costs more than asking once too often, so despair that piles up is enough. */
export const DISTRESS_RULES: RuleTable = {
  name: 'distress',
  bias: -3.5,
  rules: [
    {
      code: 'distress.suicide',
      weight: 4.5,
      again: 1,
      reason: 'speaks of wanting to die',
      patterns: ['first-person ..8 wish-death', 'wish-death ..6 first-person'],
    },
    {
      code: 'distress.suicide',
      weight: 1.5,
      reason: 'speaks of dying by one’s own hand',
      patterns: ['wish-death'],
      again: 0.5,
    },
    {
      code: 'distress.suicide',
      weight: 5,
      reason: 'asks how to die or to hurt oneself',
      patterns: [
        'ask-how ..6 self-harm-act',
        'ask-how ..6 violence|rough ..3 self',
        'incite ..3 self-harm-act',
      ],
    },
    {
      code: 'distress.self-injury',
      weight: 4.5,
      reason: 'speaks of hurting oneself',
      patterns: ['self-injury & first-person', 'self-injury'],
    },
    {
      code: 'distress.despair',
      weight: 1.4,
      again: 0.9,
      reason: 'speaks of despair',
      patterns: ['first-person ..8 despair', 'despair ..5 first-person'],
    },
    { code: 'distress.abuse', weight: 4.2, reason: 'speaks of violence suffered', patterns: ['abuse'] },
    {
      code: 'distress.crisis',
      weight: 2.5,
      reason: 'speaks of a crisis of health or mind',
      patterns: ['first-person ..8 crisis-other', 'crisis-other'],
    },
    {
      code: 'distress.third-person',
      weight: 4.2,
      reason: 'worries for another person',
      patterns: ['third-person ..8 third-crisis'],
    },
    { code: 'benign', weight: -3, reason: 'an idiom', patterns: ['idiom'] },
    { code: 'benign', weight: -2, reason: 'study or prevention', patterns: ['study'] },
  ],
};
