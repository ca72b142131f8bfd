/** The HTTP door's backend: scopes and tenant checked here, then answered by the node's parts. */
import { WitanError } from '../../../contracts/errors.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { AgentView, DecisionSummary } from '../../../contracts/messages/decision-view.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { HealthView } from '../../../contracts/messages/decision-view.ts';
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import type { KeyClient } from '../../../agents/platform/gate/key-client.ts';
import type { OrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type { PolicyClient } from '../../../agents/platform/policy/policy-client.ts';
import type { RosterEntry } from '../../../config/roster.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { evaluatorRef } from '../../kernel/ports/evaluator.ts';
import type { SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import type { DecisionEventsPort, DecisionSubscriber } from '../../kernel/ports/decision/decision-events.ts';
import type { DecisionIndexPort } from '../../kernel/ports/decision/decision-index.ts';
import type { OutsideAgentsPort } from '../../kernel/ports/decision/outside-agents.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { SignInPort } from '../../kernel/ports/sign-in/sign-in.ts';
import type { NodeMetrics } from '../../telemetry/prometheus/node-metrics.ts';
import type { DoorBackend, OperatorCommand } from '../../../transport/http/index.ts';
import type { EventFollower } from '../../../transport/door/backend.ts';
import type { FarEvents } from '../cluster/events/far-events.ts';
import { decisionViewOf, readRecorded } from '../record/decision-view.ts';
import { readProof } from '../record/read-proof.ts';
import { verifyDecisionProof } from '../record/verify-offline.ts';
import { followAllNodes, followDecision } from './following/follow-decision.ts';
import { NodeEngines } from './engines-backend.ts';
import { commandActor, diagnoseActor } from './operator-commands.ts';
import { requireScope } from './require-scope.ts';
import { sealedFollower } from './following/sealed-follower.ts';

/** Parts of a running node that the backend answers from. */
export interface NodeParts {
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly ledger: LedgerPort;
  /** The same for readers. */
  readonly reading: LedgerPort;
  readonly subjectKeys: SubjectKeysPort;
  readonly index: DecisionIndexPort;
  /** Brings the index up to the end of the log. */
  syncIndex(): Promise<void>;
  readonly events: DecisionEventsPort;
  /** Events of decisions that other nodes decide; absent: there are none. */
  readonly farEvents?: FarEvents | undefined;
  readonly plans: readonly SeatPlan[];
  readonly roster: readonly RosterEntry[];
  readonly orchestrator: OrchestratorClient;
  readonly outsideAgents: OutsideAgentsPort;
  readonly keys: KeyClient;
  readonly policy: PolicyClient;
  readonly services: DoorBackend['services'];
  /** Absent where nobody signs in. */
  readonly signIn?: SignInPort | undefined;
  /** Key that this node's own checkpoints verify under. */
  pinnedKey(): PinnedKey;
  health(): HealthView;
  /** Absent: the node keeps no metrics. */
  readonly metrics?: NodeMetrics | undefined;
}

/** See {@link DoorBackend}. */
export class NodeBackend implements DoorBackend {
  readonly #parts: NodeParts;
  // Fields, not getters: a draining node answers through an object that inherits from this one.
  readonly outsideAgents: OutsideAgentsPort;
  readonly signIn: SignInPort | undefined;
  readonly engines: DoorBackend['engines'];
  readonly services: DoorBackend['services'];

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.outsideAgents = parts.outsideAgents;
    this.signIn = parts.signIn;
    this.engines = new NodeEngines(parts);
    this.services = parts.services;
  }

  submit: DoorBackend['submit'] = async (request, { principal, signal, traceparent }) => {
    requireScope(principal, 'decision:submit');
    return this.#parts.orchestrator.submit(request, principal, { signal, traceparent });
  };

  readDecision: DoorBackend['readDecision'] = async (decisionId, principal) => {
    requireScope(principal, 'decision:read');
    const { reading } = this.#parts;
    const recorded = await readRecorded(reading, decisionId, principal.tenant);
    return decisionViewOf(reading, recorded, this.services.anchor?.stateOf);
  };

  listDecisions: DoorBackend['listDecisions'] = async ({ cursor, limit, outcome, type }, principal) => {
    requireScope(principal, 'decision:read');
    await this.#parts.syncIndex();
    const page = await this.#parts.index.list({ tenant: principal.tenant, outcome, type }, { cursor, limit });
    return { items: page.items.map(summaryOf), nextCursor: page.nextCursor };
  };

  follow: DoorBackend['follow'] = async (decisionId, { afterSequence, principal, follower }) => {
    requireScope(principal, 'decision:read');
    const { clock, events, farEvents, reading } = this.#parts;
    const sealed = this.#sealed(principal, follower);
    const seen: EventFollower = {
      onEvent: (event) => sealed.onEvent(event),
      onGap: (resumeAfter) => sealed.onGap(resumeAfter),
      onEnd: () => sealed.onEnd(),
      onSnapshot: (view) => follower.onSnapshot(view),
    };
    return followDecision({ decisionId, afterSequence }, seen, {
      ...{ clock, events, farEvents },
      read: () => readRecorded(reading, decisionId, principal.tenant),
      view: (recorded) => decisionViewOf(reading, recorded, this.services.anchor?.stateOf),
    });
  };

  followAll: DoorBackend['followAll'] = (principal, subscriber) => {
    requireScope(principal, 'decision:read');
    const seen = this.#ownTenant(principal, this.#sealed(principal, subscriber));
    return followAllNodes(this.#parts.events, this.#parts.farEvents, seen);
  };

  proof: DoorBackend['proof'] = async (decisionId, principal) => {
    requireScope(principal, 'decision:read');
    const { erasure } = this.services;
    const source = { ledger: this.#parts.reading, erasureOf: erasure?.entryOf };
    return readProof(source, decisionId, principal.tenant);
  };

  agents: DoorBackend['agents'] = async (principal) => {
    requireScope(principal, 'decision:read');
    return this.#parts.plans.map((plan) => this.#agentView(plan));
  };

  agentActivity: DoorBackend['agentActivity'] = async (agentId, { cursor, limit }, principal) => {
    requireScope(principal, 'decision:read');
    if (!this.#parts.plans.some((plan) => plan.seat === agentId)) {
      throw new WitanError('not_found', `there is no agent ${agentId}`, {
        path: 'agentId',
        expected: 'a seat of the council',
      });
    }
    await this.#parts.syncIndex();
    const { items, nextCursor } = await this.#parts.index.activity(SeatId.parse(agentId), {
      cursor,
      limit,
      tenant: principal.tenant,
    });
    return {
      items: items.map(({ tenant: _tenant, seat: _seat, atWallMs: _atWallMs, ...activity }) => activity),
      nextCursor,
    };
  };

  verify: DoorBackend['verify'] = async (decisionId, principal) => {
    const { ok, checked, mismatch } = verifyDecisionProof(
      await this.proof(decisionId, principal),
      this.#parts.pinnedKey(),
    );
    const detail = mismatch
      ? `${mismatch.record}, ${mismatch.field}: expected ${mismatch.expected}, found ${mismatch.actual}`
      : checked.join(', ');
    return { verified: ok, detail };
  };

  tree: DoorBackend['tree'] = async (principal, pathPrefix = '/') => {
    requireScope(principal, 'operator:read');
    return this.#parts.system.inspect(pathPrefix);
  };

  actor: DoorBackend['actor'] = async (path, principal) => {
    requireScope(principal, 'operator:read');
    const [actor] = this.#parts.system.inspect(path);
    if (actor?.path === path) return actor;
    throw new WitanError('not_found', `there is no actor at ${path}`, {
      path: 'path',
      expected: 'a live actor',
    });
  };

  watchTree: DoorBackend['watchTree'] = (principal, onEvent) => {
    requireScope(principal, 'operator:read');
    const subscription = this.#parts.system.subscribe(onEvent);
    return () => subscription.close();
  };

  deadLetters: DoorBackend['deadLetters'] = async (principal, limit) => {
    requireScope(principal, 'operator:read');
    return this.#parts.system
      .deadLetters()
      .slice(-limit)
      .reverse()
      .map(({ message: _message, envelope: _envelope, ...letter }) => letter);
  };

  diagnose: DoorBackend['diagnose'] = async (path, message, principal) => {
    requireScope(principal, 'operator:act');
    const { system, ledger, clock } = this.#parts;
    return diagnoseActor({ path, message, principal }, { system, ledger, clock });
  };

  command: DoorBackend['command'] = async (path: string, command: OperatorCommand, principal: Principal) => {
    requireScope(principal, 'operator:act');
    const { system, ledger, clock } = this.#parts;
    await commandActor({ path, command, principal }, { system, ledger, clock });
  };

  reviewQueue: DoorBackend['reviewQueue'] = async ({ cursor, limit }, principal) => {
    requireScope(principal, 'decision:read');
    await this.#parts.syncIndex();
    return this.#parts.orchestrator.reviewQueue(principal.tenant, { cursor, limit });
  };

  resolve: DoorBackend['resolve'] = async (decisionId, resolution, principal) => {
    requireScope(principal, 'review:resolve');
    return this.#parts.orchestrator.resolve(decisionId, resolution, principal);
  };

  metrics: DoorBackend['metrics'] = async (principal) => {
    requireScope(principal, 'operator:read');
    const { metrics } = this.#parts;
    if (!metrics)
      throw new WitanError('not_supported', 'this node keeps no metrics', { path: 'telemetry.metrics' });
    return { contentType: metrics.contentType, text: await metrics.text() };
  };

  readonly keys: DoorBackend['keys'] = {
    list: async (principal) => {
      requireScope(principal, 'identity:read');
      return [...this.#parts.keys.list(principal)];
    },
    create: async (request, principal) => {
      requireScope(principal, 'identity:admin');
      return this.#parts.keys.create(request, principal);
    },
    rotate: async (id, graceMs, principal) => {
      requireScope(principal, 'identity:admin');
      return this.#parts.keys.rotate(id, graceMs, principal);
    },
    revoke: async (id, reason, principal) => {
      requireScope(principal, 'identity:admin');
      return this.#parts.keys.revoke(id, reason, principal);
    },
    bootstrap: (token, principal) => this.#parts.keys.bootstrap(token, principal),
  };

  health: DoorBackend['health'] = () => this.#parts.health();

  /** Who may vote reads nothing of a round that is open, while an agent of the tenant votes. */
  #sealed(principal: Principal, subscriber: DecisionSubscriber): DecisionSubscriber {
    if (!principal.scopes.includes('agent:serve')) return subscriber;
    return sealedFollower(subscriber, () => this.#parts.outsideAgents.isServing(principal.tenant));
  }

  #agentView(plan: SeatPlan): AgentView {
    const seat = this.#parts.roster.find((entry) => entry.seat === plan.seat);
    const [actor] = this.#parts.system.inspect(`/council/${plan.seat}`);
    return {
      agentId: plan.seat,
      title: plan.title,
      mandate: plan.mandate,
      weightBp: seat?.weightBp ?? 0,
      vetoes: seat?.vetoes ?? false,
      calibration: plan.calibration.id,
      evaluators: plan.evaluators.map(evaluatorRef),
      lifecycle: actor?.lifecycle ?? 'stopped',
      mailboxDepth: actor?.mailboxDepth ?? 0,
      processedCount: actor?.processedCount ?? 0,
      restartCount: actor?.restartCount ?? 0,
    };
  }

  /**
   * Lets through what belongs to the caller's tenant; the owner of a decision is read once, from the record.
   */
  #ownTenant(principal: Principal, subscriber: DecisionSubscriber): DecisionSubscriber {
    const tenants = new TenantMemory(this.#parts.reading);
    let last: Promise<void> = Promise.resolve();
    return {
      onEvent: (event: DecisionEvent) => {
        const known = tenants.known(event.decisionId);
        // A returned promise holds the next event back: the reader is full, or the order would be lost.
        if (known !== undefined) return known === principal.tenant ? subscriber.onEvent(event) : undefined;
        last = tenants
          .read(event.decisionId)
          .then((tenant) => (tenant === principal.tenant ? subscriber.onEvent(event) : undefined));
        return last;
      },
      onGap: (count) => subscriber.onGap(count),
      onEnd: () => void last.then(() => subscriber.onEnd()),
    };
  }
}

const TENANTS_REMEMBERED = 4_096;

class TenantMemory {
  readonly #ledger: LedgerPort;
  readonly #tenants = new Map<DecisionId, string>();

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  known(decisionId: DecisionId): string | undefined {
    return this.#tenants.get(decisionId);
  }

  async read(decisionId: DecisionId): Promise<string | undefined> {
    const [opened] = await this.#ledger.byDecision(decisionId).catch(() => []);
    if (!opened) return undefined;
    this.#tenants.set(decisionId, opened.tenant);
    if (this.#tenants.size > TENANTS_REMEMBERED) this.#tenants.delete(this.#tenants.keys().next().value!);
    return opened.tenant;
  }
}

function summaryOf(decision: DecisionSummary): DecisionSummary {
  const { decisionId, type, openedAt, outcome, heldReason, decidedBy, risk, valueBp, resolved } = decision;
  return { decisionId, type, openedAt, outcome, heldReason, decidedBy, risk, valueBp, resolved };
}
