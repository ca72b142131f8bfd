/**
 * Recomputes what a recorded verdict says of its ballots. Replay re-folds ballots; it runs no evaluator
 * again.
 */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { HeldReason, Outcome, Tally } from '../../contracts/messages/verdict.ts';
import { decideOutcome } from './outcome.ts';
import { needsRoundTwo } from './round-two.ts';
import type { TallyTerms } from './tally-terms.ts';

/** What is recorded of a deliberation. */
export interface RecordedTally {
  readonly outcome: Outcome;
  readonly heldReason: HeldReason | null;
  readonly rounds: number;
  /** Null only where no council sat. */
  readonly tally: Tally | null;
  /** Counted ballots. */
  readonly ballots: readonly Ballot[];
  /**
   * Replaced round-1 ballots, where the record has them: only with them can the need of round 2 be checked.
   */
  readonly superseded?: readonly Ballot[];
}

/** A field whose recorded value is not what the ballots give. */
export interface TallyDifference {
  /** Dotted path (`tally.valueBp`, `outcome`). */
  readonly field: string;
  readonly recorded: unknown;
  readonly recomputed: unknown;
}

/** Holds that do not follow from ballots: something outside the tally stopped the council. */
const OUTSIDE_HOLDS: ReadonlySet<HeldReason> = new Set([
  'policy-review',
  'policy-error',
  'deadline',
  'session-lost',
  'evaluation-failed',
]);

/**
 * Fields of a recorded council verdict that differ from what terms and ballots give; empty: the record is
 * right.
 *
 * A hold for a reason outside the tally (deadline, lost session) is taken as it is, since it approves and
 * rejects nothing, but its tally must still be right. Signatures and digests are checked elsewhere.
 */
export function verifyTally(terms: TallyTerms, recorded: RecordedTally): readonly TallyDifference[] {
  const { ballots, superseded = [], rounds } = recorded;
  const again = decideOutcome(terms, ballots, rounds);
  const differences = differencesOf('tally', recorded.tally, again.tally);
  const heldOutside =
    recorded.outcome === 'held' && recorded.heldReason !== null && OUTSIDE_HOLDS.has(recorded.heldReason);
  if (heldOutside) return differences;
  differences.push(...differencesOf('outcome', recorded.outcome, again.outcome));
  differences.push(...differencesOf('heldReason', recorded.heldReason, again.heldReason));
  const roundOne = [...superseded, ...ballots].filter(({ body }) => body.round === 1);
  const isRoundOneKnown = rounds === 1 || recorded.superseded !== undefined;
  if (isRoundOneKnown) {
    const due = needsRoundTwo(terms, roundOne).needed ? 2 : 1;
    differences.push(...differencesOf('rounds', rounds, due));
  }
  return differences;
}

function differencesOf(field: string, recorded: unknown, recomputed: unknown): TallyDifference[] {
  if (Object.is(recorded, recomputed)) return [];
  if (!isObject(recorded) || !isObject(recomputed)) return [{ field, recorded, recomputed }];
  const keys = new Set([...Object.keys(recorded), ...Object.keys(recomputed)]);
  return [...keys].flatMap((key) => differencesOf(`${field}.${key}`, recorded[key], recomputed[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
