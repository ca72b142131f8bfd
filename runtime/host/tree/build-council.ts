/** `/council`, its twelve seats, and who restarts them. */
import { OutsideAgents } from '../../../council/outside/outside-agents.ts';
import type { BallotIncident } from '../../../council/deliberation/deliberation-options.ts';
import { createCouncilActor } from '../../../council/deliberation/council-actor.ts';
import type { CouncilMailboxMessage } from '../../../council/deliberation/council-actor.ts';
import type { SeatRef } from '../../../council/deliberation/deliberation-options.ts';
import { createSeatBehavior, SEAT_MAILBOX } from '../../../agents/kit/seat-actor.ts';
import type { CouncilStep } from '../../../agents/platform/orchestrator/ports.ts';
import type { DeliberationResult } from '../../../contracts/messages/council.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { query, spawn } from '../../kernel/index.ts';
import type { ActorRef, ActorSystem, Parent } from '../../kernel/index.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { OutsideAgentsPort } from '../../kernel/ports/decision/outside-agents.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { isNotedBallot } from '../../kernel/crypto/own-ballots.ts';
import type { SeatedPlan } from './council-plans.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** What the council is built from. */
export interface CouncilParts {
  readonly system: ActorSystem;
  /** Parent of the supervisor that watches the seats: `/system`. */
  readonly supervisors: Parent;
  readonly stores: NodeStores;
  readonly seats: readonly SeatedPlan[];
  readonly actors: Settings['actors'];
  onIncident(incident: BallotIncident): void;
}

/** What `/council` is reached by. */
export interface BuiltCouncil {
  readonly ref: ActorRef<CouncilMailboxMessage>;
  readonly outsideAgents: OutsideAgentsPort;
}

/**
 * Starts `/council` and `/council/<seat>` for each seat.
 *
 * The council itself answers requests and is the parent of sessions and seats; a crashed or stopped seat
 * ends and is started anew by `/system/seats`, with back-off, so that sessions see the loss and ask the new
 * actor.
 */
export function buildCouncil(parts: CouncilParts): BuiltCouncil {
  const { system, stores, seats, actors } = parts;
  const { clock } = system;
  const crypto = { sha256, verifyEd25519 };
  const outsideAgents = new OutsideAgents({
    crypto,
    parent: () => system.find('/council/external'),
    seats: seats.map(({ plan }) => plan.seat),
    advise: (ballot) => ref.tell(ballot),
  });
  const council = createCouncilActor({
    seats: (seat) => system.find(`/council/${seat}`) as SeatRef | undefined,
    clock,
    events: stores.events,
    journal: stores.journal,
    crypto,
    outside: outsideAgents,
    isOwnBallot: isNotedBallot,
    isRevoked: (keyId) => stores.keys.get(keyId)?.state === 'revoked',
    onIncident: (incident) => parts.onIncident(incident),
  });
  const ref: ActorRef<CouncilMailboxMessage> = spawn(system, council.behavior, 'council', council.options);
  stores.events.subscribeAll({
    onEvent: ({ type, decisionId }) => {
      if (type === 'final') ref.tell({ type: 'decision-recorded', decisionId });
    },
    // What is missed keeps its events in the journal: a matter of space, not of correctness.
    onGap: () => undefined,
    onEnd: () => undefined,
  });
  const children = seats.map(({ plan }): ChildSpec => {
    const options = {
      mailbox: SEAT_MAILBOX,
      behaviorName: `seat-${plan.seat}`,
      slowHandlerMs: actors.slowHandlerMs,
    };
    return {
      id: plan.seat,
      start: () => {
        const parent = system.find('/council');
        if (!parent) throw new TypeError('there is no council to sit in');
        const behavior = createSeatBehavior({ plan, keys: stores.keys, clock });
        // A crash ends the seat: whoever waits for its ballot must learn of the loss at once.
        return spawn(parent, behavior, plan.seat, {
          ...options,
          initialState: undefined,
          onCrash: () => 'stop',
        });
      },
      intensity: { maxRestarts: actors.restartMaxCount, withinMs: actors.restartWindowMs },
      backoff: { firstMs: actors.backoffMinMs, maxMs: actors.backoffMaxMs },
    };
  });
  spawnSupervisor(parts.supervisors as ActorRef<never>, 'seats', { children });
  return { ref, outsideAgents };
}

/** Step 4 of the path: asks whoever is `/council` now. */
export function councilStep(system: ActorSystem): CouncilStep {
  return (request, budget) =>
    query(
      system.resolve('/council') as ActorRef<CouncilMailboxMessage>,
      (replyTo: ActorRef<DeliberationResult>) => ({ ...request, replyTo }),
      { timeoutMs: Math.max(1, budget.remainingMs()), signal: budget.signal, via: system },
    );
}
