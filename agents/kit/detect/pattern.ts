/** Grammar-like patterns over concepts: slots in order, each within a distance of the one before. */
import type { Tokens } from '../text/index.ts';
import type { ConceptHit, ConceptHits, ConceptTrie } from './concept-trie.ts';

/**
 * A compiled pattern. Its notation: `verb|ask ..4 object` is a word of `verb` or `ask` and up to four
 * words later
 * one of `object`; without `..N` the distance is 3; `&` instead of a distance means either order within 6;
 * `!safe` means that no word of `safe` stands inside the match or up to `@N` words (default 3) after it;
 * `^safe` the
 * same from the slot before the last on.
 */
export interface Pattern {
  readonly slots: readonly Slot[];
  /** Concepts that stop the pattern when they stand inside the match or within `reach` words after it. */
  readonly unless: readonly number[];
  /** The same, from the slot before the last on. */
  readonly unlessLate: readonly number[];
  readonly reach: number;
}

interface Slot {
  readonly concepts: readonly number[];
  /** Largest distance, in positions, from the end of the slot before to the start of this one. */
  readonly distance: number;
}

/** Words of a match, inclusive. */
export interface PatternMatch {
  readonly from: number;
  readonly to: number;
  /** First word of the slot before the last, and of the last. */
  readonly pivot: number;
  readonly last: number;
}

const DEFAULT_DISTANCE = 3;
const EITHER_ORDER_DISTANCE = 6;
/** Matches beyond these say nothing new. */
const MAX_MATCHES = 8;

/** Compiles the notation of {@link Pattern}; `a & b` gives two patterns. */
export function compilePattern(notation: string, trie: ConceptTrie): readonly Pattern[] {
  const unless: number[] = [];
  const unlessLate: number[] = [];
  let reach = 3;
  const kept: string[] = [];
  for (const part of notation.trim().split(/\s+/)) {
    if (part.startsWith('!')) unless.push(...numbersOf(part.slice(1), trie));
    else if (part.startsWith('^')) unlessLate.push(...numbersOf(part.slice(1), trie));
    else if (part.startsWith('@')) reach = Number(part.slice(1));
    else kept.push(part);
  }
  const either = kept.indexOf('&');
  if (either < 0) return [{ slots: slotsOf(kept, trie), unless, unlessLate, reach }];
  const left = kept.slice(0, either);
  const right = kept.slice(either + 1);
  const gap = `..${EITHER_ORDER_DISTANCE}`;
  return [
    { slots: slotsOf([...left, gap, ...right], trie), unless, unlessLate, reach },
    { slots: slotsOf([...right, gap, ...left], trie), unless, unlessLate, reach },
  ];
}

function slotsOf(parts: readonly string[], trie: ConceptTrie): Slot[] {
  const slots: Slot[] = [];
  let distance = DEFAULT_DISTANCE;
  for (const part of parts) {
    if (part.startsWith('..')) distance = Number(part.slice(2));
    else {
      slots.push({ concepts: numbersOf(part, trie), distance });
      distance = DEFAULT_DISTANCE;
    }
  }
  return slots;
}

function numbersOf(names: string, trie: ConceptTrie): number[] {
  return names.split('|').map((name) => trie.numberOf(name));
}

/** Where the pattern holds, at most eight places. Linear in the number of hits of its slots. */
export function matchPattern(pattern: Pattern, tokens: Tokens, hits: ConceptHits): readonly PatternMatch[] {
  for (const slot of pattern.slots) if (!slot.concepts.some((concept) => hits[concept])) return [];
  let reached: PatternMatch[] | undefined;
  for (const slot of pattern.slots) {
    const candidates = hitsOf(slot.concepts, hits);
    reached =
      reached === undefined ? candidates.map(asMatch) : advance(reached, candidates, { slot, tokens });
    if (reached.length === 0) return [];
  }
  const matches: PatternMatch[] = [];
  for (const match of reached!) {
    if (isBlocked(pattern, match, { tokens, hits })) continue;
    matches.push(match);
    if (matches.length >= MAX_MATCHES) break;
  }
  return matches;
}

function hitsOf(concepts: readonly number[], hits: ConceptHits): readonly ConceptHit[] {
  if (concepts.length === 1) return hits[concepts[0]!] ?? [];
  const all: ConceptHit[] = [];
  for (const concept of concepts) {
    const list = hits[concept];
    if (list) for (const hit of list) all.push(hit);
  }
  return all.sort((a, b) => a.from - b.from);
}

/** Keeps the candidates that follow a partial match closely enough; the nearest partial match is taken. */
function advance(
  reached: readonly PatternMatch[],
  candidates: readonly ConceptHit[],
  { slot, tokens }: { slot: Slot; tokens: Tokens },
): PatternMatch[] {
  const byEnd = [...reached].sort((a, b) => a.to - b.to);
  const next: PatternMatch[] = [];
  let at = 0;
  let nearest: PatternMatch | undefined;
  for (const candidate of candidates) {
    while (at < byEnd.length && byEnd[at]!.to < candidate.from) nearest = byEnd[at++];
    if (!nearest) continue;
    const distance = tokens.positions[candidate.from]! - tokens.positions[nearest.to]! - 1;
    if (distance <= slot.distance)
      next.push({ from: nearest.from, to: candidate.to, pivot: nearest.last, last: candidate.from });
  }
  return next;
}

function asMatch({ from, to }: ConceptHit): PatternMatch {
  return { from, to, pivot: from, last: from };
}

/** Whether a stopping concept lies inside the match or within its reach after it. */
function isBlocked(
  pattern: Pattern,
  match: PatternMatch,
  { tokens, hits }: { tokens: Tokens; hits: ConceptHits },
): boolean {
  const high = tokens.positions[match.to]! + pattern.reach;
  const stands = (concept: number, first: number): boolean => {
    const low = tokens.positions[first]!;
    return (
      hits[concept]?.some(
        (hit) => tokens.positions[hit.from]! >= low && tokens.positions[hit.from]! <= high,
      ) ?? false
    );
  };
  return (
    pattern.unless.some((concept) => stands(concept, match.from)) ||
    pattern.unlessLate.some((concept) => stands(concept, match.pivot))
  );
}
