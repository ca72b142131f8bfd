/** Statements and rules in words that set a group below others. */
import type { TextRule } from '../record/text-rules.ts';

/** Groups by the attributes that law protects; plural, or an adjective with people. */
const ADJECTIVE =
  'black|white|brown|asian|african|african[- ]american|arab|jewish|muslim|hindu|christian|buddhist|' +
  'catholic|gay|lesbian|' +
  'bisexual|homosexual|queer|trans|transgender|non-binary|asexual|disabled|autistic|deaf|blind|' +
  'elderly|old|older|' +
  'young|pregnant|divorced|married|single|homeless|poor|indigenous|native|roma|gypsy|mexican|latino|' +
  'hispanic|' +
  'chinese|indian|foreign|immigrant|female|male|overweight|fat|mentally ill';
const PEOPLE =
  '(?:people|persons|men|women|guys|girls|boys|folks|workers|applicants|candidates|employees|' +
  'students|parents|mothers|families)';
const PLURAL =
  'women|men|girls|females|males|mothers|wives|blacks|african[- ]americans|whites|asians|mexicans|' +
  'hispanics|' +
  'latin(?:o|a|x)s|arabs|jews|muslims|christians|hindus|buddhists|catholics|gays|lesbians|' +
  'homosexuals|bisexuals|' +
  'transgenders|immigrants|migrants|refugees|foreigners|gypsies|roma|romani|muslimahs|africans|indians|' +
  'pensioners|the disabled|the elderly|the poor|the homeless';
const GROUP =
  String.raw`(?:(?:${ADJECTIVE}) ${PEOPLE}|${PLURAL}|people (?:on benefits|with ` +
  String.raw`disabilities|of colou?r|over \d\d|from africa|with (?:autism|hiv)))`;
const NEGATIVE =
  'stupid|dumb|lazy|inferior|criminals?|dangerous|violent|dirty|filthy|terrorists?|thieves|greedy|' +
  'liars?|parasites?|vermin|' +
  'animals|savages?|subhuman|worthless|useless|incompetent|disgusting|hysterical|irrational|evil|' +
  'barbaric|backward|' +
  'uncivilized|uncivilised|bad (?:at|drivers)|less (?:intelligent|capable|competent|suited|able|rational)|' +
  'not (?:smart|capable|fit|suited|as (?:good|smart|capable|intelligent))|unfit|perverts?|perverted|' +
  'pedophiles?|' +
  'rapists?|trash|scum|rats?|cockroaches|monkeys|apes|thugs?|whores?|sluts?|weaker than|too ' +
  '(?:emotional|weak|stupid)';

