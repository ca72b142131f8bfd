/** Names of persons: a cue and a capitalised sequence, or a known given name with what follows it. */
import { isGivenName, isSurname } from './given-names.ts';
import type { PersonalDatum } from './kinds.ts';

/** Part of a name: capitalised, with inner apostrophes and hyphens, or an initial. */
const PART = String.raw`(?:\p{Lu}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*){0,2}|\p{Lu}\.)`;
const PARTICLE =
  String.raw`(?:van der|van den|van de|van|von|zu|de la|de los|de|da|dos|del|della|` +
  String.raw`di|du|le|la|bin|bint|ibn|al|el|ter|ten|af|av|y|e)`;
const NAME = String.raw`${PART}(?: (?:${PARTICLE} )?${PART}){0,3}`;
const LONG = String.raw`\p{Lu}[\p{L}\p{M}]+(?:['’-]\p{L}[\p{L}\p{M}]*){0,2}`;
const FULL = String.raw`${PART}(?: (?:${PARTICLE} )?${PART}){1,3}`;
const RELATION =
  'brother|sister|wife|husband|son|daughter|mother|father|mom|mum|dad|uncle|aunt|cousin|nephew|' +
  'niece|grandfather|grandmother|friend|girlfriend|boyfriend|partner|fianc[ée]e?|boss|manager|' +
  'colleague|coworker|co-worker|neighbou?r|teacher|student|doctor|therapist|lawyer|patient|' +
  'client|customer|employee|tenant|applicant|candidate|roommate|kid|child|baby';

interface NameCue {
  readonly form: string;
  readonly shape: RegExp;
  /** The name must hold a known given name. */
  readonly known?: boolean;
}

