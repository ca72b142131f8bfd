/** What an embedding program gets: a whole node behind one handle (RUN-13). */
import type { FeatureFlags } from '../../config/feature-flags.ts';
import type { EffectiveSetting } from '../../config/loader.ts';
import type { Settings, SettingsInput } from '../../config/schema.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { DecisionView, HealthView } from '../../contracts/messages/decision-view.ts';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import type { OperatorCommand } from '../../transport/http/index.ts';
import type { ActorInfo, DeadLetter, TreeEvent } from '../kernel/inspection-info.ts';
import type { ConsensusPort } from '../kernel/ports/decision/consensus.ts';
import type { DecisionSubscriber } from '../kernel/ports/decision/decision-events.ts';
import type { IdentityPort, Principal } from '../kernel/ports/identity.ts';
import type { KeyInfo } from '../kernel/ports/keys.ts';
import type { LedgerPort } from '../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../kernel/ports/telemetry.ts';
import type { DecisionVerification } from './record/verify-decision.ts';

/** How a node is made; everything has a default and nothing is read from the process. */
export interface HostConfig {
  /** Any part of the settings. */
  readonly settings?: SettingsInput;
  /** JSON file of settings, below `settings`. */
  readonly file?: string;
  /** Environment to read `WITAN_…` from; absent: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder of everything that the node writes; null: nothing is written and all is gone with the node. */
  readonly dataDir?: string | null;
  /** False: no socket is opened, for no door. Default true. */
  readonly http?: boolean;
  readonly telemetry?: TelemetryPort;
  readonly identity?: IdentityPort;
  readonly consensus?: ConsensusPort;
  /** Replaces seats' plans, for tests and for seats of one's own; called once per seat at start. */
  readonly seatPlan?: (plan: SeatPlan) => SeatPlan;
  /** Wraps the ledger, for tests of what happens when it fails. */
  readonly wrapLedger?: (ledger: LedgerPort) => LedgerPort;
}

/** Life of a node: each state is entered once. */
export type HostStatus = 'created' | 'starting' | 'ready' | 'draining' | 'stopped' | 'failed';

/** Who calls, and until when the caller waits. Default: the embedding host itself. */
export interface CallOptions {
  readonly principal?: Principal;
  /** Ends the waiting, not the decision; one that still waits for a credit is not begun. */
  readonly signal?: AbortSignal;
  /** W3C trace context of the caller: the decision's spans hang below it. */
  readonly traceparent?: string | undefined;
}

/** An accepted decision: its `opened` entry is durable. */
export interface AcceptedDecision {
  readonly decisionId: DecisionId;
  /** @throws unavailable, deadline_exceeded (both with `details.decisionId`) */
  readonly verdict: Promise<Verdict>;
}

/** What operators and tests look at. */
export interface HostInspection {
  tree(pathPrefix?: string): ActorInfo[];
  deadLetters(): readonly DeadLetter[];
  health(): HealthView;
  /** All metrics in the text format of Prometheus. @throws not_supported where the settings want none */
  metrics(): Promise<string>;
  /** Changes of the tree; returns an unsubscribe. */
  watchTree(onEvent: (event: TreeEvent) => void): () => void;
}

/** A node. Several may live in one process; none touches globals, signals or standard output. */
export interface Host {
  readonly name: string;
  readonly settings: Settings;
  /** Each setting in force with its source. */
  readonly effectiveSettings: readonly EffectiveSetting[];
  readonly flags: FeatureFlags;
  readonly status: HostStatus;
  /** Where HTTP listens; null without it and before `start`. */
  readonly address: { readonly host: string; readonly port: number; readonly url: string } | null;
  /** Where gRPC listens, `target` as clients take it; null without it and before `start`. */
  readonly grpcAddress: { readonly host: string; readonly port: number; readonly target: string } | null;
  readonly inspect: HostInspection;
  /**
   * Resolves when the node has recovered and takes decisions; a second call joins the first. An abort stops
   * it.
   * @throws config_invalid, storage_failed, already_exists (data folder or port in use), stopped
   */
  start(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Takes no new work, lets open decisions end for `graceMs` (default `http.drainMs`), then stops everything.
   * Safe before `start`, during it, and twice.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /**
   * Submits and waits for the verdict. `request` is any value: it is parsed.
   * @throws as the gate and the orchestrator do
   */
  submit(request: unknown, options?: CallOptions): Promise<Verdict>;
  /** Submits and resolves when the decision is accepted. */
  accept(request: unknown, options?: CallOptions): Promise<AcceptedDecision>;
  /** Sends to the actor at `path`; what cannot be delivered becomes a dead letter. */
  tell(path: string, message: unknown): void;
  /**
   * Asks the actor at `path`: `message` gets a `replyTo`.
   * @throws deadline_exceeded, stopped, crashed, cancelled
   */
  ask(
    path: string,
    message: object,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<unknown>;
  /**
   * Does something to the actor at `path`; recorded first.
   * @throws not_found, permission_denied, storage_failed
   */
  command(path: string, command: OperatorCommand, options?: CallOptions): Promise<void>;
  /** Follows one decision, or all when none is named; returns an unsubscribe. */
  subscribe(
    subscriber: DecisionSubscriber,
    of?: { readonly decisionId: DecisionId; readonly afterSequence?: number },
  ): () => void;
  /** @throws not_found */
  readDecision(decisionId: DecisionId, options?: CallOptions): Promise<DecisionView>;
  /** The two recorded payloads of a decided one, for replay. @throws not_found, also while it is open */
  recorded(
    decisionId: DecisionId,
    options?: CallOptions,
  ): Promise<{ readonly opened: OpenedPayload; readonly final: FinalPayload }>;
  /** @throws not_found, also while the decision is open */
  proof(decisionId: DecisionId, options?: CallOptions): Promise<DecisionProof>;
  /** Checks the recorded decision against this node's own key. */
  verify(decisionId: DecisionId, options?: CallOptions): Promise<DecisionVerification>;
  /** Every signing key of the node, public halves only. */
  keys(): readonly KeyInfo[];
  /** New active key for a purpose (`seat/guardian`); recorded. @throws not_found, storage_failed */
  rotateKey(purpose: string, reason: string): Promise<KeyInfo>;
  /** Ends a key for good: what it signed no longer verifies; recorded. @throws not_found, storage_failed */
  revokeKey(keyId: string, reason: string): Promise<KeyInfo>;
  /** Public key to pin for offline checks; also in the data folder as `verify-key.json`. */
  pinnedKey(): PinnedKey;
  [Symbol.asyncDispose](): Promise<void>;
}
