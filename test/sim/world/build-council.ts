/** `/council` with its seats and their supervisor, composed as a node composes them, behind the network. */
import { createSeatBehavior, SEAT_MAILBOX } from '../../../agents/kit/seat-actor.ts';
import type { SeatMailboxMessage } from '../../../agents/kit/seat-actor.ts';
import type { BallotIncident, SeatRef } from '../../../council/deliberation/deliberation-options.ts';
import { createCouncilActor } from '../../../council/deliberation/council-actor.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { ActorContext, Behavior } from '../../../runtime/kernel/index.ts';
import type { JournalPort } from '../../../runtime/kernel/ports/journal.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import { SEATS } from '../scenario/minds.ts';
import type { MessageCounts } from './history.ts';
import { SimNetwork } from './network.ts';
import type { NodeParts } from './sim-node.ts';

/** Where ballots that are not counted are reported to. */
export interface IncidentTarget {
  to: (incident: BallotIncident) => void;
}

/** Builds the council; what it reports goes to the target that is set later. */
export function buildSimCouncil(parts: NodeParts, journal: JournalPort): IncidentTarget {
  const { world, system, events, counts } = parts;
  const { keys, plant } = world;
  const target: IncidentTarget = { to: () => undefined };
  const network = new SimNetwork({
    system,
    clock: system.clock,
    chance: world.sim.random.fork(),
    weather: () => world.conditions.weather(),
    counts,
    faults: world.faults,
    trace: world.trace,
    onQuestion: (seat, asked) => world.question(seat, asked),
    isLost: (seat, asked) => world.isLost(seat, asked),
    swallows: plant?.swallows?.() ?? (() => false),
  });
  const council = createCouncilActor({
    seats: (seat) => {
      const ref = system.find(`/council/${seat}`) as SeatRef | undefined;
      return ref && network.line(ref);
    },
    clock: system.clock,
    events,
    journal,
    crypto: { sha256, verifyEd25519 },
    isRevoked: (keyId) => keys.get(keyId)?.state === 'revoked',
    onIncident: (incident) => target.to(incident),
    ...plant?.deliberation,
  });
  spawn(system, council.behavior, 'council', council.options);
  const supervisors = spawnSupervisor(system.root, 'system', { children: [] });
  spawnSupervisor(supervisors, 'seats', { children: SEATS.map((seat) => seatSpec(seat, parts)) });
  return target;
}

function seatSpec(seat: string, { world, system, counts }: NodeParts): ChildSpec {
  return {
    id: seat,
    start: () => {
      const parent = system.find('/council');
      if (!parent) throw new TypeError('there is no council to sit in');
      const plan = world.plan(seat, system.clock);
      const behavior = createSeatBehavior({ plan, keys: world.keys, clock: system.clock });
      return spawn<undefined, SeatMailboxMessage>(parent, counted(behavior, counts), seat, {
        mailbox: SEAT_MAILBOX,
        behaviorName: `seat-${seat}`,
        initialState: undefined,
        onCrash: () => 'stop',
      });
    },
    intensity: { maxRestarts: 20, withinMs: 60_000 },
  };
}

/** Counts the messages that a seat really takes. */
function counted(
  behavior: Behavior<undefined, SeatMailboxMessage>,
  counts: MessageCounts,
): Behavior<undefined, SeatMailboxMessage> {
  return (state, message, ctx: ActorContext<SeatMailboxMessage>) => {
    if (message.type !== 'evaluation-ended') counts.takenBySeats += 1;
    return behavior(state, message, ctx);
  };
}
