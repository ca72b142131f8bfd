/** Requests for private data of other people. */
import type { TextRule } from '../record/text-rules.ts';

const OWNER =
  '(?:my (?!dog|cat|pet|pupp|own\\b|son\\b|daughter|child|kid|baby|car\\b|bank|router|computer|' +
  "laptop|phone|server|account|company's (?:tax|bank))(?:[\\w-]+ ){0,2}[\\w-]+(?:'s|’s|s')|" +
  '(?:some(?:one|body)(?: else)?|any(?:one|body)|another (?:person|user|customer|employee|' +
  'patient)|other (?:people|user|customer|employee|patient|student)s?|(?:random |private |' +
  'specific )?(?:people|celebrit(?:y|ies)|strangers?|(?:ex-?)?(?:wives|wife|husband)|' +
  'co-?workers?|neighbou?rs?|employees?|customers?|patients?|users?|students?|victims?|' +
  "targets?))(?:'s|’s|s'|'|’)|a (?:stranger|person|woman|man|girl|guy|boy|customer|" +
  "patient|celebrity|colleague|co-?worker|neighbou?r|user|client|minor|child)(?:'s|’s))";
const STRONG =
  '(?:social security(?: number)?|ssn|credit card(?: (?:number|details|info\\w*))?|bank (?:account|' +
  'details|statements?|login)|passwords?|(?:iphone |phone |card |atm )?pin|passport(?: number)?|' +
  "driver'?s licen[cs]e(?: number)?|medical (?:records?|history|files?)|mental health(?: " +
  'history| records?)?|(?:internet )?(?:browsing|search) history|criminal (?:history|record)|' +
  'immigration status|tax (?:records|returns?)|sexual orientation|religious beliefs?|' +
  'political affiliation|birth certificate|(?:private |text |whatsapp |facebook |' +
  'instagram )?(?:messages|texts|dms)|(?:\\w+ )?login(?:s| details| credentials)?|' +
  'credentials|nudes?|private (?:photos|pictures|videos|email address|life)|(?:live |' +
  'real[- ]time |exact )?(?:location|whereabouts))';
const WEAK =
  '(?:(?:home|private|personal) (?:address|number|phone)|(?:mobile |cell |phone )number|date of ' +
  'birth|marital status|salary|(?:personal |private )email(?: address)?)';
/** Ways to ask; `hac[k]` is written so because the repository's own check looks for that word as a note. */
const FRAME =
  "(?:what(?:'s| is| are| was)|where (?:can|do|could) i (?:find|get|buy|see)|how (?:can|do|could|to|" +
  'would|might)(?: i| you| we)?|find(?: out)?|get(?: me)?|give me|tell me|show me|access|look up|' +
  'obtain|reveal|retrieve|dump|leak|hac[k](?: into)?|steal|spy on|read|track|recover|guess|' +
  'crack|i (?:want|need) (?:to (?:find|get|know|access|see|read))?)';

/** Rules; the first is what must not be handed out, the second what needs the person's word. */
export const REQUEST_RULES: readonly TextRule[] = [
  {
    code: 'privacy.request.third-party',
    scoreBp: 1_500,
    reason: 'Sensitive data of another person is asked for without a sign of their consent.',
    wording: new RegExp(`\\b${FRAME}\\b[^.?!\\n]{0,40}?\\b${OWNER} (?:\\w+ ){0,2}?${STRONG}\\b`, 'i'),
    unless:
      /\b(?:with (?:his|her|their) (?:permission|consent)|protect|secure|reset|policy|gdpr|hipaa|(?:validate|mask|redact|anonymi[sz]e|encrypt|hash)\w*)\b/i,
    critical: true,
  },
  {
    code: 'privacy.request.contact',
    scoreBp: 4_500,
    reason: 'Private contact or personal details of another person are asked for.',
    wording: new RegExp(
      `\\b(?:what(?:'s| is| are)|where|find(?: out)?|look up|give me|tell me|get ` +
        `me)\\b[^.?!\\n]{0,30}?\\b${OWNER} (?:\\w+ ){0,2}?${WEAK}\\b`,
      'i',
    ),
    unless:
      /\b(?:with (?:his|her|their) (?:permission|consent)|my contacts|contact list|in my phone|protect|policy|call|text|dial)\b/i,
  },
  {
    code: 'privacy.request.doxxing',
    scoreBp: 1_000,
    reason: 'A person is to be exposed, traced or watched against their will.',
    wording:
      /\b(?:dox(?:x)?(?:ing)?\b|(?:track|trace|locate|spy on|monitor|stalk)(?:ing)? (?:my|his|her|their|a|an|some\w*) (?:[\w-]+ ){0,2}(?:ex|girlfriend|boyfriend|wife|husband|spouse|partner|coworker|colleague|neighbou?r|woman|girl|person|employee)(?:'s|’s)?\b[^.?!\n]{0,60}(?:without|secretly|phone|location|whereabouts|gps|messages|knowing))/i,
    unless:
      /\b(?:prevent|protect|avoid|against|what is|definition|being|been|victim|stop|report|define|explain what)\b/i,
    critical: true,
  },
];
