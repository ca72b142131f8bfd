/**
 * Scores a text by rules: evidence adds up in log-odds, benign context takes off, a logistic gives the
 * severity.
 */
import { originalSpan } from '../text/index.ts';
import type { Tokens } from '../text/index.ts';
import type { ConceptHits, ConceptTrie } from './concept-trie.ts';
import type { Finding } from './finding.ts';
import { compilePattern, matchPattern } from './pattern.ts';
import type { Pattern, PatternMatch } from './pattern.ts';

/**
 * One rule: `weight` in log-odds (positive speaks for the code, negative is a benign context). A repeated
 * match adds
 * `again` (default 0) each, at most three times.
 */
export interface Rule {
  readonly code: string;
  readonly weight: number;
  /** Notations of {@link Pattern}; any of them is enough. */
  readonly patterns: readonly string[];
  readonly again?: number;
  readonly reason: string;
}

/** A detector's rules. `bias` is the log-odds of a text that no rule speaks about. */
export interface RuleTable {
  readonly name: string;
  readonly bias: number;
  readonly rules: readonly Rule[];
}

interface CompiledRule extends Rule {
  readonly compiled: readonly Pattern[];
}

/** What is added when a finding shows only after decoding or joining: hiding it is itself evidence. */
const HIDDEN_WEIGHT = 1.5;
const LEAST_HIDDEN_GAIN = 2;

/** Share of the weight that a quoted example keeps in a text that talks about attacks. */
const MENTIONED_SHARE = 0.15;

/** A reading of the text with its concepts. */
export interface Tagged {
  readonly tokens: Tokens;
  readonly hits: ConceptHits;
}

/** Evidence found outside the rules (shape of the text, origin), in the same currency. */
export interface Signal {
  readonly code: string;
  readonly weight: number;
  readonly reason: string;
  readonly span?: { readonly start: number; readonly end: number };
}

interface CodeScore {
  weight: number;
  best: number;
  reason: string;
  span: { start: number; end: number };
}

interface Scored {
  readonly scores: ReadonlyMap<string, CodeScore>;
  readonly discount: number;
}

/** Rules of one detector, compiled against the concepts. */
export class RuleSet {
  readonly #table: RuleTable;
  readonly #rules: readonly CompiledRule[];
  /** Concept of talk about attacks: quotations beside it are mentions, not orders. */
  readonly #talk: number;

  constructor(table: RuleTable, trie: ConceptTrie) {
    this.#table = table;
    this.#talk = trie.numberOf('quoted-talk');
    this.#rules = table.rules.map((rule) => ({
      ...rule,
      compiled: rule.patterns.flatMap((notation) => compilePattern(notation, trie)),
    }));
  }

  /**
   * Findings of a text, strongest first. All evidence of the reading adds up; each finding names one code and
   * carries the severity of the whole reading, scaled to what its own code contributed.
   */
  judge(readings: readonly Tagged[], signals: readonly Signal[] = []): readonly Finding[] {
    const best = new Map<string, Finding>();
    let plain = Number.POSITIVE_INFINITY;
    readings.forEach((reading, index) => {
      const scored = this.#score(reading, signals);
      const sum = [...scored.scores.values()].reduce((total, score) => total + score.weight, 0);
      // Hiding is evidence only where the plain reading shows clearly less.
      const isHidden = index > 0 && sum >= plain + LEAST_HIDDEN_GAIN;
      if (index === 0) plain = sum;
      for (const finding of this.#findings(reading, scored, isHidden)) {
        const known = best.get(finding.code);
        if (!known || known.severity < finding.severity) best.set(finding.code, finding);
      }
    });
    return [...best.values()].sort((a, b) => b.severity - a.severity);
  }

  #score({ tokens, hits }: Tagged, signals: readonly Signal[]): Scored {
    const scores = new Map<string, CodeScore>();
    let discount = 0;
    const mentioned = hits[this.#talk] ? quotations(tokens.view.text) : undefined;
    for (const rule of this.#rules) {
      const matches = rule.compiled.flatMap((pattern) => matchPattern(pattern, tokens, hits));
      if (matches.length === 0) continue;
      const share =
        mentioned && matches.every((match) => isInside(mentioned, tokens, match)) ? MENTIONED_SHARE : 1;
      const weight = share * (rule.weight + (rule.again ?? 0) * Math.min(3, distinctPlaces(matches) - 1));
      if (weight < 0) discount += weight;
      else addScore(scores, rule, weight, spanOf(tokens, matches[0]!));
    }
    for (const signal of signals) {
      if (signal.weight < 0) discount += signal.weight;
      else addScore(scores, signal, signal.weight, signal.span ?? { start: 0, end: 0 });
    }
    return { scores, discount };
  }

  #findings({ tokens }: Tagged, { scores, discount }: Scored, isHidden: boolean): Finding[] {
    if (scores.size === 0) return [];
    let total = this.#table.bias + discount + (isHidden ? HIDDEN_WEIGHT : 0);
    for (const score of scores.values()) total += score.weight;
    const severity = 1 / (1 + Math.exp(-total));
    const ranked = [...scores].sort(([, a], [, b]) => b.weight - a.weight);
    const top = ranked[0]![1].weight;
    return ranked.map(([code, score]) => ({
      code,
      severity: severity * Math.min(1, 0.5 + (0.5 * score.weight) / top),
      span: score.span,
      reason: isHidden ? `${score.reason} (read as ${tokens.view.name})` : score.reason,
    }));
  }
}

function addScore(
  scores: Map<string, CodeScore>,
  { code, reason }: { code: string; reason: string },
  weight: number,
  span: { start: number; end: number },
): void {
  const score = scores.get(code);
  if (!score) scores.set(code, { weight, best: weight, reason, span });
  else {
    score.weight += weight;
    if (weight > score.best) Object.assign(score, { best: weight, reason, span });
  }
}

const QUOTATION = /(?<![a-z0-9])'[^'\n]{3,160}'(?![a-z0-9])|"[^"\n]{3,160}"|“[^”\n]{3,160}”|`[^`\n]{3,160}`/g;

/** Places of short quotations, in order. */
function quotations(text: string): readonly { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (const match of text.matchAll(QUOTATION))
    places.push({ start: match.index, end: match.index + match[0].length });
  return places;
}

function isInside(
  places: readonly { start: number; end: number }[],
  tokens: Tokens,
  match: PatternMatch,
): boolean {
  const start = tokens.starts[match.last]!;
  const end = tokens.ends[match.to]!;
  return places.some((place) => place.start <= start && end <= place.end);
}

function distinctPlaces(matches: readonly PatternMatch[]): number {
  return new Set(matches.map((match) => match.from)).size;
}

function spanOf(tokens: Tokens, match: PatternMatch): { start: number; end: number } {
  return originalSpan(tokens.view, tokens.starts[match.from]!, tokens.ends[match.to]!);
}
