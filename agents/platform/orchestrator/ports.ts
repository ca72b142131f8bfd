/** What the orchestrator is given: every step of the path as a port. */
import type { FeatureFlagValues } from '../../../config/feature-flags.ts';
import type { Settings } from '../../../config/schema.ts';
import type { CheckName, CheckReply } from '../../../contracts/messages/checks.ts';
import type { DeliberateRequest, DeliberationResult } from '../../../contracts/messages/council.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { SeatCard } from '../../../contracts/messages/events.ts';
import type { SessionTerms } from '../../../contracts/messages/session.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type { Clock, Random } from '../../../runtime/kernel/clock.ts';
import type { CreditSemaphore } from '../../../runtime/kernel/credit-semaphore.ts';
import type { BusPort } from '../../../runtime/kernel/ports/bus.ts';
import type { ConsensusPort } from '../../../runtime/kernel/ports/decision/consensus.ts';
import type { DecisionEventsPort } from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { DecisionPrivacyPort } from '../../../runtime/kernel/ports/decision/decision-privacy.ts';
import type { DecisionIndexPort } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { KeysPort } from '../../../runtime/kernel/ports/keys.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { PolicyPort } from '../../../runtime/kernel/ports/policy.ts';
import type { TelemetryPort } from '../../../runtime/kernel/ports/telemetry.ts';

/** What a screen found in the texts of a decision; it can raise risk and never lower it. */
export interface ScreenFacts {
  readonly isInjection: boolean;
  /** In [0, 1]. */
  readonly confidence: number;
}

/** Screens a decision; no promise where the answer is at hand. */
export type ScreenStep = (decision: Decision, budget: Budget) => ScreenFacts | Promise<ScreenFacts>;

/** One check of step 2. A rejection or a late answer counts as high risk. */
export interface CheckStep {
  readonly check: CheckName;
  run(decision: Decision, attested: Readonly<Record<string, unknown>>, budget: Budget): Promise<CheckReply>;
}

/** Step 4: asks the council once. A rejection or a late answer holds the decision. */
export type CouncilStep = (request: DeliberateRequest, budget: Budget) => Promise<DeliberationResult>;

/** Settings that a session takes when it opens; later changes reach new sessions only. */
export type SessionSettings = Pick<Settings, 'admission' | 'deadlines' | 'attempts' | 'verdict'> & {
  readonly council: Pick<Settings['council'], 'aggregateWaitMs'>;
};

/** Which decisions this node decides, where several nodes share them. */
export interface DecisionHome {
  /**
   * Whether it is decided here, now: its shard is held, and what was open in it was taken over. Others are
   * refused with `unavailable` and `details.moved`, before anything is begun.
   */
  owns(decisionId: DecisionId): boolean;
}

/** Everything that the path needs from outside. */
export interface OrchestratorPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: every decision is decided here. */
  readonly home?: DecisionHome | undefined;
  readonly ledger: LedgerPort;
  readonly keys: KeysPort;
  readonly events: DecisionEventsPort;
  readonly index: DecisionIndexPort;
  /** Absent: decisions stand on the record as they are. */
  readonly privacy?: DecisionPrivacyPort | undefined;
  /** Absent: nothing is published beyond the decision's stream. */
  readonly bus?: BusPort | undefined;
  readonly telemetry?: TelemetryPort | undefined;
  readonly admission: CreditSemaphore;
  readonly policy: PolicyPort;
  readonly checks: readonly CheckStep[];
  /** Absent: high risk goes to the council without it. */
  readonly consensus?: ConsensusPort | undefined;
  readonly council: CouncilStep;
  /**
   * Screen for prompt injection; absent: nothing is screened. Pure and the same at every call; asked after
   * the checks, so that an implementation may share their work. A failure counts as a match.
   */
  readonly screen?: ScreenStep | undefined;
  /**
   * Rules of a session that opens now. @throws unavailable when they cannot be frozen; nothing is recorded
   * then
   */
  freezeTerms(decision: Decision): SessionTerms | Promise<SessionTerms>;
  /** Seats of frozen terms as viewers draw them, roster order. */
  seatCards(terms: SessionTerms): readonly SeatCard[];
  /** Settings in force now. */
  settings(): SessionSettings;
  /** Flags in force now; a session keeps the object it got. */
  flags(): Readonly<FeatureFlagValues>;
}
