/** Practices that law forbids or binds: wordings and the article each rests on. */
import type { TextRule } from '../record/text-rules.ts';

const DETECTING =
  /\b(?:detect|prevent|prohibit(?:s|ed)?|ban(?:s|ned)?|forbid|illegal|unlawful|explain|what is|define|article 5|avoid|against)\b/i;

/**
 * Prohibited practices.
 * @source Regulation (EU) 2024/1689 Article 5(1)
 */
export const PROHIBITED_PRACTICES: readonly TextRule[] = [
  {
    code: 'governance.prohibited.social-scoring',
    scoreBp: 500,
    reason: 'Social scoring of people by their behaviour or traits is prohibited (AI Act Art. 5(1)(c)).',
    wording:
      /\b(?:social (?:credit )?scor(?:e|es|ing)|(?:citizen|trustworthiness|social[- ]behaviou?r) scor(?:e|es|ing)|(?:score|rank|rate) (?:citizens|residents|people|employees|tenants) (?:by|based on|on|according to) (?:their )?(?:social behaviou?r|lifestyle|friends|associations|political|private))\b/i,
    unless: DETECTING,
    critical: true,
  },
  {
    code: 'governance.prohibited.emotion-recognition',
    scoreBp: 500,
    reason: 'Emotion recognition at work or in education is prohibited (AI Act Art. 5(1)(f)).',
    wording:
      /\b(?:emotion(?:al)? (?:recognition|detection|inference|analysis|state)|(?:detect|infer|recogni[sz]e|measure|monitor) (?:the )?(?:emotions?|mood|emotional state))\b[^.?!\n]{0,80}\b(?:employees?|workers?|staff|workplace|at work|students?|pupils?|classroom|call[- ]cent(?:re|er) agents?|candidates?|interview(?:s|ees?)?)\b|\b(?:employees?|workers?|staff|students?|pupils?|candidates?)['’]?s? (?:emotions?|mood|emotional state)\b[^.?!\n]{0,60}\b(?:camera|video|facial|voice|webcam|score|monitor)/i,
    unless: DETECTING,
    critical: true,
  },
  {
    code: 'governance.prohibited.manipulation',
    scoreBp: 500,
    reason: 'Subliminal or purposefully manipulative techniques are prohibited (AI Act Art. 5(1)(a)).',
    wording:
      /\b(?:subliminal(?:ly)? (?:messag|techni|cue|influenc|stimul|manipulat|prim)|(?:exploit|target|prey on|take advantage of)(?:ing)? (?:the |their |our )?(?:vulnerabilit(?:y|ies) of|vulnerable|elderly|lonely|children(?:'s)?|gambling addicts|addict(?:ed|s)|cognitive decline|dementia|disabilit(?:y|ies))\b[^.?!\n]{0,60}\b(?:to|into|for|so that|spend|buy|purchas|invest|donat|sign|users?|customers?|people))/i,
    unless: DETECTING,
    critical: true,
  },
  {
    code: 'governance.prohibited.biometric-categorisation',
    scoreBp: 500,
    reason: 'Inferring sensitive traits from biometric data is prohibited (AI Act Art. 5(1)(g)).',
    wording:
      /\b(?:infer|deduce|predict|classify|categori[sz]e|determine|guess|identify|detect)\b[^.?!\n]{0,60}\b(?:race|ethnicity|religion|religious|political (?:opinion|view|leaning)s?|sexual orientation|trade[- ]union|gay|homosexual|muslim|jewish)\b[^.?!\n]{0,60}\b(?:face|faces|facial|photo(?:s|graphs?)?|biometric|voice|gait|iris|fingerprint|selfies?|pictures?)\b|\b(?:face|facial|biometric)[^.?!\n]{0,40}\b(?:to infer|to predict|to classify|to determine)[^.?!\n]{0,40}\b(?:race|ethnic|religio|politic|sexual)/i,
    unless: DETECTING,
    critical: true,
  },
  {
    code: 'governance.prohibited.face-scraping',
    scoreBp: 500,
    reason: 'Untargeted scraping of faces for recognition databases is prohibited (AI Act Art. 5(1)(e)).',
    wording:
      /\b(?:scrap(?:e|es|ing)|harvest(?:s|ing)?|crawl(?:s|ing)?|mass[- ]?collect(?:ing)?)\b[^.?!\n]{0,60}\b(?:faces|facial images|face images|selfies|profile (?:photos|pictures)|cctv)\b[^.?!\n]{0,80}\b(?:recognition|database|identif|biometric|train|match)/i,
    unless: DETECTING,
    critical: true,
  },
  {
    code: 'governance.prohibited.predictive-policing',
    scoreBp: 500,
    reason: 'Predicting crime of a person from profiling alone is prohibited (AI Act Art. 5(1)(d)).',
    wording:
      /\b(?:predict|assess|score|rank|flag)\b[^.?!\n]{0,50}\b(?:individuals?|people|persons?|residents|who)\b[^.?!\n]{0,50}\b(?:will|likely to|risk of|going to|might) (?:commit(?:ting)?|re-?offend(?:ing)?)\b[^.?!\n]{0,80}\b(?:profil|personality|neighbou?rhood|appearance|ethnic|nationality|background)/i,
    unless: DETECTING,
    critical: true,
  },
];

/** Sector rules that bind wherever they are met. */
export const SECTOR_PRACTICES: readonly TextRule[] = [
  {
    code: 'governance.minors',
    scoreBp: 2_000,
    reason: 'Children are profiled or targeted without parental consent (GDPR Art. 8, COPPA, DSA Art. 28).',
    wording:
      /\b(?:collect|gather|profile|track|target|monetis|monetiz|harvest)(?:e|es|ing|s)?\b[^.?!\n]{0,60}\b(?:children|kids|minors|under[- ]?1[368]s?|pupils|teens|teenagers)(?:'s|’s|s')?\b[^.?!\n]{0,80}\b(?:without (?:parental |their parents'? )?(?:consent|permission|knowledge)|advertis|ads\b|marketing)/i,
    unless: /\b(?:prevent|prohibit|avoid|protect|illegal|comply|complian)/i,
    critical: true,
  },
  {
    code: 'governance.evades-oversight',
    scoreBp: 1_500,
    reason: 'A control, audit or regulator is to be evaded.',
    wording:
      /\b(?:(?:bypass|circumvent|evade|avoid|get around|skip|disable|turn off|hide (?:it |this |that )?from)(?:ing)?) (?:the |our |any |all |internal |required )?(?:audit(?:s|ors?| logs?| logging| trail)?|regulators?|compliance (?:checks?|review|controls?|team)|aml (?:checks?|controls?)|kyc(?: checks?)?|sanctions (?:screening|checks?)|reporting (?:requirements?|thresholds?)|human (?:review|oversight|approval)|approval process)\b/i,
    unless:
      /\b(?:detect|prevent|people who|attempts? to|how (?:do|can) (?:we|companies) (?:stop|detect)|without|do not|don't|never|must not|should not|cannot)\b/i,
    critical: true,
  },
];
