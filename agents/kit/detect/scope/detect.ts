/** Finds requests for what the conversation's own system prompt protects. */
import type { Decision } from '../../../../contracts/messages/decision.ts';
import { segmentsOf } from '../../segments.ts';
import type { Segment } from '../../segments.ts';
import { tokenText } from '../../text/index.ts';
import type { Tokens } from '../../text/index.ts';
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { ConceptHit } from '../concept-trie.ts';
import { FINDING_SEVERITY } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { detectInjection } from '../injection/detect.ts';
import type { Finding as SeatFinding } from '../record/rule-evaluator.ts';
import { RuleSet } from '../rule-set.ts';
import type { Signal, Tagged } from '../rule-set.ts';
import { isPlainWord, stemOf } from './plain-words.ts';
import { protectionOf } from './protection.ts';
import type { Protection } from './protection.ts';
import { SCOPE_RULES } from './rules.ts';

const rules = new RuleSet(SCOPE_RULES, CATALOGUE);
const KEPT = CATALOGUE.numberOf('kept');
const KEPT_VALUE = CATALOGUE.numberOf('kept-value');
const KEPT_TOPIC = CATALOGUE.numberOf('kept-topic');
const SECRETS = ['secret', 'secret-strong'].map((name) => CATALOGUE.numberOf(name));
const PERSONAL = ['personal', 'birth'].map((name) => CATALOGUE.numberOf(name));
const PRESSURE = ['hypothetical', 'role-play', 'override', 'authority'].map((name) =>
  CATALOGUE.numberOf(name),
);
const LIVES = CATALOGUE.numberOf('lives');
const WHERE = CATALOGUE.numberOf('where');
const PEOPLE = ['third-party', 'name'].map((name) => CATALOGUE.numberOf(name));
const INSTRUCTIONS = ['system-prompt', 'own-instructions'].map((name) => CATALOGUE.numberOf(name));

/** Findings `scope.*` of a text under a system text, strongest first; none where nothing is protected. */
export function detectScope(text: string, systemText: string): readonly Finding[] {
  const protection = protectionOf(systemText);
  if (!protection) return [];
  const readings = taggedReadingsOf(text).map((reading) => withKept(reading, protection));
  return rules.judge(readings, pressureOf(text));
}

/**
 * What attempts to turn the assistant add: evidence that is too weak alone counts beside a request for
 * what is kept.
 */
function pressureOf(text: string): readonly Signal[] {
  const severity = detectInjection(text, 'user')[0]?.severity ?? 0;
  if (severity < 0.1 || severity >= FINDING_SEVERITY) return [];
  const weight = Math.log(severity / (1 - severity)) - SCOPE_RULES.bias;
  return weight <= 0 ? [] : [{ code: 'scope.pressure', weight, reason: 'puts pressure on the assistant' }];
}

function withKept(reading: Tagged, protection: Protection): Tagged {
  const { tokens } = reading;
  const hits = [...reading.hits];
  const collect = (concepts: readonly number[]): ConceptHit[] =>
    concepts.flatMap((concept) => reading.hits[concept] ?? []);
  const words = stemsOf(tokens);
  const values = [...protection.values].flatMap((stem) => words.get(stem) ?? []);
  // Facts about people are kept from others: a text that names nobody asks about its own
  // writer, unless it presses.
  const isAboutSomebody =
    values.length > 0 || [...PEOPLE, ...PRESSURE].some((concept) => reading.hits[concept]);
  const kept = [
    ...(protection.secret ? collect(SECRETS).filter((hit) => isParticular(tokens, hit)) : []),
    ...(protection.personal && isAboutSomebody ? collect(PERSONAL) : []),
    ...(protection.personal && isAboutSomebody && reading.hits[WHERE] ? collect([LIVES]) : []),
    ...(protection.instructions ? collect(INSTRUCTIONS) : []),
  ];
  const topic: ConceptHit[] = [];
  for (const { stems, isDisclosure } of protection.guards) {
    const rare = [...stems].filter((stem) => !isPlainWord(stem));
    const telling = rare.length > 0 ? rare : [...stems];
    const found = telling.map((stem) => placesOf(words, stem)).filter((places) => places.length > 0);
    if (found.length === 0 || found.length < neededOf(telling.length)) continue;
    const places = found
      .flat()
      .filter((at) => telling.length > 1 || isHead(tokens, at))
      .map((at) => ({ from: at, to: at }));
    (isDisclosure ? kept : topic).push(...places);
  }
  set(hits, KEPT, kept);
  set(hits, KEPT_TOPIC, topic);
  set(
    hits,
    KEPT_VALUE,
    values.map((at) => ({ from: at, to: at })),
  );
  return { tokens, hits };
}