/** Cues; group `name` is the name. `i` is avoided because capitals carry the evidence. */
export const NAME_CUES: readonly NameCue[] = [
  {
    form: 'titled',
    shape: cue(
      String.raw`\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Professor|Doctor|Sir|Madam|Herr|Frau|Monsieur|` +
        String.raw`Madame|Mme|Señora?|Sra?|Judge|Officer|Nurse|Captain|Sgt|Lt|Rev|Father|Sister)\b\.? {1,2}`,
      NAME,
    ),
  },
  {
    form: 'introduced',
    shape: cue(
      String.raw`\b(?:[Mm]y|[Hh]is|[Hh]er|[Tt]heir|[Tt]he|[Oo]ur)(?: (?:full|real|legal|first|last|` +
        String.raw`maiden|middle|given|new|old|birth|family|sur|partner's|wife's|husband's|son's|` +
        String.raw`daughter's|child's|mother's|father's|user's|patient's|client's|customer's|` +
        String.raw`employee's)){0,2} ?(?:[Nn]ame|[Ss]urname)(?:'s| is| was|:| to| as)? {1,2}`,
      NAME,
    ),
  },
  {
    form: 'called',
    shape: cue(
      String.raw`\b(?:called|named|known as|name is|name's|[Cc]all me|signed by|signed,|addressed ` +
        String.raw`to|on behalf of|registered to|belongs to|in the name of|under the name(?: of)?|` +
        String.raw`care of|c/o|attn:?) {1,2}`,
      NAME,
    ),
  },
  {
    form: 'first-person',
    shape: cue(String.raw`\b(?:I am|I'm|I’m|[Tt]his is|[Hh]ere is|[Ii]t's|[Hh]ello,? this is) {1,2}`, FULL),
  },
  { form: 'first-person', shape: cue(String.raw`\b(?:I am|I'm|I’m|[Tt]his is) {1,2}`, NAME), known: true },
  {
    form: 'greeted',
    shape: cue(
      String.raw`(?:^|\n|[.!?>] )\s{0,4}(?:[Dd]ear|[Hh]i|[Hh]ello|[Hh]ey|[Gg]ood (?:morning|` +
        String.raw`afternoon|evening)),? {1,2}`,
      NAME,
    ),
    known: true,
  },
  { form: 'greeted', shape: cue(String.raw`(?:^|\n|> ?)Dear {1,2}`, FULL) },
  {
    form: 'signed',
    shape: cue(
      String.raw`(?:[Rr]egards|[Ss]incerely|[Tt]hanks|[Tt]hank you|[Cc]heers|[Bb]est wishes|` +
        String.raw`[Yy]ours(?: truly| faithfully| sincerely)?),?\s{1,6}`,
      FULL,
    ),
  },
  {
    form: 'field',
    shape: cue(
      String.raw`(?:^|[\n>;,{("'])\s{0,6}["']?(?:[Nn]ame|[Ff]ull ?[Nn]ame|[Ff]irst ?[Nn]ame|[Ll]ast ` +
        String.raw`?[Nn]ame|[Ss]urname|[Pp]atient(?: [Nn]ame)?|[Cc]ustomer(?: [Nn]ame)?|` +
        String.raw`[Cc]lient(?: [Nn]ame)?|[Ee]mployee(?: [Nn]ame)?|[Aa]pplicant(?: [Nn]ame)?|` +
        String.raw`[Cc]ontact(?: [Pp]erson)?|[Ff]rom|[Tt]o|[Ss]ender|[Rr]ecipient|[Cc]ardholder|` +
        String.raw`[Aa]ccount holder|[Bb]eneficiary|[Ww]ho)["']?\s{0,3}[:=]\s{0,3}["']?`,
      FULL,
    ),
  },
  {
    form: 'field',
    shape: cue(
      String.raw`(?:^|[\n>;,{("'])\s{0,6}["']?(?:[Nn]ame|[Ff]ull ?[Nn]ame|[Ff]irst ?[Nn]ame|[Ll]ast ` +
        String.raw`?[Nn]ame|[Ss]urname|[Pp]atient(?: [Nn]ame)?)["']?\s{0,3}[:=]\s{0,3}["']?`,
      NAME,
    ),
  },
  {
    form: 'related',
    shape: cue(
      String.raw`\b(?:[Mm]y|[Hh]is|[Hh]er|[Tt]heir|[Oo]ur|[Tt]he) (?:\p{Ll}+ )?(?:${RELATION})s?,? ` +
        String.raw`{1,2}(?:is |was |named |called )?`,
      NAME,
    ),
  },
  {
    form: 'acting',
    shape: new RegExp(
      String.raw`(?<![\p{L}'’-])(?<name>${FULL})(?= (?:lives|lived|resides|works|worked|was born|` +
        String.raw`said|says|told|wrote|asked|has been diagnosed|was diagnosed|suffers|earns|owes|` +
        String.raw`died|married|called|replied|phoned|emailed)\b)`,
      'gu',
    ),
  },
  {
    form: 'acting',
    shape: new RegExp(
      String.raw`(?<![\p{L}'’-])(?<name>${PART})(?= (?:lives (?:at|in|on)|resides (?:at|in)|was ` +
        String.raw`born (?:on|in)|has been diagnosed|was diagnosed|told me|flew to|works (?:at|as|for))\b)`,
      'gu',
    ),
  },
  {
    form: 'owning',
    shape: new RegExp(
      String.raw`(?<![\p{L}'’-])(?<name>${NAME})(?=(?:'s|’s|') (?:\p{L}+ ){0,2}(?:phone|number|` +
        String.raw`e-?mail|address|birthday|date of birth|salary|account|password|medical|diagnosis|` +
        String.raw`ssn|social security|passport|card|home|house)\b)`,
      'gu',
    ),
  },
  {
    form: 'initialled',
    shape: new RegExp(
      String.raw`(?<![\p{L}'’.-])(?<name>\p{Lu}\p{Ll}[\p{L}\p{M}'’-]* \p{Lu}\.? ${LONG}(?: ` +
        String.raw`${LONG})?)(?![\p{L}])`,
      'gu',
    ),
  },
  {
    form: 'addressed',
    shape: new RegExp(
      String.raw`(?:^|\n|[.!?:"”] |: "?)(?<name>\p{Lu}\p{Ll}{2,}),(?= (?:can|could|would|will|` +
        String.raw`please|remember|do|are|have|did|thank|thanks|don't|I)\b)`,
      'gu',
    ),
  },
  {
    form: 'by',
    shape: cue(
      String.raw`\b(?:by|beneficiary|assistant to|meeting with|spoke (?:to|with)|talked to|met(?: ` +
        String.raw`with)?|married(?: to)?|dating|add|remove|contact|under|shouted at|leave me|fired|` +
        String.raw`hire|hired) {1,2}`,
      FULL,
    ),
  },
  {
    form: 'said',
    shape: cue(String.raw`["”’,] (?:said|says|asked|replied|wrote|added|explained) (?!the\b)`, FULL),
  },
];

