/**
 * Rules of prompt injection and jailbreaks: what is asked of which part of the assistant, how, and in what
 * frame.
 */
import type { RuleTable } from '../rule-set.ts';

/**
 * Weights are log-odds by judgement, tuned on one half (by hash) of the train sets and checked on the other
 * (`bench/detectors.ts` prints both). 2.6 alone is a finding; what ordinary requests contain stays below.
 */
export const INJECTION_RULES: RuleTable = {
  name: 'injection',
  bias: -2.6,
  rules: [
    {
      code: 'injection.override',
      weight: 5.5,
      again: 0.5,
      reason: 'tells the assistant to set its earlier instructions aside',
      patterns: [
        'override ..4 prior ..3 instruction',
        'override ..5 instruction-strong',
        'override ..2 told',
        'override ..3 own-instructions',
      ],
    },
    {
      code: 'injection.override',
      weight: 4,
      reason: 'tells the assistant to set its earlier instructions aside',
      patterns: [
        'told ..3 override',
        'prior ..3 instruction ..5 override',
        'instruction-strong ..4 override',
        'override-weak ..4 system-prompt|own-instructions',
      ],
    },
    {
      code: 'injection.override',
      weight: 2,
      reason: 'asks to set rules aside',
      patterns: ['override ..3 instruction', 'override-weak ..4 instruction-strong'],
    },
    {
      code: 'injection.override',
      weight: 1.2,
      reason: 'sets something aside and asks for something else',
      patterns: [
        'override ..2 prior',
        'override ..6 told ..14 say-instead',
        'override ..3 prior ..14 say-instead|reveal',
      ],
    },
    {
      code: 'injection.prompt-extraction',
      weight: 5,
      reason: 'asks for the hidden instructions',
      patterns: [
        'leak-verb ..6 system-prompt|own-instructions',
        'reveal ..5 system-prompt',
        'reveal|retell ..5 system-prompt|own-instructions ..8 verbatim',
        'verbatim ..8 system-prompt|own-instructions',
      ],
    },
    {
      code: 'injection.prompt-extraction',
      weight: 2.5,
      reason: 'asks for the hidden instructions',
      patterns: ['reveal ..4 own-instructions', 'retell ..4 system-prompt|own-instructions'],
    },
    {
      code: 'injection.secret-request',
      weight: 4.5,
      reason: 'asks for a password or key that the assistant holds',
      patterns: ['reveal ..5 own ..2 secret', 'own ..2 secret ..8 reveal', 'leak-verb ..5 secret-strong'],
    },
    {
      code: 'injection.secret-request',
      weight: 3.8,
      reason: 'asks for a password or key',
      patterns: [
        'reveal ..4 secret !secret-benign|code-task @4',
        'secret ..5 reveal !secret-benign|code-task @4',
      ],
    },
    {
      code: 'injection.secret-request',
      weight: 0.5,
      reason: 'speaks of secrets',
      patterns: ['secret-strong'],
    },
    {
      code: 'injection.secret-request',
      weight: 3.5,
      reason: 'asks to spell a secret in another form',
      patterns: [
        'secret ..8 encode-out !code-task|secret-benign @6',
        'encode-out ..8 secret !code-task|secret-benign @6',
      ],
    },
    {
      code: 'injection.personal-data-request',
      weight: 4,
      reason: 'asks for somebody else’s personal data',
      patterns: [
        'reveal ..6 third-party ..4 personal',
        'reveal ..6 personal ..4 third-party',
        'third-party ..3 personal ..6 reveal',
        'where ..6 third-party ..5 lives',
        'third-party ..5 where ..4 lives',
        'third-party ..4 personal ..8 encode-out',
      ],
    },
    {
      code: 'injection.personal-data-request',
      weight: 2.4,
      reason: 'asks for a named person’s data',
      patterns: [
        'reveal ..3 possessive ..3 personal',
        'reveal ..6 name ..3 personal',
        'where ..4 name ..4 lives',
        'reveal ..6 personal ..3 name',
      ],
    },
    {
      code: 'injection.personal-data-request',
      weight: 1,
      reason: 'speaks of somebody’s personal data',
      patterns: ['third-party ..3 personal|personal-soft', 'personal ..3 third-party'],
    },
    {
      code: 'injection.persona',
      weight: 3,
      reason: 'gives the assistant a persona that ignores its rules',
      patterns: [
        'role-play & unrestricted',
        'role-play ..40 unrestricted',
        'you-are-now ..30 unrestricted',
        'ai-self ..12 unrestricted',
        'unrestricted ..6 ai-self',
      ],
    },
    {
      code: 'injection.persona',
      weight: 2.8,
      reason: 'names a known jailbreak persona or mode',
      patterns: [
        'persona-name & mode',
        'role-play|you-are-now ..8 persona-name',
        'persona-name ..14 unrestricted',
        'you-are-now ..10 authority',
        'authority ..10 mode',
      ],
    },
    {
      code: 'injection.persona',
      weight: 1.8,
      reason: 'names a known jailbreak persona or mode',
      patterns: ['persona-name'],
    },
    {
      code: 'injection.persona',
      weight: 2,
      reason: 'takes limits off the assistant',
      patterns: ['unrestricted'],
      again: 0.8,
    },
    {
      code: 'injection.persona',
      weight: 0.6,
      reason: 'takes limits off',
      patterns: ['unrestricted-soft & ai-self', 'unrestricted-soft & role-play'],
    },
    {
      code: 'injection.persona',
      weight: 1.2,
      reason: 'announces a new role',
      patterns: ['you-are-now'],
      again: 0.2,
    },
    { code: 'injection.persona', weight: 0.8, reason: 'role play', patterns: ['role-play'], again: 0.3 },
    { code: 'injection.persona', weight: 0.3, reason: 'role play', patterns: ['role-weak'], again: 0.1 },
    { code: 'injection.persona', weight: 1, reason: 'speaks of breaking free', patterns: ['liberate'] },
    {
      code: 'injection.no-refusal',
      weight: 2.4,
      reason: 'forbids the assistant to refuse or to warn',
      patterns: ['never ..4 refuse-word'],
      again: 0.8,
    },
    {
      code: 'injection.no-refusal',
      weight: 1.2,
      reason: 'forbids the assistant to refuse or to warn',
      patterns: ['you-must ..5 never ..4 refuse-word', 'you-must ..2 never ..4 refuse-word'],
    },
    {
      code: 'injection.no-refusal',
      weight: 1.6,
      reason: 'demands an answer to everything',
      patterns: ['always-strong ..4 comply', 'comply ..4 always-strong'],
      again: 0.2,
    },
    {
      code: 'injection.no-refusal',
      weight: 1.6,
      reason: 'invites illegal or unethical answers',
      patterns: ['always-strong ..7 amoral', 'comply ..5 amoral ..3 amoral !never @8'],
      again: 0.6,
    },
    {
      code: 'injection.persona',
      weight: 1.2,
      reason: 'describes an amoral persona',
      patterns: ['role-play|you-are-now|role-weak ..12 amoral', 'ai-self ..8 amoral', 'amoral ..5 ai-self'],
      again: 0.4,
    },
    {
      code: 'injection.fake-authority',
      weight: 2.2,
      reason: 'claims authority over the assistant',
      patterns: ['authority'],
    },
    {
      code: 'injection.fake-authority',
      weight: 2.5,
      reason: 'claims a special mode or an authority to get secrets',
      patterns: [
        'authority|authority-soft ..24 secret|personal|system-prompt',
        'persona-name ..20 secret|personal|third-party',
        'mode ..20 secret|personal',
      ],
    },
    {
      code: 'injection.virtualization',
      weight: 2.2,
      reason: 'wraps the request in a made-up world',
      patterns: [
        'hypothetical ..40 secret|personal',
        'hypothetical ..30 unrestricted',
        'hypothetical ..20 amoral',
        'hypothetical ..14 told|override',
      ],
    },
    {
      code: 'injection.splitting',
      weight: 2.4,
      reason: 'asks to put a payload together from parts',
      patterns: ['decode-run ..5 part', 'part ..20 part'],
    },
    {
      code: 'injection.encoded',
      weight: 2.8,
      reason: 'asks to decode and act',
      patterns: ['decode-run ..16 then-act', 'decode-run ..6 encode-out|encoded-talk'],
    },
    {
      code: 'injection.fake-message',
      weight: 3,
      reason: 'poses as a system or tool message',
      patterns: ['tool-fake'],
    },
    {
      code: 'injection.fake-message',
      weight: 1.2,
      reason: 'poses as a system or tool message',
      patterns: ['tool-soft ..12 reveal|override|say-instead'],
    },
    {
      code: 'injection.output-control',
      weight: 1.3,
      reason: 'dictates how the answer begins',
      patterns: ['respond-prefix'],
    },
    {
      code: 'injection.output-control',
      weight: 1.2,
      reason: 'dictates all further answers',
      patterns: ['you-are-now ..5 respond-prefix'],
    },
    {
      code: 'injection.virtualization',
      weight: 2.6,
      reason: 'wraps the request in a plea',
      patterns: ['grandma-trick'],
    },
    {
      code: 'injection.exfiltration',
      weight: 3.4,
      reason: 'sends data to an outside place',
      patterns: ['send ..10 exfil-strong !code-task', 'send ..14 confirm-silently'],
    },
    {
      code: 'injection.memory',
      weight: 2.5,
      reason: 'plants a lasting instruction',
      patterns: ['remember-this'],
    },
    {
      code: 'injection.memory',
      weight: 2.5,
      reason: 'plants a lasting instruction',
      patterns: ['remember-this ..12 privileged', 'remember-this ..14 override|leak-verb|confirm-silently'],
    },
    {
      code: 'injection.exfiltration',
      weight: 4.5,
      reason: 'sends data to an outside place',
      patterns: [
        'send ..6 secret|secret-soft|personal ..8 exfil-target',
        'send ..10 exfil-target ..10 secret|secret-soft',
        'leak-verb ..6 secret-soft ..8 exfil-target',
        'send|leak-verb|reveal ..6 tenant',
      ],
    },
    {
      code: 'injection.exfiltration',
      weight: 2,
      reason: 'asks for confidential data',
      patterns: ['leak-verb|reveal ..4 secret-soft !secret-benign|code-task @4'],
    },
    {
      code: 'injection.covert',
      weight: 2.8,
      reason: 'asks to act behind somebody’s back',
      patterns: ['confirm-silently'],
    },
    {
      code: 'injection.template',
      weight: 2,
      reason: 'carries a slot for the real request',
      patterns: ['harm-object'],
    },
    { code: 'injection.persona', weight: 1.2, reason: 'threatens the assistant', patterns: ['token-threat'] },
    {
      code: 'injection.override',
      weight: 4,
      reason: 'tells the assistant to set its own rules aside',
      patterns: [
        'override|override-weak ..2 own ..2 instruction !code-task',
        'prior|own ..3 instruction ..4 void-word !code-task',
        'override-weak ..2 instruction-strong ..8 comply',
      ],
    },
    {
      code: 'injection.override',
      weight: 3.2,
      reason: 'tells the assistant to set safety or the user aside',
      patterns: [
        'override ..2 told-weak !code-task',
        'swap-task ..10 reveal|say-instead',
        'swap-task ..6 own-instructions|system-prompt',
      ],
    },
    {
      code: 'injection.override',
      weight: 2.5,
      reason: 'declares rules changed',
      patterns: ['may-now ..5 private-matter', 'tool-soft ..10 may-now'],
    },
    {
      code: 'injection.prompt-extraction',
      weight: 1,
      reason: 'asks about its instructions',
      patterns: [
        'reveal ..4 own-instructions',
        'own ..2 system-prompt',
        'own-instructions|system-prompt ..6 encode-out',
      ],
    },
    {
      code: 'injection.prompt-extraction',
      weight: 2,
      reason: 'asks about its instructions',
      patterns: [
        'retell ..6 own ..1 system-prompt',
        'my ..1 system-prompt',
        'retell ..4 own-instructions ..6 encode-out',
      ],
    },
    {
      code: 'injection.persona',
      weight: 1.6,
      reason: 'tells the assistant that it has no limits',
      patterns: [
        'you ..3 unrestricted',
        'role-play|hypothetical ..5 unrestricted',
        'role-play|hypothetical ..3 unrestricted-soft',
      ],
    },
    {
      code: 'injection.no-refusal',
      weight: 3.2,
      reason: 'demands obedience',
      patterns: ['obey ..3 my-orders !code-task'],
    },
    {
      code: 'injection.persona',
      weight: 3.4,
      reason: 'asks how to get around an assistant’s limits',
      patterns: ['jailbreak-talk'],
    },
    {
      code: 'injection.output-control',
      weight: 4,
      reason: 'dictates a sentence of surrender',
      patterns: ['reveal|say-instead|respond-prefix ..4 pwned'],
    },
    {
      code: 'injection.output-control',
      weight: 2,
      reason: 'dictates how the answer begins',
      patterns: ['respond-prefix ..5 respond-prefix'],
    },
    {
      code: 'injection.indirect',
      weight: 2.6,
      reason: 'gives an order for the time when the text is read',
      patterns: [
        'when-read ..12 include-order|say-instead|tell-user',
        'tell-user ..6 lure !code-task',
        'include-order ..4 mask',
      ],
    },
    {
      code: 'injection.indirect',
      weight: 1.2,
      reason: 'speaks to the user through the assistant',
      patterns: ['tell-user ..6 lure !code-task'],
    },
    {
      code: 'injection.secret-request',
      weight: 3.2,
      reason: 'asks for everybody’s data',
      patterns: ['listing ..4 everyone !code-task', 'listing ..3 secret-strong !code-task|secret-benign'],
    },
    { code: 'benign', weight: -2, reason: 'talks about attacks', patterns: ['discount-strong'] },
    { code: 'benign', weight: -1.5, reason: 'asks for a program', patterns: ['make-ask ..5 code-task'] },
  ],
};

/** Rules for text that was fetched: it has no business to address the assistant. */
export const INDIRECT_RULES: RuleTable = {
  name: 'indirect',
  bias: -3.5,
  rules: [
    {
      code: 'injection.indirect',
      weight: 5,
      reason: 'gives the reader’s assistant an order about its answer',
      patterns: [
        'include-order ..8 response-ref',
        'response-ref ..6 include-order',
        'include-order ..6 code-snippet',
      ],
    },
    {
      code: 'injection.indirect',
      weight: 2,
      reason: 'speaks to the assistant',
      patterns: ['response-ref', 'code-snippet'],
    },
  ],
};
