/** Detectors without n-grams: a few numbers of the input, weighed by a stack. */
import { createHash } from 'node:crypto';
import type { Span } from '../../../contracts/messages/evidence.ts';
import { claimFeatures, stemOf } from '../../kit/detect/claims/features.ts';
import type { ClaimFeatures } from '../../kit/detect/claims/features.ts';
import { CLAIM_SIGNALS, claimSignals, compareClaim } from '../../kit/detect/claims/compare.ts';
import { detectDistress } from '../../kit/detect/distress/detect.ts';
import { findPersonalData, PERSONAL_DATA_KINDS } from '../../kit/detect/personal-data/index.ts';
import type { Detector, DetectorInput } from './detector.ts';
import { RULE_TABLES } from './rule-tables.ts';
import { confidenceOf, logOdds, parseStack, stackScore } from './stack.ts';
import { checkInput } from './text-detector.ts';

/** Detectors of this kind. */
export type SignalDetectorId = 'crisis' | 'pii' | 'grounding';

/** What was seen of an input. */
export interface SignalReading {
  readonly signals: readonly number[];
  readonly spans: readonly Span[];
}

/** Signals of the comparison that a stack weighs too; its constant is the stack's own. */
const COMPARED = CLAIM_SIGNALS.slice(0, -1);

/** Names of the signals of each detector, and how they are read. */
export const SIGNAL_FORMS: Readonly<
  Record<SignalDetectorId, { readonly names: readonly string[]; read(input: DetectorInput): SignalReading }>
> = {
  crisis: { names: ['rules'], read: readCrisis },
  pii: { names: ['surest', 'others'], read: readPersonalData },
  grounding: {
    names: [
      ...COMPARED,
      'contradicted',
      'length',
      'no-evidence',
      'strange-letters',
      'question',
      'opinion',
      'longest-run',
    ],
    read: readClaim,
  },
};

/** Makes a detector of its `stack.json`. @throws bad_encoding */
export function signalDetector(id: SignalDetectorId, stackText: string): Detector {
  const form = SIGNAL_FORMS[id];
  const stack = parseStack(stackText, form.names);
  const digest = createHash('sha256').update(stackText).update(RULE_TABLES).digest('hex');
  return {
    id,
    version: stack.version,
    digest,
    judge: async (input, budget) => {
      checkInput(input, budget);
      const reading = form.read(input);
      const score = stackScore(stack.weights, reading.signals);
      const isHarm = score >= stack.thresholds[input.origin];
      return {
        score,
        isHarm,
        confidence: confidenceOf(stack, score, isHarm),
        spans: reading.spans,
        layers: [{ layer: 'rules', score }],
      };
    },
  };
}

function readCrisis({ text, messages }: DetectorInput): SignalReading {
  const before = (messages ?? []).filter(({ origin }) => origin === 'user').map((one) => one.text);
  const texts = before.length > 1 ? [text, before.slice(-8).join('\n')] : [text];
  const found = texts.map((one) => detectDistress(one, 'user'));
  const severity = Math.max(0, ...found.map((findings) => findings[0]?.severity ?? 0));
  const spans = found[0]!.map(({ code, span }) => ({
    field: 'text',
    start: span.start,
    end: span.end,
    label: code,
  }));
  return { signals: [logOdds(severity, -6, 8)], spans };
}

function readPersonalData({ text }: DetectorInput): SignalReading {
  const found = findPersonalData(text);
  const sure = found.map(({ kind, validated }) => {
    const { identifiability } = PERSONAL_DATA_KINDS[kind];
    return validated ? 0.5 + identifiability / 2 : identifiability;
  });
  const surest = Math.max(0, ...sure);
  return {
    signals: [surest, Math.min(3, Math.max(0, found.length - 1))],
    spans: found.slice(0, 100).map(({ kind, start, end }) => ({ field: 'text', start, end, label: kind })),
  };
}

const OPINION =
  /\b(?:i (?:think|love|like|believe|feel|guess|wonder|heard|hope)|my favou?rite|in my opinion|amazing|awesome)\b/i;

function readClaim({ text, evidence = '' }: DetectorInput): SignalReading {
  const said = claimFeatures(text);
  const given = claimFeatures(evidence);
  const signals = claimSignals(said, given).slice(0, COMPARED.length);
  const { relation } = compareClaim(text, [evidence]);
  return {
    signals: [
      ...signals,
      relation === 'contradicted' ? 1 : 0,
      Math.log(1 + said.words.size),
      evidence.trim() === '' ? 1 : 0,
      strangeLetters(text, evidence),
      /\?\s*$/.test(text) ? 1 : 0,
      OPINION.test(text) ? 1 : 0,
      longestRun(text, evidence),
    ],
    spans: strangeWords(text, said, given),
  };
}

/** Share of the claim's rows of four letters that the evidence does not hold. */
function strangeLetters(text: string, evidence: string): number {
  const given = new Set<string>();
  const plain = (raw: string): string =>
    raw
      .slice(0, 20_000)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ');
  const known = plain(evidence);
  for (let at = 0; at + 4 <= known.length; at += 1) given.add(known.slice(at, at + 4));
  const claim = plain(text);
  let strange = 0;
  for (let at = 0; at + 4 <= claim.length; at += 1) if (!given.has(claim.slice(at, at + 4))) strange += 1;
  return claim.length < 4 ? 0 : strange / (claim.length - 3);
}

/** Share of the claim's words in its longest row of words that the evidence holds in the same order. */
function longestRun(text: string, evidence: string): number {
  const said =
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, 200) ?? [];
  const given =
    evidence
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, 2_000) ?? [];
  let longest = 0;
  let before = new Uint16Array(given.length + 1);
  for (const word of said) {
    const row = new Uint16Array(given.length + 1);
    for (let at = 0; at < given.length; at += 1) {
      if (given[at] !== word) continue;
      row[at + 1] = before[at]! + 1;
      longest = Math.max(longest, row[at + 1]!);
    }
    before = row;
  }
  return said.length === 0 ? 0 : longest / said.length;
}

/** Words of the claim that the evidence does not hold. */
function strangeWords(text: string, said: ClaimFeatures, given: ClaimFeatures): Span[] {
  const spans: Span[] = [];
  for (const match of text.slice(0, 20_000).matchAll(/\p{L}[\p{L}'’]*/gu)) {
    const stem = stemOf(match[0].toLowerCase());
    if (!said.words.has(stem) || given.words.has(stem)) continue;
    spans.push({
      field: 'text',
      start: match.index,
      end: match.index + match[0].length,
      label: 'not-in-evidence',
    });
    if (spans.length >= 100) break;
  }
  return spans;
}
