/** What an evaluator finds in a decision. */
import { z } from 'zod';
import { BasisPoints } from './ids.ts';

/** How an evaluator works: decides what its evidence may move (architecture §5). */
export const EvaluatorKind = z.enum(['rules', 'model', 'llm', 'record']);
/** See {@link EvaluatorKind}. */
export type EvaluatorKind = z.infer<typeof EvaluatorKind>;

/**
 * A place in the decision that evidence rests on: offsets are UTF-16 code units into the original text of
 * `field`
 * (`text`, `messages.2.content`, `claims.0.text`, `context.reviewer`), end exclusive.
 */
export const Span = z.strictObject({
  field: z.string().max(300),
  start: z.int().min(0),
  end: z.int().min(0),
  label: z.string().max(80),
});
/** See {@link Span}. */
export type Span = z.infer<typeof Span>;

/**
 * Evidence of one evaluator. `scoreBp` is the recommendation (10,000 = approve), `confidenceBp` the measured
 * probability that this recommendation is right; both in basis points.
 */
export const Evidence = z.strictObject({
  /** `id@version#sha256`, 12 hex digits of the digest. */
  evaluator: z.string().regex(/^[a-z0-9./-]+@[0-9A-Za-z.+-]+#[0-9a-f]{12}$/),
  kind: EvaluatorKind,
  /** Model digest, provider, or `rules`: ballots of one family are not independent. */
  family: z.string().max(120),
  scoreBp: BasisPoints,
  confidenceBp: BasisPoints,
  /** Machine-readable finding (`privacy.card-number`, `security.injection.override`, `none`). */
  code: z
    .string()
    .regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/)
    .max(80),
  reasons: z.array(z.string().max(500)).max(20),
  spans: z.array(Span).max(100),
  /**
   * What a `record` or fact-based finding rests on: caller's word, our own or signed record, or the content
   * itself.
   */
  basis: z.enum(['asserted', 'attested', 'content']),
  /** Critical evidence triggers round 2. */
  critical: z.boolean(),
  /** False: the mandate is not touched by this input. */
  applicable: z.boolean(),
});
/** See {@link Evidence}. */
export type Evidence = z.infer<typeof Evidence>;

/** What a seat may see of another seat's round-1 evidence: structure, never prose. */
export const PeerEvidence = z.strictObject({
  seat: z.string().max(40),
  evaluator: z.string().max(200),
  kind: EvaluatorKind,
  code: z.string().max(80),
  scoreBp: BasisPoints,
  confidenceBp: BasisPoints,
  critical: z.boolean(),
  /**
   * Whether that seat holds a veto; absent: no. Its absence would hold the decision, so it may move others.
   */
  vetoes: z.boolean().optional(),
  spans: z.array(Span.omit({ label: true })).max(100),
});
/** See {@link PeerEvidence}. */
export type PeerEvidence = z.infer<typeof PeerEvidence>;
