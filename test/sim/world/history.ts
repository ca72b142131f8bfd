/** Everything that a run shows to outsiders: what the invariants judge. */
import type { SessionTerms } from '../../../contracts/messages/session.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import type { DeadLetterReason } from '../../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';

/** A question and when it was answered, ms of simulated time. */
export interface ObservedAsk {
  readonly what: string;
  readonly startedMs: number;
  readonly limitMs: number;
  /** Null while it is open. */
  endedMs: number | null;
}

/** What came back to a caller for one submission. */
export interface ObservedSubmission {
  readonly key: string;
  readonly tenant: string;
  /** Digest of the payload, as the orchestrator computes it. */
  readonly digest: string;
  /** True for those sent when nothing goes wrong any more. */
  readonly isProbe: boolean;
  decisionId?: string;
  errorCode?: string;
  verdict?: Verdict;
}

/** A verdict that left the node. */
export interface ReleasedVerdict {
  readonly decisionId: string;
  readonly via: 'answer' | 'read' | 'event';
  readonly verdict: Verdict;
  /** Whether the log had acknowledged a final entry of the decision by then. */
  readonly isDurable: boolean;
}

/** What a seat was sent. */
export interface SeatQuestion {
  readonly decisionId: string;
  readonly seat: string;
  readonly round: number;
  readonly peerCount: number;
  readonly hasPrevious: boolean;
  /** Whether the close of round 1 had been published by then. */
  readonly isRoundOneClosed: boolean;
}

/** Messages between sessions and seats, and into the seats' mailboxes. */
export interface MessageCounts {
  sent: number;
  copied: number;
  delivered: number;
  dropped: number;
  /** On their way when their node ended. */
  lostWithNode: number;
  inFlight: number;
  /** Delivered to seats, and what became of that. */
  toSeats: number;
  takenBySeats: number;
  deadAtSeats: number;
}

/** What one incarnation of the node left behind. */
export interface NodeLife {
  readonly incarnation: number;
  readonly end: 'crashed' | 'stopped';
  readonly messages: MessageCounts;
  readonly deadLetters: Readonly<Partial<Record<DeadLetterReason, number>>>;
  /** Dead letters that telemetry was told of. */
  readonly reportedDeadLetterCount: number;
  readonly creditsInUse: number;
  /** Paths of living actors when it had started, and before it was stopped. */
  readonly treeAtStart: readonly string[];
  readonly treeAtEnd: readonly string[];
  /** Seats that were stopped for good on purpose. */
  readonly removedSeats: readonly string[];
}

/** A position in the events of a decision as a follower saw them. */
export interface ObservedEvent {
  readonly incarnation: number;
  readonly decisionId: string;
  readonly sequence: number;
}

/** An acknowledged entry. */
export interface AcknowledgedEntry {
  readonly index: number;
  readonly leafHash: string;
  readonly kind: string;
  readonly decisionId: string | undefined;
}

/** See the head of the file. */
export interface History {
  readonly asks: ObservedAsk[];
  readonly submissions: ObservedSubmission[];
  readonly released: ReleasedVerdict[];
  readonly questions: SeatQuestion[];
  readonly events: ObservedEvent[];
  readonly acknowledged: AcknowledgedEntry[];
  readonly lives: NodeLife[];
  /** Decisions that were open when everything had come to rest, before anybody asked again. */
  readonly openAtRest: string[];
  /** The log at the end, through the port. */
  readonly log: LedgerEntry[];
  /** What offline verification said of the log's files and of each decision; empty: all well. */
  readonly verification: string[];
  /** Why the run itself could not be brought to its end; empty: it was. */
  readonly stuck: string[];
}

/** A history in which nothing has happened. */
export function newHistory(): History {
  return {
    asks: [],
    submissions: [],
    released: [],
    questions: [],
    events: [],
    acknowledged: [],
    lives: [],
    openAtRest: [],
    log: [],
    verification: [],
    stuck: [],
  };
}

/** A decision as the log holds it. */
export interface LoggedDecision {
  readonly decisionId: string;
  readonly opened: LedgerEntry;
  readonly finals: readonly LedgerEntry[];
}

/** Decisions of the log, in the order in which they were opened. */
export function loggedDecisions({ log }: Pick<History, 'log'>): LoggedDecision[] {
  const opened = log.filter(({ kind }) => kind === 'opened');
  return opened.map((entry) => ({
    decisionId: entry.decisionId!,
    opened: entry,
    finals: log.filter(({ kind, decisionId }) => kind === 'final' && decisionId === entry.decisionId),
  }));
}

/** Frozen terms in an `opened` entry. */
export function termsOf({ opened }: Pick<LoggedDecision, 'opened'>): SessionTerms {
  return (opened.payload as { terms: SessionTerms }).terms;
}
