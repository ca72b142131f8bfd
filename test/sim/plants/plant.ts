/** Planted faults: wrong components put in from outside, to prove that an invariant can see. */
import type { CouncilStep } from '../../../agents/platform/orchestrator/ports.ts';
import type { OrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { BallotRequest } from '../../../contracts/messages/council.ts';
import type { DeliberationOptions } from '../../../council/deliberation/deliberation-options.ts';
import type { CreditSemaphore, CreditSemaphoreOptions } from '../../../runtime/kernel/credit-semaphore.ts';
import type { Clock } from '../../../runtime/kernel/index.ts';
import type { DecisionEventsPort } from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { LogFileSystem } from '../../../runtime/store/segment/file-system.ts';
import type { MemoryDisk } from '../../../runtime/store/segment/memory-disk.ts';
import type { InvariantName } from '../invariants/invariant.ts';

/** One planted fault. Its parts are made anew for each incarnation of a node. */
export interface Plant {
  readonly name: string;
  /** Invariant that must find it. */
  readonly breaks: InvariantName;
  /** What is wrong, in a sentence. */
  readonly what: string;
  readonly ledger?: (inner: LedgerPort) => LedgerPort;
  readonly disk?: (inner: LogFileSystem) => LogFileSystem;
  readonly events?: (inner: DecisionEventsPort) => DecisionEventsPort;
  readonly council?: (
    inner: CouncilStep,
    ballotsOf: (decisionId: string) => readonly Ballot[],
  ) => CouncilStep;
  readonly admission?: (options: CreditSemaphoreOptions) => CreditSemaphore;
  /** Changes what a seat is asked; `seen` are the ballots of the decision that were counted so far. */
  readonly question?: (asked: BallotRequest, seen: readonly Ballot[]) => BallotRequest;
  /** Makes the question of each message whether the network loses it without a word. */
  readonly swallows?: () => () => boolean;
  readonly client?: (inner: OrchestratorClient) => OrchestratorClient;
  readonly clock?: (inner: Clock) => Clock;
  readonly deliberation?: Partial<DeliberationOptions>;
  readonly sweepEveryMs?: number;
  /** Changes the log's files after the last node has stopped. */
  readonly spoil?: (disk: MemoryDisk, folder: string) => void;
}