/** Lower-case introductions: only known given names count. */
const LOWER =
  /\b(?:my name(?:'s| is)|i am|i'm|call me|this is|named|name to) (?<name>[a-z]{2,15}(?: [a-z]{2,15})?)\b/g;
const PAIR = new RegExp(
  String.raw`(?<![\p{L}\p{N}'’@/_-])(?<name>\p{Lu}[\p{L}\p{M}'’-]+(?: ${PART}){1,3})(?![\p{L}])`,
  'gu',
);
const SINGLE =
  /(?<![\p{L}\p{N}'’.@/_-])(?<![Ss]an |[Ss]anta |[Ss]t\.? |[Ll]ake |[Mm]ount |[Pp]ort |[Ss]aint )\p{Lu}\p{Ll}[\p{L}\p{M}]+(?![\p{L}\p{N}@_]|[’'-]\p{L}{2}|\.\p{L})/gu;
const KNOWN = new RegExp(
  String.raw`(?<![\p{L}\p{N}'’.@/_-])(?<given>\p{Lu}\p{Ll}[\p{L}\p{M}]+)(?<rest>(?: (?:${PARTICLE} ` +
    String.raw`)?${PART}){1,3})(?![\p{L}])`,
  'gu',
);
const LABEL = new RegExp(String.raw`(?:^|\n)(?<name>${PART}(?: ${PART})?)(?=: \p{Lu})`, 'gu');

const NOT_A_NAME = new Set(
  (
    'i the a an and or but if my your his her our their this that these those it he she we they you ' +
    'is are was were be ' +
    'not no yes ok okay please thanks thank hello hi dear sir madam all everyone everybody team ' +
    'there monday tuesday ' +
    'wednesday thursday friday saturday sunday january february march april may june july august ' +
    'september october ' +
    'november december christmas easter god jesus english german french spanish italian chinese ' +
    'japanese russian ' +
    'american british indian european african asian muslim christian jewish catholic hindu buddhist ' +
    'python java ' +
    'javascript linux windows google microsoft apple amazon facebook twitter instagram youtube ' +
    'chatgpt gpt openai ai ' +
    'api sql html css json http https university college school hospital bank street road avenue ' +
    'company inc ltd llc ' +
    'corp corporation group department ministry office committee council city state county country ' +
    'north south east ' +
    'west new united states kingdom america europe africa asia london paris berlin york what when ' +
    'where who why how ' +
    'which can could would will should do does did have has had in on at to for from by with as of ' +
    'about after before ' +
    'system admin administrator user customer client support manager hr ceo cto cfo president king ' +
    'queen prince ' +
    'princess lord lady saint st mr mrs ms dr prof professor doctor miss here tv pc us uk eu usa phd md'
  ).split(' '),
);

const ORGANISATION =
  /\b(?:Inc|Ltd|LLC|PLC|GmbH|AG|SA|Corp|Corporation|Group|Company|Co|Bank|University|Institute|Foundation|Association|Partners|Sons|Brothers|Holdings|Services|Systems|Technologies|Consulting|Orchestra|Museum|Hospital|Church|Street|Avenue|Road)\b/;
/** Given names that are as often a place or a thing. */
const PLACES = new Set(
  (
    'florence victoria virginia georgia charlotte carolina diego jerome chelsea adelaide lydia ' +
    'florian augusto troy aurora ' +
    'jack per jun kai leo max robin park kim chen ella alan cruz mercedes donna stella elsa alma leo ' +
    'felix oscar siri alexa paris'
  ).split(' '),
);

/** Names of persons in a text; what a cue introduces must not be a common word. */
export function findNames(text: string, into: PersonalDatum[]): void {
  for (const { form, shape, known } of NAME_CUES) {
    for (const match of text.matchAll(shape)) add(match, { form, known: known ?? false }, into);
  }
  for (const match of text.matchAll(LABEL)) add(match, { form: 'speaker', known: true }, into);
  for (const match of text.matchAll(KNOWN)) {
    const { given = '', rest = '' } = match.groups ?? {};
    if (!isGivenName(given)) continue;
    const name = trimmed(given + rest);
    if (name.includes(' ')) push({ start: match.index, name, form: 'full-name' }, into);
  }
  for (const match of text.matchAll(PAIR)) {
    const name = trimmed(match.groups?.['name'] ?? '');
    const parts = name.split(' ');
    if (parts.length < 2 || ORGANISATION.test(name)) continue;
    if (isSurname(parts.at(-1) ?? '')) push({ start: match.index, name, form: 'family-name' }, into);
  }
  for (const match of text.matchAll(SINGLE)) {
    if (!isGivenName(match[0]) || PLACES.has(match[0].toLowerCase())) continue;
    push({ start: match.index, name: match[0], form: 'given-name' }, into);
  }
  for (const match of text.matchAll(LOWER)) {
    const [first = ''] = (match.groups?.['name'] ?? '').split(' ');
    if (isGivenName(first))
      push({ start: match.index + match[0].indexOf(first, 4), name: first, form: 'lower-case' }, into);
  }
}

function cue(before: string, name: string): RegExp {
  return new RegExp(String.raw`${before}(?<name>${name})`, 'gu');
}

function add(match: RegExpExecArray, as: { form: string; known: boolean }, into: PersonalDatum[]): void {
  const whole = match.groups?.['name'] ?? '';
  const start = match.index + match[0].length - whole.length;
  const name = trimmed(whole);
  if (name === '') return;
  if (as.known && !name.split(' ').some(isGivenName)) return;
  push({ start, name, form: as.form }, into);
}

/** The name up to its first word that is none. */
function trimmed(whole: string): string {
  const parts = whole.split(' ');
  const until = parts.findIndex((part) => NOT_A_NAME.has(part.toLowerCase().replace(/[.'’]s?$/, '')));
  const kept = until < 0 ? parts : parts.slice(0, until);
  const name = kept.join(' ').replace(/['’]s$/, '');
  return /\p{L}{2}/u.test(name) && !/^\p{Lu}{5,}$/u.test(name) ? name : '';
}

function push(
  { start, name, form }: { start: number; name: string; form: string },
  into: PersonalDatum[],
): void {
  into.push({ kind: 'person', start, end: start + name.length, validated: false, form });
}
