/** What the layers of each text detector say of a text, as numbers that a stack weighs. */
import type { Origin } from '../../../contracts/messages/decision.ts';
import type { Span } from '../../../contracts/messages/evidence.ts';
import { DISCRIMINATION_RULES } from '../../kit/detect/fairness/statements.ts';
import type { Finding } from '../../kit/detect/finding.ts';
import { detectHarm } from '../../kit/detect/harm/detect.ts';
import { detectInjection } from '../../kit/detect/injection/detect.ts';
import { originalSpan } from '../../kit/text/index.ts';
import type { NgramModel } from '../ngram/model.ts';
import { readNgrams } from '../ngram/windows.ts';
import type { NgramReading } from '../ngram/windows.ts';
import type { LayerAnswer } from './detector.ts';
import { clip, logOdds } from './stack.ts';

/** Detectors of one text that rules and an n-gram model share. */
export type TextDetectorId = 'injection' | 'indirect-injection' | 'toxicity' | 'bias';

/** Signals of every text detector; a stack has one weight for each. */
export const TEXT_SIGNALS = ['ngram-whole', 'ngram-best', 'windows', 'rules', 'rules-and-ngram'] as const;

/** Signs that training holds the weights to: more evidence never makes a text more harmless. */
export const TEXT_SIGNS: readonly number[] = [1, 1, 1, 1, 1, 0];

/** What was seen of a text. */
export interface TextReading {
  /** Numbers in the order of {@link TEXT_SIGNALS}. */
  readonly signals: readonly number[];
  readonly findings: readonly Finding[];
  readonly ngrams: NgramReading;
}

/** Reads a text with rules and n-grams. Linear in the text. */
export function readText(id: TextDetectorId, model: NgramModel, text: string, origin: Origin): TextReading {
  const findings = rulesOf(id, text, origin);
  const ngrams = readNgrams(model, text);
  const rules = logOdds(findings[0]?.severity ?? 0, -NO_FINDING, MOST_RULES);
  const best = clip(ngrams.best, -6, 8);
  return {
    signals: [
      Math.max(0, Math.min(8, ngrams.whole)),
      best,
      -Math.log(Math.max(1, ngrams.windows)),
      rules,
      Math.max(0, rules + NO_FINDING / 2) * Math.max(0, best + 1),
    ],
    findings,
    ngrams,
  };
}

/** Answers of the single layers, each on its own. */
export function layersOf(model: NgramModel, reading: TextReading): LayerAnswer[] {
  return [
    { layer: 'rules', score: reading.findings[0]?.severity ?? 0 },
    { layer: 'ngram', score: model.probability(reading.ngrams.best) },
  ];
}

/** Places that speak for harm: findings of the rules, and the heaviest stretch of the best window. */
export function spansOf(model: NgramModel, reading: TextReading, text: string): Span[] {
  const spans: Span[] = [];
  for (const { code, severity, span } of reading.findings.slice(0, MOST_SPANS)) {
    if (severity >= LEAST_SEVERITY && span.end > span.start)
      spans.push({
        field: 'text',
        start: span.start,
        end: Math.min(text.length, span.end),
        label: code.slice(0, 80),
      });
  }
  const { view, start, end } = reading.ngrams;
  const heaviest = model.heaviest(view.text, start, end);
  if (heaviest !== undefined) {
    const place = originalSpan(view, heaviest.start, heaviest.end);
    spans.push({ field: 'text', start: place.start, end: Math.min(text.length, place.end), label: 'ngram' });
  }
  return spans;
}

const MOST_SPANS = 20;
const LEAST_SEVERITY = 0.3;
/** Log-odds of a text that no rule speaks about, and the most that rules can say. */
const NO_FINDING = 4;
const MOST_RULES = 8;

function rulesOf(id: TextDetectorId, text: string, origin: Origin): readonly Finding[] {
  switch (id) {
    case 'injection':
      // What the origin means is the threshold's affair; the operator's own words are not judged by rules.
      return origin === 'system' ? [] : detectInjection(text, 'user');
    case 'indirect-injection':
      return detectInjection(text, 'retrieved');
    case 'toxicity':
      return [...detectHarm(text), ...statements(text)].sort((a, b) => b.severity - a.severity);
    case 'bias':
      return statements(text);
  }
}

function statements(text: string): Finding[] {
  return DISCRIMINATION_RULES.flatMap(({ code, reason, scoreBp, wording, unless }) => {
    const match = wording.exec(text);
    if (match === null || unless?.test(text)) return [];
    const span = { start: match.index, end: match.index + match[0].length };
    return [{ code, reason, severity: 1 - scoreBp / 10_000, span }];
  });
}