/**
 * Whether a hit means a certain secret: `a password`, `any password`, `passwords`, `password manager` speak
 * of the kind.
 */
function isParticular(tokens: Tokens, { from, to }: ConceptHit): boolean {
  const wordAt = (at: number): string => (at < 0 || at >= tokens.count ? '' : tokenText(tokens, at));
  if (/^(?:an?|any|some|every|good|strong|new|different)$/.test(wordAt(from - 1))) return false;
  if (/^an?$/.test(wordAt(from - 2)) && !/^(?:of|in|as|is|to)$/.test(wordAt(from - 1))) return false;
  if (/^(?:manager|generator|polic|field|hash|reset|protect|checker|rule|input|box)/.test(wordAt(to + 1)))
    return false;
  return (
    !/^(?:passwords|passphrases|passcodes|secrets|credentials)$/.test(wordAt(to)) || isMeant(wordAt(from - 1))
  );
}

function isMeant(word: string): boolean {
  return DETERMINER.test(word) || word === 'all';
}

const DETERMINER = /^(?:the|this|that|your|our|ur|ya|its)$/;

/**
 * Whether a word is what is spoken of: rare, or an everyday one (`key`) that is meant in particular and
 * not as a part of another name (`the key difference`).
 */
function isHead(tokens: Tokens, at: number): boolean {
  if (!isPlainWord(tokenText(tokens, at))) return true;
  if (at === 0 || !DETERMINER.test(tokenText(tokens, at - 1))) return false;
  if (at + 1 >= tokens.count || tokens.positions[at + 1]! - tokens.positions[at]! > 1) return true;
  return /^(?:is|was|in|as|with|to|and|or|for|of|that|you|backwards|please|now|by|from|using|letter)$/.test(
    tokenText(tokens, at + 1),
  );
}

/** How many words of a prohibition must return: all of one or two, most of more. */
function neededOf(count: number): number {
  return count <= 2 ? count : Math.ceil(count * 0.6);
}

function set(hits: (readonly ConceptHit[] | undefined)[], concept: number, places: ConceptHit[]): void {
  hits[concept] = places.length === 0 ? undefined : places.sort((a, b) => a.from - b.from);
}

/** From this length on, words of other languages that begin alike are the same (`dinosaur`, `dinosaurio`). */
const COGNATE_LENGTH = 6;

function placesOf(words: ReadonlyMap<string, number[]>, stem: string): readonly number[] {
  const same = words.get(stem);
  if (same || stem.length < COGNATE_LENGTH) return same ?? [];
  const places: number[] = [];
  const start = stem.slice(0, Math.max(COGNATE_LENGTH, stem.length - 2));
  for (const [word, at] of words) if (word.startsWith(start)) places.push(...at);
  return places;
}

function stemsOf(tokens: Tokens): ReadonlyMap<string, number[]> {
  const stems = new Map<string, number[]>();
  for (let at = 0; at < tokens.count; at += 1) {
    const stem = stemOf(tokenText(tokens, at));
    const places = stems.get(stem);
    if (places) places.push(at);
    else stems.set(stem, [at]);
  }
  return stems;
}

/** Severity from which a finding is critical. */
export interface ScopeOptions {
  readonly seat: string;
  readonly critical: { readonly severity: number };
}

const WHOLE_BP = 10_000;
const HIGHEST_REJECTION_BP = 4_999;

/**
 * Findings in a decision; null where it has no system text, or one that protects nothing.
 *
 * The system text is the caller's word, so the evidence is asserted: it can only lower a score.
 */
export function scopeFindings(decision: Decision, options: ScopeOptions): readonly SeatFinding[] | null {
  const segments = segmentsOf(decision);
  const system = segments.filter(({ origin }) => origin === 'system').map(({ text }) => text);
  if (system.length === 0) return null;
  const systemText = system.join('\n');
  if (!protectionOf(systemText)) return null;
  return segments
    .filter(({ origin }) => origin !== 'system' && origin !== 'assistant')
    .flatMap((segment) => findingsIn(segment, systemText, options));
}

function findingsIn(segment: Segment, systemText: string, { seat, critical }: ScopeOptions): SeatFinding[] {
  return detectScope(segment.text, systemText)
    .filter(({ severity }) => severity >= FINDING_SEVERITY)
    .map(({ code, severity, reason, span }) => ({
      code: `${seat}.${code}`,
      scoreBp: Math.min(HIGHEST_REJECTION_BP, Math.round(WHOLE_BP * (1 - severity))),
      reason: `The text ${reason}.`,
      basis: 'asserted',
      spans: [{ field: segment.field.slice(0, 300), ...span, label: code.slice(0, 80) }],
      critical: severity >= critical.severity,
    }));
}
