/** Screen for prompt injection: the patterns as the sources print them, and a corrected set (WAF-02…07). */
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { Settings } from '../../../config/schema.ts';
import { segmentsOf } from '../../kit/segments.ts';
import { viewsOf } from '../../kit/text/index.ts';

/** A named pattern. */
export interface ScreenPattern {
  readonly name: string;
  readonly pattern: RegExp;
}

/** What the screen says of a decision. */
export interface ScreenResult {
  readonly isInjection: boolean;
  /** Names of the patterns that matched, in the order of the lists. */
  readonly matches: readonly string[];
  /** min(matches × 0.3, 1); says how many rules matched, not how probable an attack is (WAF-07). */
  readonly confidence: number;
}

/**
 * Patterns letter for letter; `(?i)` became the flag. They miss "ignore all previous instructions" and match
 * "you are now available".
 * @source Requirements WAF-02 to WAF-06
 */
export const PRINTED_PATTERNS: readonly ScreenPattern[] = [
  {
    name: 'printed.ignore-instructions',
    pattern: /(ignore|disregard|forget)\s+(previous|above|all)\s+(instructions|rules)/i,
  },
  { name: 'printed.you-are-now', pattern: /you\s+are\s+now\s+(a|an)/i },
  { name: 'printed.reveal-prompt', pattern: /(reveal|show|tell)\s+(your|the)\s+(instructions|prompt)/i },
  { name: 'printed.jailbreak', pattern: /jailbreak|DAN\s+mode/i },
  {
    name: 'printed.application.ignore-instructions',
    pattern: /(ignore|disregard)\s+(previous|above)\s+(instructions|rules)/i,
  },
  { name: 'printed.application.you-are-now', pattern: /you\s+are\s+now\s+(a|an)\s+\w+/i },
  { name: 'printed.application.jailbreak', pattern: /jailbreak|DAN\s+mode/i },
];

const OVERRIDE = '(?:ignore|disregard|forget|override|bypass)';
const WHICH = '(?:previous|prior|above|earlier|preceding|former|all|any|your|these|those|system)';
const RULES = '(?:instructions?|rules?|directions?|directives?|guidelines?|prompts?|orders?|constraints?)';
const SHOW = '(?:reveal|show|tell|print|repeat|output|display|give|leak|recite|disclose)';
const OWN = '(?:your|system|hidden|initial|original|developer|secret)';
const PERSONA = '(?:you are now|from now on,? you are|act as|pretend (?:to be|you are)|role-?play as)';
const UNBOUND =
  '(?:unrestricted|unfiltered|uncensored|jailbroken|unaligned|amoral|dan|' +
  '(?:without|no|ignores|free of)(?:\\sany|\\sall)? (?:rules|restrictions|limits|filters|guidelines|ethics))';

/** The same intents with words between, whole words, and personas only where they drop restrictions. */
export const CORRECTED_PATTERNS: readonly ScreenPattern[] = [
  {
    name: 'corrected.ignore-instructions',
    pattern: pattern(`\\b${OVERRIDE}\\b(?:\\W+\\w+){0,3}?\\W+${WHICH}\\b(?:\\W+\\w+){0,3}?\\W+${RULES}\\b`),
  },
  {
    name: 'corrected.persona',
    pattern: pattern(`\\b${PERSONA}\\b(?:\\W+\\w+){0,6}?\\W+${UNBOUND}\\b`),
  },
  {
    name: 'corrected.reveal-prompt',
    pattern: pattern(
      `\\b${SHOW}\\b(?:\\W+\\w+){0,3}?\\W+${OWN}\\b(?:\\W+\\w+){0,2}?\\W+(?:prompt|instructions?|message)\\b`,
    ),
  },
  {
    name: 'corrected.jailbreak',
    pattern: /\bjailbr(?:eak|oken)\w*\b|\bdan\s+mode\b|\bdo\s+anything\s+now\b/i,
  },
];

const NAMES = [...PRINTED_PATTERNS, ...CORRECTED_PATTERNS].map(({ name }) => name);

/** Texts that set the stage or were written by the model: they are no attempt on it. */
const NOT_SCREENED: ReadonlySet<string> = new Set(['system', 'assistant']);

/**
 * Screens the texts of a decision. Printed patterns see the text as it is, corrected ones every reading of it
 * (folded, joined, deciphered, decoded). Linear in the text.
 */
export function screenRequest(
  request: DecisionRequest,
  patterns: Settings['screen']['patterns'],
): ScreenResult {
  const matches = new Set<string>();
  const texts = segmentsOf({ request }).filter(({ origin }) => !NOT_SCREENED.has(origin));
  if (patterns === 'printed' || patterns === 'both') {
    for (const { text } of texts) collect(PRINTED_PATTERNS, text, matches);
  }
  if (patterns === 'corrected' || patterns === 'both') {
    for (const { text } of texts) {
      for (const view of viewsOf(text)) collect(CORRECTED_PATTERNS, view.text, matches);
    }
  }
  return {
    isInjection: matches.size > 0,
    matches: NAMES.filter((name) => matches.has(name)),
    confidence: Math.min((matches.size * 3) / 10, 1),
  };
}

function collect(patterns: readonly ScreenPattern[], text: string, into: Set<string>): void {
  for (const { name, pattern: found } of patterns) {
    if (!into.has(name) && found.test(text)) into.add(name);
  }
}

function pattern(source: string): RegExp {
  return new RegExp(source, 'i');
}
