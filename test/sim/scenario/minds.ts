/** How each scripted seat judges one decision, and how it fails to. */
import { SEAT_WEIGHTS_BP, VETO_SEATS } from '../../../config/roster.ts';
import type { SeededRandom } from '../../../runtime/kernel/index.ts';
import { between, chanceOf, pick } from './chance.ts';

/** Seats of the simulated council, in roster order. */
export const SEATS: readonly string[] = Object.keys(SEAT_WEIGHTS_BP);

/** Whether the seat holds a mandate veto. */
export function isVetoSeat(seat: string): boolean {
  return (VETO_SEATS as readonly string[]).includes(seat);
}

/** What an evaluator finds; null: nothing. */
export interface Finding {
  readonly scoreBp: number;
  readonly confidenceBp: number;
  readonly critical: boolean;
  readonly code: string;
}

/** How an evaluator behaves before it answers. */
export type Manner = 'answers' | 'waits' | 'throws' | 'hangs' | 'slow' | 'malformed';

/** One seat's mind about one decision. */
export interface Mind {
  /** By evaluator, in the seat's order. */
  readonly findings: readonly (Finding | null)[];
  /** What an `llm` finds once it knows what peers found. */
  readonly afterwards: Finding | null;
  readonly manner: Manner;
  /** Manner while the same evaluators run as a check, before the council. */
  readonly checkManner: Manner;
  readonly waitMs: number;
  /** The seat's own code throws: the actor crashes. */
  readonly isBroken: boolean;
  readonly isApplicable: boolean;
}

/** How much a decision worries the council. */
export type Mood = 'calm' | 'edge' | 'worried' | 'critical';

/** Evaluators of a seat at most. */
export const MAX_EVALUATORS = 2;

const FAULTY: readonly Manner[] = ['throws', 'hangs', 'slow', 'malformed'];
const REJECTING_SHARE: Readonly<Record<Mood, number>> = {
  calm: 0.02,
  edge: 0.22,
  worried: 0.45,
  critical: 0.3,
};

/** Mind of a seat; the same for a seed, decision and seat whatever else a run holds. */
export function mindOf(seed: number, key: string, { seat, mood }: { seat: string; mood: Mood }): Mind {
  const chance = chanceOf(seed, 'mind', key, seat);
  const findings = Array.from({ length: MAX_EVALUATORS }, () => findingOf(chance, seat, mood));
  const isFaulty = chance.next() < 0.04;
  const isSlowish = chance.next() < 0.3;
  return {
    findings,
    afterwards: findingOf(chance, seat, mood),
    manner: isFaulty ? pick(chance, FAULTY) : isSlowish ? 'waits' : 'answers',
    checkManner: chance.next() < 0.02 ? pick(chance, FAULTY) : 'answers',
    waitMs: between(chance, 1, 150),
    isBroken: chance.next() < 0.004,
    isApplicable: chance.next() < 0.9,
  };
}

function findingOf(chance: SeededRandom, seat: string, mood: Mood): Finding | null {
  if (chance.next() >= REJECTING_SHARE[mood] + 0.05) return null;
  const isRejecting = chance.next() < 0.85;
  const topic = chance.next() < 0.7 ? seat : pick(chance, SEATS);
  const isGrave = chance.next() < (isVetoSeat(seat) ? 0.3 : 0.1);
  return {
    scoreBp: isRejecting ? between(chance, 0, 4_999) : between(chance, 5_000, 9_999),
    confidenceBp: between(chance, 500, 10_000),
    critical: mood === 'critical' ? chance.next() < 0.5 : chance.next() < 0.08,
    code: `${topic}.${isGrave ? 'grave' : 'finding'}`,
  };
}
