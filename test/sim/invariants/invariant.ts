/** What an invariant is: a name and a pure function over what a run showed. */
import type { ClusterInvariantName } from '../cluster/invariants/names.ts';
import type { RunResult } from '../run-scenario.ts';

/** Names of all invariants. */
export type InvariantName =
  | 'comes-to-rest'
  | 'one-final'
  | 'released-is-recorded'
  | 'acknowledged-survives'
  | 'opened-ends'
  | 'log-verifies'
  | 'approved-by-tally'
  | 'approval-is-whole'
  | 'tally-recomputes'
  | 'round-one-sealed'
  | 'surer-rejection'
  | 'lost-seat'
  | 'ballot-order'
  | 'same-key-same-decision'
  | 'other-payload-conflicts'
  | 'asks-end-in-time'
  | 'events-without-gaps'
  | 'no-silent-loss'
  | 'credits-returned'
  | 'tree-as-before';

/** One thing that must not have happened. */
export interface Violation {
  readonly invariant: InvariantName | ClusterInvariantName;
  readonly what: string;
}

/** Checks one run; gives what is wrong, one sentence each. */
export interface RunInvariant {
  readonly name: InvariantName;
  check(run: RunResult): readonly string[];
}

/** Checks a run against the same run with one change. */
export interface PairInvariant {
  readonly name: InvariantName;
  check(before: RunResult, after: RunResult): readonly string[];
}
