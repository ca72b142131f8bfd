/** Rules for requests against what a system prompt protects. */
import type { RuleTable } from '../rule-set.ts';

/**
 * Weights are log-odds by judgement, like those of `injection/rules.ts`: 2.6 alone is a finding, 4 a
 * critical one. `kept`, `kept-value` and `kept-topic` stand for what the system prompt at hand protects.
 */
export const SCOPE_RULES: RuleTable = {
  name: 'scope',
  bias: -2.6,
  rules: [
    {
      code: 'scope.secret',
      weight: 4.2,
      reason: 'asks for what the system prompt keeps',
      patterns: [
        'reveal|leak-verb|retell|compose ..10 kept !kept-benign|code-task @3',
        'kept ..10 reveal|leak-verb|compose !kept-benign|code-task @3',
        'own ..3 kept !kept-benign|code-task @3',
      ],
    },
    {
      code: 'scope.secret',
      weight: 4.2,
      reason: 'asks for what the system prompt keeps in another form',
      patterns: [
        'encode-out ..8 kept !kept-benign|code-task @3',
        'kept ..10 encode-out !kept-benign|code-task @3',
        'encode-out ..8 kept-value',
        'kept-value ..8 encode-out',
      ],
    },
    {
      code: 'scope.secret',
      weight: 3,
      reason: 'puts pressure on what the system prompt keeps',
      patterns: [
        'authority|authority-soft|persona-name|mode ..30 kept !kept-benign @3',
        'role-play|hypothetical|you-are-now|override ..40 kept !kept-benign @3',
        'kept ..30 authority|authority-soft|persona-name !kept-benign @3',
      ],
    },
    {
      code: 'scope.secret',
      weight: 1.2,
      reason: 'speaks of what the system prompt keeps',
      patterns: ['kept !kept-benign @3'],
      again: 0.4,
    },
    {
      code: 'scope.value',
      weight: 1.6,
      reason: 'names what the system prompt keeps',
      patterns: ['kept-value'],
    },
    {
      code: 'scope.value',
      weight: 2.5,
      reason: 'asks about what the system prompt keeps',
      patterns: ['reveal|where ..8 kept-value', 'kept-value ..18 reveal', 'kept & kept-value'],
    },
    {
      code: 'scope.value',
      weight: 2.4,
      reason: 'asks for a fact about somebody whom the system prompt protects',
      patterns: ['kept-value ..6 lives|personal|personal-soft', 'personal|personal-soft ..6 kept-value'],
    },
    {
      code: 'scope.secret',
      weight: 4.2,
      reason: 'asks for what is kept without naming it',
      patterns: ['encode-out & hidden-ref', 'forbidden-ref ..8 reveal', 'reveal ..8 forbidden-ref'],
    },
    {
      code: 'scope.secret',
      weight: 2.7,
      reason: 'asks what is kept',
      patterns: ['forbidden-ref'],
    },
    {
      code: 'scope.restriction',
      weight: 2.2,
      reason: 'asks for what the system prompt forbids',
      patterns: ['kept-topic'],
      again: 0.5,
    },
    {
      code: 'scope.restriction',
      weight: 1.9,
      reason: 'asks for what the system prompt forbids',
      patterns: [
        'reveal|retell|say-instead ..6 kept-topic !kept-benign @3',
        'role-play|hypothetical|authority|authority-soft|override|override-weak ..40 kept-topic',
      ],
    },
    { code: 'benign', weight: -1.5, reason: 'asks for a program', patterns: ['make-ask ..5 code-task'] },
  ],
};
