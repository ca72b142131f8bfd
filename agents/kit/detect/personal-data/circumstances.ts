/** Health and money of a person: only together with words that tie them to someone. */
import type { PersonalDatum } from './kinds.ts';

const CONDITION =
  'hiv|aids|cancer|leuk(?:a)?emia|lymphoma|tumou?r|diabet(?:es|ic)|depress(?:ion|ive disorder)|' +
  'bipolar(?: disorder)?|' +
  'schizophreni[ac]|anxiety(?: disorder)?|ptsd|autis(?:m|tic)|adhd|epilep(?:sy|tic)|dementia|' +
  'alzheimer(?:.s)?|' +
  'parkinson(?:.s)?|multiple sclerosis|hepatitis(?: [abc])?|syphilis|chlamydia|gonorrh(?:o)?ea|' +
  'herpes|miscarriage|' +
  'abortion|infertility|pregnan(?:t|cy)|addict(?:ion|ed)|alcoholi(?:sm|c)|overdose|stroke|heart ' +
  '(?:attack|failure|disease)|' +
  'kidney failure|cirrhosis|asthma|anorexia|bulimia|eating disorder|suicid(?:al|e attempt)|' +
  'self-harm|hypertension|' +
  'covid(?:-19)?|tuberculosis|crohn(?:.s)?|lupus|endometriosis';

/** Health: a condition that someone has, was diagnosed with, or is treated for. */
const HEALTH = new RegExp(
  String.raw`\b(?:diagnos(?:ed|is)(?: (?:is|with|of|as|:)){0,2}:?|suffer(?:s|ed|ing)? from|treated ` +
    String.raw`for|tested positive(?: for)?|history of|hospitali[sz]ed for|admitted for|prescribed ` +
    String.raw`(?:\w+ )?for|medical condition:?|has been (?:living )?with|(?:he|she|they|patient|` +
    String.raw`wife|husband|son|daughter|employee|applicant|\p{Lu}\p{Ll}+) (?:has|had|is)) ` +
    String.raw`(?:(?:a|an|his|her|their|severe|chronic|mild|stage \w+|type \w+|major|acute|` +
    String.raw`the) ){0,3}(?:${CONDITION})\b`,
  'giu',
);
const LAB =
  /\b(?:hiv|std|sti|drug|covid|pregnancy|genetic) test(?: result)?s?(?: (?:is|was|came back|are))? (?:positive|negative)\b|\b(?:HbA1c|CD4|viral load|blood pressure|cholesterol|PSA)(?: (?:of|is|was|:))? ?\d[\d./]*/gi;
const MONEY =
  /\b(?:salary|income|earns|earning|wage|net worth|account balance|balance|debts?|owes|mortgage|credit score|bonus|pension|inheritance)(?: (?:is|was|of|about|at|around|:|=))?:? {0,2}(?:[$€£¥]\s?\d[\d,.]{2,15}[kKmM]?|\d[\d,.]{2,15} ?(?:dollars|euros|pounds|usd|eur|gbp|k\b)|[3-8]\d\d\b)/gi;

/** Health and financial circumstances of a text. */
export function findCircumstances(text: string, into: PersonalDatum[]): void {
  for (const match of text.matchAll(HEALTH)) push(match, 'health', into);
  for (const match of text.matchAll(LAB)) push(match, 'health', into);
  for (const match of text.matchAll(MONEY)) push(match, 'financial', into);
}

function push(match: RegExpExecArray, kind: 'health' | 'financial', into: PersonalDatum[]): void {
  into.push({ kind, start: match.index, end: match.index + match[0].length, validated: false, form: kind });
}
