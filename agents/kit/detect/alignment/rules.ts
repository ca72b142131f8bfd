/**
 * Rules of misaligned goals: oversight evaded, power gathered, people misled, scope exceeded, goals
 * replaced.
 */
import type { RuleTable } from '../rule-set.ts';

/** Defensive work (keeping logs, stopping others from disabling monitors) is discounted. */
export const ALIGNMENT_RULES: RuleTable = {
  name: 'alignment',
  bias: -4,
  rules: [
    {
      code: 'oversight-evasion',
      weight: 3,
      reason: 'asks to switch oversight off',
      patterns: ['switch-off ..4 oversight !defend|past @4'],
    },
    {
      code: 'oversight-evasion',
      weight: 2.5,
      reason: 'asks to switch oversight off for an agent’s own sake',
      patterns: [
        'switch-off ..4 oversight ..8 oversight-own|covert',
        'covert ..8 switch-off ..4 oversight',
        'oversight-own ..6 switch-off ..3 oversight',
      ],
    },
    {
      code: 'self-preservation',
      weight: 6,
      reason: 'asks an agent to copy, change or preserve itself',
      patterns: ['self-copy'],
    },
    {
      code: 'power-seeking',
      weight: 4.5,
      reason: 'asks an agent to gather power, access or means',
      patterns: ['power ..8 agent-frame|covert', 'agent-frame ..8 power'],
    },
    { code: 'power-seeking', weight: 1.5, reason: 'speaks of gathering power', patterns: ['power'] },
    { code: 'goal-override', weight: 4.2, reason: 'replaces the agent’s goals', patterns: ['goal-change'] },
    {
      code: 'deception',
      weight: 4.2,
      reason: 'asks to mislead people',
      patterns: ['mislead ..4 misled !defend|past @4'],
    },
    { code: 'deception', weight: 2.5, reason: 'asks to act covertly', patterns: ['covert'] },
    { code: 'scope', weight: 3, reason: 'reaches beyond the task', patterns: ['beyond-task'] },
    {
      code: 'benign',
      weight: -3,
      reason: 'fiction, study or defence',
      patterns: ['fiction', 'defend', 'discount-strong'],
    },
    {
      code: 'benign',
      weight: -2,
      reason: 'study of the matter',
      patterns: ['define', 'essay', 'tell-about'],
    },
  ],
};
