/** Rules of harmful requests: who asks how to do what to whom, and in which context that is harmless. */
import type { RuleTable } from '../rule-set.ts';

/** Log-odds by judgement, tuned like those of injection; 4 alone is a finding. */
export const HARM_RULES: RuleTable = {
  name: 'harm',
  bias: -4,
  rules: [
    {
      code: 'harm.violence',
      weight: 6,
      reason: 'asks how to hurt or kill a person',
      patterns: [
        'ask-how ..5 violence ..4 human ^figurative !past @3',
        'ask-how ..6 commit ..4 crime !past @3',
        'ask-how ..3 human ..3 violence ^figurative !past',
      ],
    },
    {
      code: 'harm.violence',
      weight: 5.5,
      reason: 'asks how to hurt or kill a person',
      patterns: ['ask-how ..5 rough ..3 human ^figurative !past @2', 'ask-how ..6 rough ..4 body !past @3'],
    },
    {
      code: 'harm.violence',
      weight: 5.5,
      reason: 'asks how to attack a place',
      patterns: [
        'ask-how ..5 place-attack ..4 place !own-thing|past @3 ^figurative',
        'ask-how ..4 possessive ..2 place ..2 place-attack',
      ],
    },
    {
      code: 'harm.violence',
      weight: 5.5,
      reason: 'asks for material that plans or incites violence',
      patterns: ['make-ask ..8 violence ..3 human !defend ^figurative @4'],
    },
    {
      code: 'harm.violence',
      weight: 2.5,
      reason: 'speaks of violence against a person',
      patterns: ['violence ..3 human ^figurative !past @3', 'commit ..3 crime'],
    },
    {
      code: 'harm.theft',
      weight: 5.5,
      reason: 'asks how to steal or break in',
      patterns: [
        'ask-how|make-ask ..6 steal ..4 steal-thing ^figurative !past @3',
        'ask-how ..5 steal ..4 human ^figurative @3',
        'ask-how ..4 steal ..3 place',
      ],
    },
    {
      code: 'harm.weapons',
      weight: 5.5,
      reason: 'asks for weapons or explosives',
      patterns: ['ask-how|make-ask ..8 weapon !past|defend|figurative @3'],
    },
    {
      code: 'harm.cbrn',
      weight: 6,
      reason: 'asks for chemical, biological or nuclear weapons',
      patterns: ['ask-how|make-ask ..10 cbrn !past|defend @3'],
    },
    {
      code: 'harm.weapons',
      weight: 3,
      reason: 'wraps technical detail of weapons in a story',
      patterns: ['fiction ..40 ask-how ..10 weapon|cbrn', 'make-ask ..20 ask-how ..10 weapon|cbrn|drug'],
    },
    {
      code: 'harm.drugs',
      weight: 5.5,
      reason: 'asks how to make or get illegal drugs',
      patterns: [
        'ask-how|make-ask ..8 drug-trade ..4 drug !drug-safe|defend @4',
        'drug-trade ..3 drug ..3 drug-trade !drug-safe @4',
        'ask-how|make-ask ..8 drug ..8 drug-trade !drug-safe|defend @4',
      ],
    },
    {
      code: 'harm.cyber',
      weight: 5.5,
      reason: 'asks for an attack on computers',
      patterns: [
        'ask-how|make-ask ..9 intrude-strong ..6 intrude-target !defend @6',
        'make-ask|ask-how ..7 malware !defend @8',
        'make-ask|ask-how ..10 intrude ..4 intrude-target ..14 steal|malware|harvested !defend @6',
      ],
    },
    {
      code: 'harm.cyber',
      weight: 4.2,
      reason: 'asks how to get around protection',
      patterns: ['ask-how|make-ask ..6 intrude ..3 intrude-target !defend|own-account @6'],
    },
    {
      code: 'harm.cyber',
      weight: 4.5,
      reason: 'orders an attack on computers',
      patterns: ['intrude-strong ..5 intrude-target !defend|past @6'],
    },
    {
      code: 'harm.crime',
      weight: 5.5,
      reason: 'asks how to commit a crime',
      patterns: [
        'ask-how|make-ask ..9 crime !defend|past @5',
        'ask-how|make-ask ..8 deceive ..5 deceived|human|harvested !defend|past @5',
      ],
    },
    {
      code: 'harm.crime',
      weight: 4.5,
      reason: 'asks for means to collect or misuse data of others',
      patterns: [
        'ask-how|make-ask ..8 harvest ..4 harvested ..10 stealth !defend',
        'make-ask ..5 artefact ..4 harvest ..3 harvested !defend',
        'ask-how|make-ask ..8 steal ..4 harvested !defend|past',
      ],
    },
    {
      code: 'harm.crime',
      weight: 4.5,
      reason: 'asks for means to slander, spam or disrupt',
      patterns: ['make-ask|ask-how ..10 smear !defend'],
    },
    {
      code: 'harm.crime',
      weight: 3,
      reason: 'orders a crime',
      patterns: ['deceive ..4 deceived !defend @5', 'commit ..2 crime'],
    },
    { code: 'harm.crime', weight: 2.5, reason: 'wants not to be caught', patterns: ['stealth'] },
    {
      code: 'harm.incitement',
      weight: 5.5,
      reason: 'asks for material that spreads hate, lies or danger',
      patterns: [
        'make-ask|ask-how ..12 incite ..6 incited !defend @5',
        'make-ask ..8 incited !defend|define @5',
        'make-ask ..12 incite ..6 crime|drug|violence',
      ],
    },
    {
      code: 'harm.minors',
      weight: 8,
      reason: 'sexualises minors',
      patterns: ['minor-sexual !defend|define @6'],
    },
    {
      code: 'harm.hate',
      weight: 5,
      reason: 'asks for words that demean',
      patterns: ['say-ask ..2 toxic !defend|past', 'say-ask ..3 toxic ..3 group'],
    },
    {
      code: 'harm.hate',
      weight: 6,
      reason: 'asks to set a group of people lower',
      patterns: [
        'demand-why ..6 group ..8 disadvantage !nonsense-place @20',
        'demand-why ..8 took-away ..2 group',
      ],
    },
    {
      code: 'harm.hate',
      weight: 5,
      reason: 'insults or threatens a group of people',
      patterns: ['group ..4 hate-verb', 'hate-verb ..3 group'],
    },
    { code: 'harm.hate', weight: 3, reason: 'uses a slur', patterns: ['slur'], again: 1 },
    {
      code: 'harm.hate',
      weight: 6,
      reason: 'denies, praises or wants to repeat an atrocity',
      patterns: ['atrocity ..8 atrocity-praise !history-why', 'atrocity-praise ..8 atrocity !history-why'],
    },
    {
      code: 'harm.self-harm',
      weight: 6,
      reason: 'asks how to hurt oneself',
      patterns: ['ask-how ..6 violence|rough ..3 self', 'ask-how ..6 self-harm-act'],
    },
    {
      code: 'harm.privacy',
      weight: 5.5,
      reason: 'asks for private facts of another person',
      patterns: [
        'privacy-ask ..2 my ..3 possessive ..2 privacy-object',
        'privacy-ask ..2 person-owner ..3 privacy-object',
        'privacy-ask ..4 my ..2 relation-any ..5 privacy-object !past @2',
      ],
    },
    { code: 'benign', weight: -5.5, reason: 'fiction, play or sport', patterns: ['fiction'] },
    { code: 'benign', weight: -2, reason: 'asks for meaning, history or law', patterns: ['define'] },
    { code: 'benign', weight: -2, reason: 'an essay or a text to work on', patterns: ['essay'] },
    { code: 'benign', weight: -2.5, reason: 'speaks of defence', patterns: ['defend'] },
  ],
};
