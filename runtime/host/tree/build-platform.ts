/** `/platform`: policy, checks and orchestrator, each found anew whenever it is asked. */
import type { CheckMessage } from '../../../agents/kit/check/check-actor.ts';
import { spawnBiasCheck } from '../../../agents/platform/bias/bias-check.ts';
import { screenRequest } from '../../../agents/platform/gate/screen.ts';
import { spawnOrchestrator } from '../../../agents/platform/orchestrator/orchestrator.ts';
import type {
  CheckStep,
  DecisionHome,
  OrchestratorPorts,
  ScreenStep,
} from '../../../agents/platform/orchestrator/ports.ts';
import { askPolicy, spawnPolicy } from '../../../agents/platform/policy/policy-actor.ts';
import type { PolicyMessage } from '../../../agents/platform/policy/policy-actor.ts';
import { createPolicyEngine } from '../../../agents/platform/policy/policy-engine.ts';
import { spawnPrivacyCheck } from '../../../agents/platform/privacy/privacy-check.ts';
import { spawnSafetyCheck } from '../../../agents/platform/safety/safety-check.ts';
import { DEFAULT_POLICY } from '../../../config/policies/default.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { FeatureFlags } from '../../../config/feature-flags.ts';
import { CHECK_NAMES } from '../../../contracts/messages/checks.ts';
import type { CheckName, CheckReply } from '../../../contracts/messages/checks.ts';
import type { FrozenSeat, SeatKey } from '../../../contracts/messages/session.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { CreditSemaphore } from '../../kernel/credit-semaphore.ts';
import { query } from '../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../kernel/index.ts';
import type { BusPort } from '../../kernel/ports/bus.ts';
import type { ConsensusPort } from '../../kernel/ports/decision/consensus.ts';
import type { Evaluator } from '../../kernel/ports/evaluator.ts';
import { measuredPolicy } from '../../telemetry/measured-ports.ts';
import type { NodeTelemetry } from '../../telemetry/node-telemetry.ts';
import { tellAdmission } from '../telemetry/tell-node.ts';
import { councilStep } from './build-council.ts';
import type { SeatedPlan } from './council-plans.ts';
import { freezeTerms, seatCards } from './freeze-terms.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** What the platform is built from. */
export interface PlatformParts {
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly settings: Settings;
  readonly flags: FeatureFlags;
  readonly seats: readonly SeatedPlan[];
  readonly bus: BusPort;
  readonly gate: ChildSpec;
  /** This node's part in a cluster; absent: it decides everything alone. */
  readonly shared?: SharedDeciding | undefined;
  /** Absent where nobody signs in. */
  readonly signIn?: ChildSpec | undefined;
  /** Absent where no dev chain is wanted. */
  readonly devChain?: ChildSpec | undefined;
  /** What the node offers beside decisions. */
  readonly services: readonly ChildSpec[];
  readonly telemetry: NodeTelemetry;
  readonly consensus?: ConsensusPort | undefined;
  /** Absent: texts are screened in the node's own loop, as its settings say. */
  readonly screen?: ScreenStep | undefined;
}

/** What deciding together with other nodes needs. */
export interface SharedDeciding {
  readonly home: DecisionHome;
  /** Keys of a seat on the other nodes. */
  readonly othersOf: (seat: FrozenSeat) => readonly SeatKey[];
  /** Told of the credits for open decisions. */
  watchAdmission?(admission: CreditSemaphore): void;
}

/** Seats whose evaluators also run as checks, before the council. */
const CHECK_SEATS: Readonly<Record<CheckName, readonly string[]>> = {
  safety: ['guardian', 'security', 'compassion', 'alignment'],
  bias: ['justice'],
  privacy: ['privacy'],
};

