/** Twelve responders of the bare client that answer with as many bytes as a seat. */
import { connect } from '@nats-io/transport-node';
import type { BallotReply } from '../../../contracts/messages/council.ts';
import type { SeatMailboxMessage } from '../../../agents/kit/seat-actor.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import { codecSubjects } from '../codec.ts';
import { BARE } from '../pair.ts';
import { benchKeys, Deliberations, SEAT_FOLDERS, SEATS } from './seats.ts';

/** Subscribes them, on a connection of their own. */
export async function openBareSeats(url: string, system: ActorSystem): Promise<void> {
  const { decision, sessionDigest, attested, budgetMs } = new Deliberations(benchKeys(system.clock)).next();
  const seat = system.find(`/${SEAT_FOLDERS.signed}/${SEATS[0]}`) as ActorRef<SeatMailboxMessage>;
  const reply = await query<SeatMailboxMessage, BallotReply>(
    seat,
    (replyTo) => ({
      ...{ type: 'ballot-request', decision, sessionDigest, round: 1, budgetMs, attested },
      ...{ peers: [], previous: null, replyTo },
    }),
    { timeoutMs: 5_000 },
  );
  const bytes = codecSubjects()[0]!.encode(reply);
  const nats = await connect({ servers: url, name: 'bench-far-bare' });
  for (let count = 0; count < SEATS.length; count += 1)
    nats.subscribe(BARE.seats, { callback: (_error, message) => void message.respond(bytes) });
  await nats.flush();
}
