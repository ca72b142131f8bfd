/** Evaluators whose evidence comes from rules: findings in, one evidence out. */
import { createHash } from 'node:crypto';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { Evidence, Span } from '../../../../contracts/messages/evidence.ts';
import type { EvaluationInput, Evaluator } from '../../../../runtime/kernel/ports/evaluator.ts';
import { evaluatorRef } from '../../../../runtime/kernel/ports/evaluator.ts';
import type { SeatCalibration } from '../../seat-plan.ts';

/** One thing that a rule found. */
export interface Finding {
  /** `seat.what`, kebab-case after the dots. */
  readonly code: string;
  /** Recommendation that follows from this finding alone, basis points; 10,000 = approve. */
  readonly scoreBp: number;
  /** One sentence for people, without personal data. */
  readonly reason: string;
  readonly basis: Evidence['basis'];
  readonly spans?: readonly Span[];
  /** Triggers a second round. */
  readonly critical?: boolean;
}

/** What makes a rule evaluator. */
export interface RuleEvaluatorOptions {
  readonly id: string;
  readonly version: string;
  readonly kind: 'rules' | 'record';
  /**
   * Tables that decide; the digest covers them and `version`. Code counts by name: its text differs once
   * built.
   */
  readonly rules: readonly unknown[];
  readonly calibration: SeatCalibration;
  /** Null: the mandate is not touched. An empty list: looked, nothing found. Must be pure. */
  readonly judge: (input: EvaluationInput) => readonly Finding[] | null;
}

/** Builds an evaluator from a pure judging function; evidence carries the lowest finding's score and code. */
export function ruleEvaluator(options: RuleEvaluatorOptions): Evaluator {
  const { id, version, kind, calibration } = options;
  const digest = rulesDigest([id, version, ...options.rules]);
  const evaluator = { id, version, kind, family: 'rules', remote: false, digest };
  const ref = evaluatorRef(evaluator);
  const own = { evaluator: ref, kind, family: 'rules' } as const;
  return {
    ...evaluator,
    evaluate: (input) => ({ ...own, ...evidenceOf(options.judge(input), calibration) }),
  };
}

/**
 * Whether a judging function has anything to say on a decision's own content: what `SeatPlan.isApplicable`
 * asks.
 */
export function touches(judge: RuleEvaluatorOptions['judge']): (decision: Decision) => boolean {
  return (decision) => judge({ decision, attested: {}, peers: [] }) !== null;
}

/**
 * Confidence of a code, basis points: the longest matching prefix of the calibration, else the benign one.
 */
export function confidenceOf(calibration: SeatCalibration, code: string): number {
  let best = -1;
  let confidenceBp = calibration.benignConfidenceBp;
  for (const [prefix, value] of Object.entries(calibration.findingConfidenceBp)) {
    if (
      prefix.length <= best ||
      !(code === prefix || code.startsWith(`${prefix}.`) || code.startsWith(`${prefix}-`))
    ) {
      continue;
    }
    best = prefix.length;
    confidenceBp = value;
  }
  return confidenceBp;
}

function evidenceOf(
  findings: readonly Finding[] | null,
  calibration: SeatCalibration,
): Omit<Evidence, 'evaluator' | 'kind' | 'family'> {
  const first = findings?.[0];
  if (!findings || !first) {
    return {
      scoreBp: 10_000,
      confidenceBp: calibration.benignConfidenceBp,
      code: 'none',
      reasons: [
        findings ? 'Nothing found that speaks against it.' : 'The mandate is not touched by this input.',
      ],
      spans: [],
      basis: 'content',
      critical: false,
      applicable: findings !== null,
    };
  }
  let worst = first;
  for (const finding of findings) if (finding.scoreBp < worst.scoreBp) worst = finding;
  const ordered = [worst, ...findings.filter((finding) => finding !== worst)];
  return {
    scoreBp: worst.scoreBp,
    confidenceBp: confidenceOf(calibration, worst.code),
    code: worst.code,
    reasons: ordered.slice(0, 20).map((finding) => finding.reason.slice(0, 500)),
    spans: ordered.flatMap((finding) => finding.spans ?? []).slice(0, 100),
    basis: worst.basis,
    critical: findings.some((finding) => finding.critical === true),
    applicable: true,
  };
}

function rulesDigest(rules: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const rule of rules) hash.update(JSON.stringify(rule, printable) ?? String(rule)).update('\n');
  return hash.digest('hex');
}

function printable(_key: string, value: unknown): unknown {
  if (value instanceof RegExp) return String(value);
  if (typeof value === 'function') return value.name;
  if (value instanceof Set) return [...value];
  return value instanceof Map ? [...value.entries()] : value;
}