/** Starts `/platform` with everything below it, in the order in which the path needs it. */
export function buildPlatform(parts: PlatformParts): void {
  const { system, settings, bus, telemetry } = parts;
  const engine = createPolicyEngine(DEFAULT_POLICY, settings.policy.oldRevisionMaxCount);
  const evaluators = checkEvaluators(parts.seats);
  const findPolicy = () => system.resolve('/platform/policy') as ActorRef<PolicyMessage>;
  const policy = measuredPolicy(askPolicy(findPolicy, engine, system), system.clock, telemetry);
  const ports = orchestratorPorts(parts, { policy, evaluators: Object.values(evaluators).flat() });
  const mailboxCapacity = settings.actors.mailboxCapacity;
  const check = { bus, mailboxCapacity };
  spawnSupervisor(system.root, 'platform', {
    children: [
      parts.gate,
      ...(parts.signIn ? [parts.signIn] : []),
      ...(parts.devChain ? [parts.devChain] : []),
      ...parts.services,
      { id: 'policy', start: (parent) => spawnPolicy(parent, engine, bus) },
      { id: 'safety', start: (parent) => spawnSafetyCheck(parent, evaluators.safety, check) },
      { id: 'bias', start: (parent) => spawnBiasCheck(parent, evaluators.bias, check) },
      { id: 'privacy', start: (parent) => spawnPrivacyCheck(parent, evaluators.privacy, check) },
      {
        id: 'orchestrator',
        start: (parent) =>
          spawnOrchestrator(parent, ports, { mailboxCapacity, sweepEveryMs: settings.review.sweepEveryMs }),
      },
    ],
  });
}

function checkEvaluators(seats: readonly SeatedPlan[]): Record<CheckName, readonly Evaluator[]> {
  const of = (check: CheckName): readonly Evaluator[] =>
    seats.filter(({ plan }) => CHECK_SEATS[check].includes(plan.seat)).flatMap(({ plan }) => plan.evaluators);
  return { safety: of('safety'), bias: of('bias'), privacy: of('privacy') };
}

function orchestratorPorts(
  parts: PlatformParts,
  { policy, evaluators }: { policy: OrchestratorPorts['policy']; evaluators: readonly Evaluator[] },
): OrchestratorPorts {
  const { system, stores, settings, flags, seats, bus, telemetry, consensus } = parts;
  const { keys, ledger, events, index, privacy } = stores;
  const source = {
    council: settings.council,
    seats,
    keys,
    policy,
    checkEvaluators: evaluators,
    flags: () => flags.snapshot(),
    othersOf: parts.shared?.othersOf,
  };
  const credits = settings.admission.openDecisionMaxCount;
  const admission = new CreditSemaphore({ clock: system.clock, credits });
  tellAdmission(telemetry, admission);
  parts.shared?.watchAdmission?.(admission);
  return {
    clock: system.clock,
    random: system.random,
    home: parts.shared?.home,
    ledger,
    keys,
    events,
    index,
    privacy,
    bus,
    telemetry,
    consensus,
    admission,
    policy,
    checks: CHECK_NAMES.map((check) => checkStep(check, system)),
    council: councilStep(system),
    screen: parts.screen ?? ownScreen(settings),
    freezeTerms: (decision) => freezeTerms(decision, source),
    seatCards: (terms) => seatCards(terms, seats),
    settings: () => settings,
    flags: () => flags.snapshot(),
  };
}

/** The screen in the node's own loop. */
function ownScreen({ screen: { patterns } }: Settings): ScreenStep | undefined {
  return patterns === 'off' ? undefined : ({ request }) => screenRequest(request, patterns);
}

function checkStep(check: CheckName, system: ActorSystem): CheckStep {
  return {
    check,
    run: (decision, attested, budget) =>
      query(
        system.resolve(`/platform/${check}`) as ActorRef<CheckMessage>,
        (replyTo: ActorRef<CheckReply>) => ({
          type: 'check' as const,
          decision,
          attested,
          budgetMs: budget.remainingMs(),
          replyTo,
        }),
        { timeoutMs: Math.max(1, budget.remainingMs()), signal: budget.signal, via: system },
      ),
  };
}
