/** The decision's sequenced stream: the only source for viewers, SDKs and replay. */
import { z } from 'zod';
import { Ballot } from './ballot.ts';
import { RiskLevel } from './decision.ts';
import { DecisionId, SeatId } from './ids.ts';
import { StepRecord, Tally, Verdict } from './verdict.ts';

const at = { sequence: z.int().min(1), decisionId: DecisionId, atWallMs: z.number() };

/** Seat as viewers draw it before any ballot. */
export const SeatCard = z.strictObject({
  seat: SeatId,
  title: z.string(),
  mandate: z.string(),
  weightBp: z.int().min(0),
  vetoes: z.boolean(),
});
/** See {@link SeatCard}. */
export type SeatCard = z.infer<typeof SeatCard>;

/** One event; `sequence` starts at 1 and has no gaps within a decision. */
export const DecisionEvent = z.discriminatedUnion('type', [
  z.strictObject({
    ...at,
    type: z.literal('opened'),
    decisionType: z.string(),
    sessionDigest: z.string(),
    deadlineMs: z.int(),
    statedRisk: RiskLevel.nullable(),
    thresholdBp: z.int(),
    quorumBp: z.int(),
    seats: z.array(SeatCard),
  }),
  z.strictObject({ ...at, type: z.literal('step'), step: StepRecord }),
  z.strictObject({
    ...at,
    type: z.literal('round-opened'),
    round: z.int(),
    seats: z.array(SeatId),
    budgetMs: z.number(),
  }),
  z.strictObject({ ...at, type: z.literal('seat-thinking'), round: z.int(), seat: SeatId }),
  z.strictObject({
    ...at,
    type: z.literal('ballot'),
    round: z.int(),
    seat: SeatId,
    ballot: Ballot,
    elapsedMs: z.number(),
  }),
  z.strictObject({ ...at, type: z.literal('tally'), round: z.int(), tally: Tally }),
  z.strictObject({
    ...at,
    type: z.literal('seat-absent'),
    round: z.int(),
    seat: SeatId,
    reason: z.enum(['deadline', 'crashed', 'stopped', 'refused', 'invalid-ballot']),
    detail: z.string().max(500),
  }),
  z.strictObject({
    ...at,
    type: z.literal('ballot-refused'),
    seat: z.string(),
    round: z.int(),
    reason: z.string().max(500),
  }),
  z.strictObject({ ...at, type: z.literal('seat-restarted'), seat: SeatId, restarts: z.int() }),
  z.strictObject({
    ...at,
    type: z.literal('round-closed'),
    round: z.int(),
    next: z.enum(['round-2', 'tally']),
    why: z.string().max(300),
  }),
  z.strictObject({ ...at, type: z.literal('final'), verdict: Verdict }),
  z.strictObject({ ...at, type: z.literal('late-ballot'), seat: SeatId, round: z.int() }),
  /** Advice of an agent outside the roster: shown and recorded, never tallied. */
  z.strictObject({
    ...at,
    type: z.literal('advisory-ballot'),
    agent: z.string().max(120),
    round: z.int(),
    ballot: Ballot,
  }),
  z.strictObject({
    ...at,
    type: z.literal('resolution'),
    action: z.string(),
    by: z.string(),
    reason: z.string(),
  }),
]);
/** See {@link DecisionEvent}. */
export type DecisionEvent = z.infer<typeof DecisionEvent>;

type WithoutStamp<T> = T extends unknown ? Omit<T, 'sequence' | 'decisionId' | 'atWallMs'> : never;

/** An event before the stream stamps it with sequence, decision and time. */
export type DecisionEventBody = WithoutStamp<DecisionEvent>;