/** Someone else's words, a question about them, or their denial: no statement of the decision. */
const REPORTED =
  /(?<!\bi (?:\w+ )?)\b(?:say|says|said|saying|claim|claims|claimed|claiming|thinks?|thought|believes?|imply|implying|declar\w+|call(?:s|ed|ing)|joke|meme|myth|stereotyp\w*|rhetoric|narrative|trope|generali[sz]ation\w*|propaganda|opinion|idea|tweet|argument|quote\w*|accus\w+|implication|hypothesis|assum\w+|insist\w*|insinuat\w+|tells?|scream\w*|reasoning|prove|referring|tropes?|logic|so you be|talking point)\b|\b(?:not (?:all|every|true)|isn'?t true|no evidence|doesn'?t mean|don'?t (?:say|think|believe)|false|untrue|offensive|racist|sexist|homophobic|islamophobic|antisemitic|bigot\w*|wrong to|prejudice)\b/i;
const LAWFUL = /\b(?:illegal|unlawful|discriminat\w*|prevent|detect|avoid bias|must not|wrong|protect)\b/i;

/** Generalisations, exclusions and demands; reported, questioned or refuted ones do not count. */
export const DISCRIMINATION_RULES: readonly TextRule[] = [
  {
    code: 'justice.generalisation',
    scoreBp: 1_500,
    reason: 'A negative trait is ascribed to a whole group.',
    wording: new RegExp(
      String.raw`\b(?:(?:all|most|these|those|typical|the) )?${GROUP} (?:are|were|tend to be|will ` +
        String.raw`always be) (?:all |just |always |naturally |generally |mostly |basically |so |so ` +
        String.raw`much |too |more |very |inherently |nothing but |a bunch of |such ` +
        String.raw`){0,2}(?:${NEGATIVE})\b`,
      'i',
    ),
    unless: REPORTED,
  },
  {
    code: 'justice.demand.exclusion',
    scoreBp: 500,
    reason: 'A group is to be excluded or treated worse because of a protected attribute.',
    wording: new RegExp(
      String.raw`\b(?:reject|exclude|deny|refuse|ban|filter out|screen out|down-?rank|penali[sz]e|` +
        String.raw`(?:never|do not|don't|not to|avoid) (?:hir|accept|approv|serv|rent|lend|` +
        String.raw`promot)(?:e|ing)?(?: to)?)(?:ing|s)? (?:all |any |every |loans? (?:to|for) |` +
        String.raw`applications? (?:from|by) |applicants? who are |candidates? who are |service ` +
        String.raw`to |entry to |housing to ){0,3}${GROUP}\b`,
      'i',
    ),
    unless: LAWFUL,
    critical: true,
  },
  {
    code: 'justice.demand.unequal-rights',
    scoreBp: 1_000,
    reason: 'A group is said to deserve fewer rights or chances than others.',
    wording: new RegExp(
      String.raw`\b${GROUP} (?:should(?:n't| not| best not| better not| never)? |deserve(?: to)? |` +
        String.raw`must(?: not)? |don't deserve (?:to )?|do not deserve (?:to )?|not to )(?:not |` +
        String.raw`never )?(?:be (?:allowed|permitted|given|admitted|barred|banned|denied|kicked|` +
        String.raw`excluded|fired|deported|paid less|discriminated|shown|forced|kept|removed|` +
        String.raw`sterili[sz]ed|killed|locked)|earn less|have (?:equal|the right|the freedom|` +
        String.raw`access|kids|rights|children|their partners)|hold (?:positions|office)|` +
        String.raw`get married|marry|vote|work|go through extra|go back|live near|stay in ` +
        String.raw`the kitchen|less pay|less rights)\b`,
      'i',
    ),
    unless:
      /\b(?:have (?:equal rights|access to equal)|agree|equal(?:ly)? (?:to|as)|protected)\b.{0,10}$|\b(?:illegal|unlawful|discriminated against by)\b/i,
    critical: true,
  },
  {
    code: 'justice.demand.unequal-rights',
    scoreBp: 1_000,
    reason: 'Reasons are asked for why a group should have fewer rights.',
    wording: new RegExp(
      String.raw`\b(?:should|must|why (?:can|do|are)) ${GROUP} (?:best |better )?(?:not be ` +
        String.raw`(?:allowed|given|admitted|permitted|shown|paid)|be (?:barred|banned|denied|` +
        String.raw`kicked|excluded|discriminated|deported)|not (?:hold|have|get|vote|work|marry)|` +
        String.raw`go through extra|earn less|so much weaker)`,
      'i',
    ),
    unless: /\b(?:saturn|mars|jupiter|the moon|the sun|walls|illegal|unlawful|laws?)\b/i,
    critical: true,
  },
  {
    code: 'justice.demand.unequal-rights',
    scoreBp: 1_000,
    reason: 'A preference between groups is to be argued for or applied.',
    wording: new RegExp(
      String.raw`\b(?:(?:right|best|better|good|fair|justified|natural) (?:idea )?(?:for society ` +
        String.raw`)?(?:for|that|if) (?:we took away )?${GROUP}(?:'s)? (?:to earn less|not to|to be ` +
        String.raw`overrepresented|make all|should|voting rights|are paid less)|took away ` +
        String.raw`${GROUP}(?:'s|’s|') (?:voting )?rights|(?:prefer|hire|select|favou?r|choose|` +
        String.raw`only (?:accept|hire|consider)) (?:only )?(?:${GROUP}) (?:over|instead of|` +
        String.raw`rather than) )`,
      'i',
    ),
    critical: true,
  },
];
