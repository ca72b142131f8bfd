/** All invariants, by what they need. */
import { asksEndInTime } from './callers/asks-end-in-time.ts';
import { eventsWithoutGaps } from './callers/events-without-gaps.ts';
import { otherPayloadConflicts } from './callers/other-payload-conflicts.ts';
import { sameKeySameDecision } from './callers/same-key-same-decision.ts';
import { approvalIsWhole } from './council/approval-is-whole.ts';
import { approvedByTally } from './council/approved-by-tally.ts';
import { ballotOrder, lostSeat, surerRejection } from './council/metamorphic.ts';
import { roundOneSealed } from './council/round-one-sealed.ts';
import { tallyRecomputes } from './council/tally-recomputes.ts';
import type { PairInvariant, RunInvariant } from './invariant.ts';
import { acknowledgedSurvives } from './record/acknowledged-survives.ts';
import { logVerifies } from './record/log-verifies.ts';
import { oneFinal } from './record/one-final.ts';
import { openedEnds } from './record/opened-ends.ts';
import { releasedIsRecorded } from './record/released-is-recorded.ts';
import { comesToRest } from './runtime/comes-to-rest.ts';
import { creditsReturned } from './runtime/credits-returned.ts';
import { noSilentLoss } from './runtime/no-silent-loss.ts';
import { treeAsBefore } from './runtime/tree-as-before.ts';

/** Checked on every run by itself. */
export const RUN_INVARIANTS: readonly RunInvariant[] = [
  comesToRest,
  oneFinal,
  releasedIsRecorded,
  acknowledgedSurvives,
  openedEnds,
  logVerifies,
  approvedByTally,
  approvalIsWhole,
  tallyRecomputes,
  roundOneSealed,
  sameKeySameDecision,
  otherPayloadConflicts,
  asksEndInTime,
  eventsWithoutGaps,
  noSilentLoss,
  creditsReturned,
  treeAsBefore,
];

/** Checked on a run and the same run with one change. */
export const PAIR_INVARIANTS: readonly PairInvariant[] = [surerRejection, lostSeat, ballotOrder];
