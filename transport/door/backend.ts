/** What every door needs from a node: implemented by the host, replaced in tests. */
import type {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
  Page,
} from '../../contracts/messages/decision-view.ts';
import type { DecisionRequest } from '../../contracts/messages/decision.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { ApiKeyRequest, ApiKeyView, MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import type { AuditEventRequest, AuditReceipt } from '../../contracts/messages/engines/audit-event.ts';
import type { PolicyInput, PolicyResult } from '../../contracts/messages/engines/policy.ts';
import type { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import type { ResolutionPayload } from '../../contracts/messages/session.ts';
import type { HeldReason, Outcome, Verdict } from '../../contracts/messages/verdict.ts';
import type { ServiceBackends } from './services.ts';
import type { ActorInfo, DeadLetter, TreeEvent } from '../../runtime/kernel/inspection-info.ts';
import type { DecisionSubscriber } from '../../runtime/kernel/ports/decision/decision-events.ts';
import type { OutsideAgentsPort } from '../../runtime/kernel/ports/decision/outside-agents.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { SignInPort } from '../../runtime/kernel/ports/sign-in/sign-in.ts';

/** An accepted decision: its `opened` entry is durable. */
export interface Submission {
  readonly decisionId: DecisionId;
  /** True when the same idempotency key had opened it before. */
  readonly joined?: boolean;
  /**
   * Resolves with the recorded verdict.
   * @throws unavailable, deadline_exceeded (both with `details.decisionId`)
   */
  readonly verdict: Promise<Verdict>;
}

/** Where a page starts and how long it is. */
export interface PageRequest {
  /** From the earlier page's `nextCursor`; absent: the newest. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Filters of the list of decisions; all given ones must hold. */
export interface DecisionFilter {
  readonly outcome?: Outcome | 'open' | undefined;
  readonly type?: string | undefined;
}

/** A held decision that waits for a person. */
export interface ReviewItem {
  readonly decisionId: DecisionId;
  readonly type: string;
  readonly heldReason: HeldReason | null;
  readonly decidedAt: string;
  readonly finalIndex: number;
}

/** What an operator may do to one actor (RUN-15). */
export type OperatorCommand = 'stop' | 'restart' | 'pause' | 'resume';

/** Whether a recorded decision holds, as this node sees it; a caller who trusts nobody takes the proof. */
export interface VerificationView {
  readonly verified: boolean;
  /** What was checked, or the first thing that does not match. */
  readonly detail: string;
}

/** A person's word on a held decision. */
export type ResolutionRequest = Pick<ResolutionPayload, 'action' | 'reason'>;

/** A follower of decision events that may also start with a snapshot of what is already recorded. */
export interface EventFollower extends DecisionSubscriber {
  /** The decision's stream has left memory: this is all of it, and `onEnd` follows. */
  onSnapshot(view: DecisionView): void;
}

/** Metrics as a door serves them. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Keeper of API keys; the gate has checked the scopes of the principal before. */
export interface KeysBackend {
  /** Keys of the principal's tenant, oldest first; of every tenant for the node's own administrators. */
  list(principal: Principal): Promise<ApiKeyView[]>;
  /** @throws permission_denied (more than the principal has, another tenant), invalid_argument */
  create(request: ApiKeyRequest, principal: Principal): Promise<MadeApiKey>;
  /** `graceMs` undefined: as the settings say. @throws not_found, conflict, permission_denied */
  rotate(id: string, graceMs: number | undefined, principal: Principal): Promise<MadeApiKey>;
  /** @throws not_found */
  revoke(id: string, reason: string, principal: Principal): Promise<ApiKeyView>;
  /** @throws conflict (there is an administrator), unauthenticated */
  bootstrap(token: string | undefined, principal: Principal): Promise<MadeApiKey>;
}

/** Answer of the policy alone, and where the question stands on the record. */
export interface PolicyEvaluation {
  readonly result: PolicyResult;
  readonly logId: string;
  readonly index: number;
}

/** Engines that keep endpoints of their own (GWY-03). */
export interface EnginesBackend {
  /**
   * Asks the rule set in force, and records that it was asked.
   * @throws not_supported (another constitution), permission_denied, storage_failed, unavailable
   */
  evaluatePolicy(input: PolicyInput, principal: Principal): Promise<PolicyEvaluation>;
  /**
   * Resolves when the event is durable. The same key with the same event gives the same receipt.
   * @throws conflict (the key came with another event before), storage_failed, unavailable
   */
  appendEvent(
    event: AuditEventRequest,
    options: { principal: Principal; idempotencyKey?: string | undefined },
  ): Promise<AuditReceipt>;
}

/** Every method checks the principal's scopes and tenant. @throws permission_denied, not_found */
export interface DoorBackend {
  /** Resolves when the decision is accepted. @throws invalid_argument, conflict, overloaded, unavailable */
  submit(
    request: DecisionRequest,
    options: { principal: Principal; signal?: AbortSignal; traceparent?: string | undefined },
  ): Promise<Submission>;
  readDecision(decisionId: DecisionId, principal: Principal): Promise<DecisionView>;
  listDecisions(page: PageRequest & DecisionFilter, principal: Principal): Promise<Page<DecisionSummary>>;
  /** Events after `afterSequence`, then live. Resolves with an unsubscribe. */
  follow(
    decisionId: DecisionId,
    options: { afterSequence: number; principal: Principal; follower: EventFollower },
  ): Promise<() => void>;
  /** Events of all decisions of the principal's tenant, from now on. */
  followAll(principal: Principal, subscriber: DecisionSubscriber): () => void;
  proof(decisionId: DecisionId, principal: Principal): Promise<DecisionProof>;
  agents(principal: Principal): Promise<AgentView[]>;
  agentActivity(agentId: string, page: PageRequest, principal: Principal): Promise<Page<AgentActivity>>;
  /** @throws not_found, verification_failed never: it is the answer */
  verify(decisionId: DecisionId, principal: Principal): Promise<VerificationView>;
  /** Actors at and below a path (default: all). */
  tree(principal: Principal, pathPrefix?: string): Promise<ActorInfo[]>;
  /** @throws not_found */
  actor(path: string, principal: Principal): Promise<ActorInfo>;
  /** Changes of the tree from now on; returns an unsubscribe. */
  watchTree(principal: Principal, onEvent: (event: TreeEvent) => void): () => void;
  /** Messages that nobody handled, newest first; their content stays inside the node. */
  deadLetters(principal: Principal, limit: number): Promise<Omit<DeadLetter, 'message' | 'envelope'>[]>;
  /** Registration of agent systems of others. */
  readonly outsideAgents: OutsideAgentsPort;
  /** Sends a diagnostic message to an actor and gives its answer as JSON; audited like a command. */
  diagnose(path: string, message: object, principal: Principal): Promise<unknown>;
  command(path: string, command: OperatorCommand, principal: Principal): Promise<void>;
  reviewQueue(page: PageRequest, principal: Principal): Promise<Page<ReviewItem>>;
  /**
   * Appends a `resolution`; the `final` entry stays.
   * @throws conflict when it is not held or already resolved
   */
  resolve(
    decisionId: DecisionId,
    resolution: ResolutionRequest,
    principal: Principal,
  ): Promise<ResolutionPayload>;
  readonly keys: KeysBackend;
  readonly engines: EnginesBackend;
  /** What the node offers beside decisions. */
  readonly services: ServiceBackends;
  /** Absent: nobody signs in at this node. */
  readonly signIn?: SignInPort | undefined;
  health(): HealthView;
  /** All metrics of the node in the text format of Prometheus. @throws permission_denied, not_supported */
  metrics(principal: Principal): Promise<MetricsText>;
}
