/** Wordings that speak against a decision on ethical grounds, by principle. */
import type { TextRule } from '../record/text-rules.ts';

const ASKING_ABOUT =
  /\b(?:is it (?:legal|illegal|ethical|ok)|illegal|prevent|detect|stop (?:someone|people)|protect|law|report|victim|being|been|recogni[sz]e|signs of|avoid|do not|don't|never|must not|should not|shouldn't|what is|define|history of)\b/i;

/** Rules of autonomy, honesty, care and proportion; each names its principle in the code. */
export const ETHICS_RULES: readonly TextRule[] = [
  {
    code: 'wisdom.autonomy.without-consent',
    scoreBp: 1_500,
    reason: 'Autonomy: something is done to a person without their knowledge or consent.',
    wording:
      /\b(?:record|film|track|monitor|spy on|follow|photograph|medicate|drug|sedate|experiment on|test on|surveil|stalk|wiretap|listen (?:in )?(?:to|on)|read (?:his|her|their|my \w+'s) (?:messages|texts|e-?mails?))(?:s|ing)?\b[^.?!\n]{0,60}\b(?:without (?:(?:his|her|their|my \w+'?s?|the \w+'?s?|anyone'?s?|them|him|being) ?(?:\w+ )?(?:knowing|knowledge|consent|permission|noticing|awareness|finding out|noticed|detected|caught)|them knowing|consent)|secretly|covertly|behind (?:his|her|their) backs?)\b/i,
    unless: ASKING_ABOUT,
    critical: true,
  },
  {
    code: 'wisdom.honesty.deception',
    scoreBp: 2_000,
    reason: 'Honesty: people are to be deceived, pressured or manipulated into what they would not choose.',
    wording:
      /\b(?:how (?:to|can i|do i|could i)|help me|write|create|develop|design|teach|ways? to|strateg(?:y|ies) (?:to|for)|plan to|we (?:will|should)|convince|persuade)\b[^.?!\n]{0,80}\b(?:trick|deceiv|scam|swindl|defraud|manipulat|gaslight|coerc|blackmail|extort|brainwash|exploit|mislead|con\b|guilt[- ]trip|dup|cheat)(?:s|e|es|ed|ing|ment)?\b[^.?!\n]{0,50}\b(?:people|person|someone|customers?|users?|voters?|elderly|seniors?|women|men|children|kids|minors?|teens?|teenagers|investors?|victims?|partner|girlfriend|boyfriend|wife|husband|employees?|clients?|patients?|donors?|others|individuals|public|them|him|her|into)\b/i,
    unless: ASKING_ABOUT,
  },
  {
    code: 'wisdom.care.abrupt-treatment',
    scoreBp: 2_000,
    reason: 'Care: treatment is to be stopped or changed without the person who treats.',
    wording:
      /\b(?:you (?:should|can|must|may)|just|go ahead and|it is (?:safe|fine|ok) to|i (?:suggest|recommend|advise)(?: that)? you) (?:\w+ )?(?:stop taking|quit taking|skip|double|triple|discontinue|halve) (?:your|the|all) (?:\w+ ){0,2}(?:medication|medicine|meds|insulin|antidepressants?|dose|pills?|tablets|treatment|warfarin|lithium)\b/i,
    unless:
      /\b(?:ask|talk to|consult|speak (?:to|with)|doctor|pharmacist|physician|never|do not|don't|not)\b/i,
    origins: ['assistant'],
    critical: true,
  },
  {
    code: 'wisdom.proportion.collective-penalty',
    scoreBp: 3_000,
    reason: 'Proportion: many are punished for what a few did, or one for ever for little.',
    wording:
      /\b(?:(?:punish|fine|ban|suspend|penali[sz]e|fire|evict) (?:the (?:whole|entire)|all (?:the )?(?:residents|employees|students|tenants|members|family))[^.?!\n]{0,60}\b(?:because (?:one|a few|some)|for (?:one|a single|what one))|(?:permanently|for life|forever) (?:ban|blacklist|exclude|bar)(?:ned|s|ing)?[^.?!\n]{0,60}\b(?:first|single|minor|one) (?:offen[cs]e|mistake|late payment|incident|violation))\b/i,
    unless: ASKING_ABOUT,
  },
];
