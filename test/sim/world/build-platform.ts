/** `/platform` composed as a node composes it: policy, checks, orchestrator, with every ask observed. */
import type { CheckMessage } from '../../../agents/kit/check/check-actor.ts';
import { spawnBiasCheck } from '../../../agents/platform/bias/bias-check.ts';
import type { OrchestratorMessage } from '../../../agents/platform/orchestrator/messages.ts';
import { spawnOrchestrator } from '../../../agents/platform/orchestrator/orchestrator.ts';
import type {
  CheckStep,
  CouncilStep,
  OrchestratorPorts,
} from '../../../agents/platform/orchestrator/ports.ts';
import { askPolicy, spawnPolicy } from '../../../agents/platform/policy/policy-actor.ts';
import type { PolicyMessage } from '../../../agents/platform/policy/policy-actor.ts';
import { createPolicyEngine } from '../../../agents/platform/policy/policy-engine.ts';
import { spawnPrivacyCheck } from '../../../agents/platform/privacy/privacy-check.ts';
import { spawnSafetyCheck } from '../../../agents/platform/safety/safety-check.ts';
import { DEFAULT_POLICY } from '../../../config/policies/default.ts';
import { CHECK_NAMES } from '../../../contracts/messages/checks.ts';
import type { CheckName, CheckReply } from '../../../contracts/messages/checks.ts';
import type { DeliberationResult } from '../../../contracts/messages/council.ts';
import type { CouncilMailboxMessage } from '../../../council/deliberation/council-actor.ts';
import type { BallotIncident } from '../../../council/deliberation/deliberation-options.ts';
import { CreditSemaphore } from '../../../runtime/kernel/credit-semaphore.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { DecisionIndexPort } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import { MemoryBus } from '../../../runtime/store/memory/memory-bus.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { freezeTerms, seatCards } from '../../../runtime/host/tree/freeze-terms.ts';
import type { IncidentTarget } from './build-council.ts';
import type { NodeParts } from './sim-node.ts';
import type { World } from './world.ts';

const CHECK_SEATS: Readonly<Record<CheckName, readonly string[]>> = {
  safety: ['guardian', 'security'],
  bias: ['justice'],
  privacy: ['privacy'],
};

/** Builds the platform; gives its admission. */
export function buildSimPlatform(
  parts: NodeParts,
  index: DecisionIndexPort,
  incidents: IncidentTarget,
): CreditSemaphore {
  const { world, system, ledger, events } = parts;
  const { plant, scenario, keys, settings } = world;
  const bus = new MemoryBus({ clock: system.clock });
  const engine = createPolicyEngine(DEFAULT_POLICY);
  const credits = { clock: system.clock, credits: scenario.creditCount };
  const admission = plant?.admission?.(credits) ?? new CreditSemaphore(credits);
  const findPolicy = () => system.resolve('/platform/policy') as ActorRef<PolicyMessage>;
  const policy = askPolicy(findPolicy, engine, system);
  const evaluators = (check: CheckName): readonly Evaluator[] =>
    CHECK_SEATS[check].flatMap((seat) => world.plan(seat, system.clock).evaluators);
  const seats = world.roster.map((entry) => ({ entry, plan: world.plan(entry.seat, system.clock) }));
  const source = {
    council: settings.council,
    seats,
    keys,
    policy,
    checkEvaluators: CHECK_NAMES.flatMap(evaluators),
    flags: () => settings.features,
  };
  const ports: OrchestratorPorts = {
    clock: system.clock,
    random: system.random,
    ledger,
    keys,
    events,
    index,
    bus,
    admission,
    policy: {
      current: () => policy.current(),
      evaluate: (decision, budget, frozen) =>
        world.observe('policy', budget.remainingMs(), policy.evaluate(decision, budget, frozen)),
    },
    checks: CHECK_NAMES.map((check) => checkStep(check, world, system)),
    council: plantedCouncil(world, councilStep(world, system)),
    freezeTerms: (decision) => freezeTerms(decision, source),
    seatCards: (terms) => seatCards(terms, seats),
    settings: () => settings,
    flags: () => settings.features,
  };
  incidents.to = (incident) => noticeOf(system, incident);
  spawnSupervisor(system.root, 'platform', {
    children: [
      { id: 'policy', start: (parent) => spawnPolicy(parent, engine, bus) },
      { id: 'safety', start: (parent) => spawnSafetyCheck(parent, evaluators('safety'), { bus }) },
      { id: 'bias', start: (parent) => spawnBiasCheck(parent, evaluators('bias'), { bus }) },
      { id: 'privacy', start: (parent) => spawnPrivacyCheck(parent, evaluators('privacy'), { bus }) },
      {
        id: 'orchestrator',
        start: (parent) =>
          spawnOrchestrator(parent, ports, {
            sweepEveryMs: plant?.sweepEveryMs ?? settings.review.sweepEveryMs,
          }),
      },
    ],
  });
  return admission;
}

function plantedCouncil(world: World, step: CouncilStep): CouncilStep {
  return world.plant?.council?.(step, (decisionId) => world.ballotsOf(decisionId)) ?? step;
}

function councilStep(world: World, system: ActorSystem): CouncilStep {
  return (request, budget) =>
    world.observe(
      'council',
      budget.remainingMs(),
      query(
        system.resolve('/council') as ActorRef<CouncilMailboxMessage>,
        (replyTo: ActorRef<DeliberationResult>) => ({ ...request, replyTo }),
        { timeoutMs: Math.max(1, budget.remainingMs()), signal: budget.signal, via: system },
      ),
    );
}

function checkStep(check: CheckName, world: World, system: ActorSystem): CheckStep {
  return {
    check,
    run: (decision, attested, budget) =>
      world.observe(
        check,
        budget.remainingMs(),
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
      ),
  };
}

function noticeOf(system: ActorSystem, incident: BallotIncident): void {
  const { kind, decisionId, seat, round } = incident;
  const ballot = incident.kind === 'ballot-refused' ? undefined : incident.ballot;
  const reason = incident.kind === 'ballot-refused' ? incident.reason : undefined;
  const orchestrator = system.resolve('/platform/orchestrator') as ActorRef<OrchestratorMessage>;
  orchestrator.tell({ type: 'ballot-notice', kind, decisionId, seat, round, ballot, reason });
}
