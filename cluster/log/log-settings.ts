/** Settings of a replicated log, and what its parts share. */
import type { WitanError } from '../../contracts/errors.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { LogReplica } from '../../runtime/kernel/ports/cluster/log-replica.ts';
import type { LogCellStore } from './log-cell-store.ts';
import type { LogExchange } from './wire/log-exchange.ts';

/** Times and bounds of a replicated log. */
export interface LogTimes {
  /** A follower that acknowledges nothing for so long leaves the set, ms (default 1,000). */
  readonly followerTimeoutMs: number;
  /** Between two looks at followers and claim, ms (default 100). */
  readonly beatMs: number;
  /** An append that is not acknowledged by then is `unavailable`, ms (default 4,000). */
  readonly appendTimeoutMs: number;
  /** Whoever wants all that was acknowledged waits so long at most, ms (default 4,000). */
  readonly catchUpTimeoutMs: number;
  /** Entries that a follower may be behind when it joins the set (default 4,096). */
  readonly joinLagEntries: number;
  /** A follower that left joins again after so long at the earliest, ms (default 1,000). */
  readonly rejoinAfterMs: number;
}

/** See {@link LogTimes}. */
export const LOG_TIMES: LogTimes = {
  followerTimeoutMs: 1_000,
  beatMs: 100,
  appendTimeoutMs: 4_000,
  catchUpTimeoutMs: 4_000,
  joinLagEntries: 4_096,
  rejoinAfterMs: 1_000,
};

/** Rules that a test may take away, to see that they are needed. Never set in a node. */
export interface LogPlants {
  /** Entries are acknowledged when this disk has them. */
  readonly ackAlone?: boolean;
  /** A follower that is late leaves the set without a compare-and-set. */
  readonly expelWithoutCas?: boolean;
  /** Appends are acknowledged without a look at the fence. */
  readonly ignoreFence?: boolean;
  /** Any node promotes itself. */
  readonly promoteAnyone?: boolean;
  /** Heads are signed without the cell. */
  readonly signWithoutCell?: boolean;
  /** Followers acknowledge before they have synced. */
  readonly ackBeforeSync?: boolean;
  /** A copy on a new disk passes for the old one. */
  readonly ignoreCopy?: boolean;
  /** A follower joins the set though it lacks acknowledged entries. */
  readonly joinBehind?: boolean;
  /** Followers keep what the new writer does not have. */
  readonly keepTails?: boolean;
  /** A new writer takes for acknowledged what it heard of, not all that may be. */
  readonly forgetEarlier?: boolean;
  /** What a writer says of acknowledged entries counts for a copy that is not the beginning of its log. */
  readonly trustTails?: boolean;
}

/** What happens in a log that people should know of. */
export interface LogNotes {
  /** This node writes the log now. */
  readonly onPromoted?: ((generation: number) => void) | undefined;
  /** It does so no more, and why. */
  readonly onEnded?: ((generation: number, error: WitanError) => void) | undefined;
  readonly onJoined?: ((node: string) => void) | undefined;
  readonly onExpelled?: ((node: string) => void) | undefined;
  /** Damage and divergence come here as `verification_failed`: somebody must look. */
  readonly onFault?: ((error: WitanError) => void) | undefined;
}

/** What every part of a replicated log works with. */
export interface LogParts {
  readonly node: string;
  readonly replica: LogReplica;
  readonly exchange: LogExchange;
  readonly cells: LogCellStore;
  readonly clock: Clock;
  readonly times: LogTimes;
  /** Copies that must be in the set for appends to be taken. */
  readonly minInSync: number;
  readonly notes: LogNotes;
  readonly plants: LogPlants;
}
