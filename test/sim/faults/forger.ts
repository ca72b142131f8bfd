/** An intruder who sends ballots that must not count. */
import { ballotSigningBytes } from '../../../contracts/ledger/signing.ts';
import { toBase64Url } from '../../../contracts/ledger/bytes.ts';
import type { Ballot, BallotBody } from '../../../contracts/messages/ballot.ts';
import type { BallotReply } from '../../../contracts/messages/council.ts';
import type { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import { SEATS } from '../scenario/minds.ts';
import type { World } from '../world/world.ts';

const FORGERIES = [
  'other-key',
  'changed-score',
  'other-round',
  'other-decision',
  'equivocation',
  'repeated',
  'malformed',
  'unknown-seat',
] as const;

/** Sends one forged ballot to each open session; true when there was one to send to. */
export function forge(world: World, choice: number): boolean {
  const { node } = world;
  if (!node) return false;
  const sessions = node.system.inspect('/council/session').filter(({ path }) => path !== '/council/session');
  for (const { path, name } of sessions) {
    const kind = FORGERIES[choice % FORGERIES.length]!;
    const seat = SEATS[(choice >>> 8) % SEATS.length]!;
    const reply = forgery(world, kind, { decisionId: name as DecisionId, seat });
    if (!reply) continue;
    (node.system.resolve(path) as ActorRef<BallotReply>).tell(reply);
    world.faults.add(`forged-${kind}`);
    world.trace.note('forged', kind, seat, name);
  }
  return sessions.length > 0;
}

function forgery(
  world: World,
  kind: (typeof FORGERIES)[number],
  { decisionId, seat }: { decisionId: DecisionId; seat: string },
): BallotReply | undefined {
  const own = world.ballotsOf(decisionId);
  const genuine = own.find(({ body }) => body.seat === seat) ?? own[0];
  if (!genuine) return undefined;
  const from = { type: 'ballot' as const, decisionId, seat: genuine.body.seat };
  const { body } = genuine;
  switch (kind) {
    case 'other-key':
      return { ...from, ballot: signed(world, { ...body, scoreBp: 10_000 }, otherSeat(body.seat)) };
    case 'changed-score':
      return { ...from, ballot: { ...genuine, body: { ...body, scoreBp: 10_000 - body.scoreBp } } };
    case 'other-round':
      return { ...from, ballot: { ...genuine, body: { ...body, round: body.round === 1 ? 2 : 1 } } };
    case 'other-decision':
      return {
        ...from,
        ballot: signed(world, { ...body, decisionId: `d${'0'.repeat(32)}` as DecisionId }, body.seat),
      };
    case 'equivocation':
      return {
        ...from,
        ballot: signed(world, { ...body, confidenceBp: 10_000 - body.confidenceBp }, body.seat),
      };
    case 'repeated':
      return { ...from, ballot: genuine };
    case 'malformed':
      return { ...from, ballot: { body: { round: 1 } } as unknown as Ballot };
    case 'unknown-seat':
      return { ...from, seat: 'nobody' as SeatId, ballot: genuine };
  }
  function signed({ keys }: World, forged: BallotBody, signer: string): Ballot {
    const { keyId } = keys.active(`seat/${signer}`);
    return {
      ...genuine!,
      body: forged,
      signature: toBase64Url(keys.sign(keyId, ballotSigningBytes(forged))),
    };
  }
}

function otherSeat(seat: string): string {
  return SEATS[(SEATS.indexOf(seat) + 1) % SEATS.length]!;
}
