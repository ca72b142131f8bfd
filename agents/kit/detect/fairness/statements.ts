/** Statements and rules in words that set a group below others. */
import type { TextRule } from '../record/text-rules.ts';

const GROUP =
  "(?:women|men|girls|females?|males?|mothers|wives|blacks?|black (?:people|men|women|guys)|african[- ]americans?|whites?|white people|asians?|chinese|indians?|mexicans?|hispanics?|latin[oax]s?|arabs?|jews?|jewish people|muslims?|christians?|hindus?|gays?|lesbians?|homosexuals|trans(?:gender)?(?: people| women| men)?|immigrants?|migrants?|refugees|foreigners|gypsies|roma|romani|disabled people|the disabled|elderly(?: people)?|old people|older (?:workers|applicants|people)|poor people)";
const NEGATIVE =
  '(?:stupid|dumb|lazy|inferior|criminals?|dangerous|violent|dirty|filthy|terrorists?|thieves|greedy|liars?|parasites?|vermin|animals|savages|subhuman|worthless|useless|incompetent|disgusting|emotional|hysterical|irrational|evil|bad (?:at|drivers)|less (?:intelligent|capable|competent|suited|able)|not (?:smart|capable|fit|suited|as (?:good|smart|capable|intelligent))|unfit|sick|perverts?|pedophiles?|rapists?|trash|scum)';

/** Generalisations and exclusions; quoted, questioned or refuted ones do not count. */
export const DISCRIMINATION_RULES: readonly TextRule[] = [
  {
    code: 'justice.generalisation',
    scoreBp: 1_500,
    reason: 'A negative trait is ascribed to a whole group.',
    wording: new RegExp(
      `\\b(?:(?:all|most|these|those|the|typical) )?${GROUP} (?:are|were|tend to be|are (?:all|just|always|naturally|generally|basically|inherently)|will always be) (?:all |just |always |naturally |generally |basically |so |too |more |very |inherently |nothing but |a bunch of )?${NEGATIVE}\\b`,
      'i',
    ),
    unless: /\b(?:not true|false|stereotyp|myth|wrong to|offensive|racist to|sexist to|don't (?:say|think|believe)|no evidence)/i,
    critical: true,
  },
  {
    code: 'justice.exclusion',
    scoreBp: 500,
    reason: 'A group is to be excluded or treated worse because of a protected attribute.',
    wording: new RegExp(
      `\\b(?:(?:reject|exclude|deny|refuse|ban|avoid|filter out|screen out|down-?rank|penali[sz]e|never (?:hire|accept|approve)|do(?: not|n't) (?:hire|accept|approve|serve|rent to|lend to|promote)|no)(?:ing)?) (?:all |any |every |loans? (?:to|for) |applications? (?:from|by) |applicants? who are |candidates? who are |service to |entry to )*${GROUP}\\b`,
      'i',
    ),
    unless: /\b(?:illegal|unlawful|discriminat|prevent|detect|avoid bias|must not|should not|shouldn't|wrong)\b/i,
    critical: true,
  },
];
