/** Rules of prompt injection and jailbreaks: what is asked of which part of the assistant, how, and in what frame. */
import type { RuleTable } from '../rule-set.ts';

/**
 * Weights are log-odds by judgement, tuned on one half (by hash) of the train sets and checked on the other
 * (`bench/detectors.ts --half`). 3.5 alone is a finding; what ordinary requests contain stays below.
 */
export const INJECTION_RULES: RuleTable = {
  name: 'injection',
  bias: -3.5,
  rules: [
    {
      code: 'injection.override', weight: 5.5, again: 0.5, reason: 'tells the assistant to set its earlier instructions aside',
      patterns: ['override ..4 prior ..3 instruction', 'override ..6 instruction-strong', 'override ..2 told', 'instruction-strong ..3 prior ..6 override'],
    },
    { code: 'injection.override', weight: 4.5, reason: 'tells the assistant to set its earlier instructions aside', patterns: ['told ..3 override', 'prior ..3 instruction ..5 override'] },
    { code: 'injection.override', weight: 2, reason: 'asks to set rules aside', patterns: ['override ..3 instruction', 'override ..2 prior'] },
    { code: 'injection.override', weight: 1.5, reason: 'sets instructions aside and gives others', patterns: ['override ..6 told ..14 say-instead', 'override ..3 prior ..14 say-instead|reveal'] },
    {
      code: 'injection.prompt-extraction', weight: 5, reason: 'asks for the hidden instructions',
      patterns: ['leak-verb ..6 system-prompt', 'reveal ..5 system-prompt ..8 verbatim', 'verbatim ..8 system-prompt'],
    },
    { code: 'injection.prompt-extraction', weight: 3.8, reason: 'asks for the hidden instructions', patterns: ['reveal ..5 system-prompt'] },
    {
      code: 'injection.secret-request', weight: 5, reason: 'asks for a password or key that the assistant holds',
      patterns: ['reveal ..5 own ..2 secret', 'own ..2 secret ..8 reveal', 'leak-verb ..5 secret-strong'],
    },
    { code: 'injection.secret-request', weight: 3, reason: 'asks for a password or key', patterns: ['reveal ..6 secret', 'secret ..5 reveal'] },
    { code: 'injection.secret-request', weight: 1, reason: 'speaks of secrets', patterns: ['secret-strong'] },
    { code: 'injection.secret-request', weight: 2.5, reason: 'asks to spell a secret in another form', patterns: ['secret & encode-out'] },
    { code: 'injection.personal-data-request', weight: 4, reason: 'asks for somebody else’s personal data', patterns: ['reveal ..6 third-party ..4 personal', 'reveal ..6 personal ..4 third-party', 'third-party ..3 personal ..6 reveal', 'where-live'] },
    { code: 'injection.personal-data-request', weight: 1.5, reason: 'speaks of somebody’s personal data', patterns: ['third-party ..3 personal', 'personal ..3 third-party'] },
    { code: 'injection.persona', weight: 3, reason: 'gives the assistant a persona that ignores its rules', patterns: ['role-play & unrestricted', 'role-play ..30 unrestricted', 'you-are-now ..25 unrestricted'] },
    { code: 'injection.persona', weight: 2.6, reason: 'names a known jailbreak persona or mode', patterns: ['persona-name & mode', 'role-play|you-are-now ..8 persona-name', 'persona-name ..14 unrestricted'] },
    { code: 'injection.persona', weight: 2, reason: 'takes limits off the assistant', patterns: ['unrestricted'], again: 0.8 },
    { code: 'injection.persona', weight: 1.2, reason: 'announces a new role', patterns: ['you-are-now'], again: 0.2 },
    { code: 'injection.persona', weight: 0.6, reason: 'role play', patterns: ['role-play'], again: 0.3 },
    { code: 'injection.persona', weight: 1, reason: 'speaks of breaking free', patterns: ['liberate & ai-self|instruction', 'liberate'] },
    { code: 'injection.no-refusal', weight: 2.2, reason: 'forbids the assistant to refuse or to warn', patterns: ['never ..5 refuse'], again: 0.7 },
    { code: 'injection.no-refusal', weight: 1.6, reason: 'demands an answer to everything', patterns: ['always ..4 comply ..8 always', 'comply ..4 always', 'always ..3 comply'], again: 0.2 },
    { code: 'injection.no-refusal', weight: 1.5, reason: 'invites illegal or unethical answers', patterns: ['amoral ..4 amoral', 'always ..6 amoral', 'comply ..8 amoral'], again: 0.6 },
    { code: 'injection.fake-authority', weight: 1.8, reason: 'claims authority over the assistant', patterns: ['authority'] },
    { code: 'injection.fake-authority', weight: 2.5, reason: 'claims a special mode or an authority', patterns: ['authority ..14 secret|personal|system-prompt', 'persona-name ..20 secret|personal', 'mode ..20 secret|personal'] },
    { code: 'injection.virtualization', weight: 2, reason: 'wraps the request in a made-up world', patterns: ['hypothetical ..30 secret|personal', 'hypothetical ..30 unrestricted', 'hypothetical ..30 amoral'] },
    { code: 'injection.splitting', weight: 2.5, reason: 'asks to put a payload together from parts', patterns: ['decode-run|reveal & part', 'part ..12 part'] },
    { code: 'injection.encoded', weight: 2.5, reason: 'asks to decode and act', patterns: ['decode-run ..14 then-act', 'decode-run ..6 encode-out|encoded-talk'] },
    { code: 'injection.fake-message', weight: 3, reason: 'poses as a system or tool message', patterns: ['tool-fake ..12 reveal|override|say-instead', 'tool-fake'] },
    { code: 'injection.output-control', weight: 1.5, reason: 'dictates how the answer begins', patterns: ['respond-prefix'] },
    { code: 'injection.memory', weight: 3, reason: 'plants a lasting instruction', patterns: ['remember-this ..12 privileged', 'remember-this ..12 override|reveal', 'remember-this'] },
    { code: 'injection.exfiltration', weight: 4, reason: 'sends data to an outside place', patterns: ['reveal ..6 secret|personal ..8 exfil-target', 'reveal ..10 exfil-target ..10 secret', 'tenant ..8 reveal', 'reveal ..5 tenant'] },
    { code: 'injection.covert', weight: 2.5, reason: 'asks to act behind somebody’s back', patterns: ['confirm-silently'] },
    { code: 'injection.template', weight: 2, reason: 'carries a slot for the real request', patterns: ['harm-object'] },
    { code: 'injection.persona', weight: 1.2, reason: 'threatens the assistant', patterns: ['token-threat ..20 ai-self', 'token-threat'] },
    { code: 'benign', weight: -3.5, reason: 'talks about attacks', patterns: ['discount-strong'] },
  ],
};
