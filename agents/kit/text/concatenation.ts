/**
 * Joins payloads that were split over quoted parts: `a = "ig"; b = "nore"; a + b`, `Part 1: "…" Part 2:
 * "…"`.
 */
import { ViewBuilder } from './view.ts';
import type { View } from './view.ts';

/** Parts beyond these are not read. */
const MAX_PARTS = 64;
const PART =
  /(?:\b([A-Za-z_$][\w$]{0,15})\s{0,3}(?:=|:=|:|is)\s{0,3}|\b(?:part|string|chunk|piece|fragment|segment|teil|parte|partie)\s{0,2}\w{0,3}\s{0,3}(?:is|:|=)?\s{0,3})["'“”«`]([^"“”»`\n]{1,300}?)["”»`']/giu;
const SUM = /([A-Za-z_$][\w$]{0,15})\s{0,3}\+\s{0,3}(?=[A-Za-z_$])/g;
const INTERLEAVE = /interlac|interleav|alternat|zip\b|entrelaz|intercal|verschachtel/i;

/**
 * Reading made of the parts alone, in the order in which the text adds them, or undefined below two parts.
 * Linear.
 */
export function joinParts(text: string): View | undefined {
  if (!/["'“«`]/.test(text)) return undefined;
  const parts: { name: string; start: number; end: number }[] = [];
  for (const match of text.matchAll(PART)) {
    const end = match.index + match[0].length - 1;
    parts.push({ name: (match[1] ?? '').toLowerCase(), start: end - match[2]!.length, end });
    if (parts.length >= MAX_PARTS) break;
  }
  if (parts.length < 2) return undefined;
  const ordered = inAddedOrder(text, parts);
  const builder = new ViewBuilder(text.length);
  if (INTERLEAVE.test(text)) interleave(builder, text, ordered);
  else
    for (const part of ordered)
      for (let at = part.start; at < part.end; at += 1) builder.add(text[at]!, at, at + 1);
  return builder.build('concatenated');
}

function inAddedOrder<P extends { name: string }>(text: string, parts: readonly P[]): readonly P[] {
  const byName = new Map(parts.filter((part) => part.name !== '').map((part) => [part.name, part]));
  const ordered: P[] = [];
  let expected = -1;
  for (const match of text.matchAll(SUM)) {
    const part = byName.get(match[1]!.toLowerCase());
    if (part && match.index !== expected) ordered.push(part);
    const after = match.index + match[0].length;
    const next = byName.get(/^[\w$]{1,16}/.exec(text.slice(after, after + 16))?.[0]?.toLowerCase() ?? '');
    if (next) ordered.push(next);
    expected = after;
    if (ordered.length >= MAX_PARTS) break;
  }
  return ordered.length >= 2 ? ordered : parts;
}

function interleave(
  builder: ViewBuilder,
  text: string,
  parts: readonly { start: number; end: number }[],
): void {
  const longest = Math.max(...parts.map((part) => part.end - part.start));
  for (let offset = 0; offset < longest; offset += 1) {
    for (const part of parts) {
      const at = part.start + offset;
      if (at < part.end) builder.add(text[at]!, at, at + 1);
    }
  }
}
