import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply } from '../../contracts/messages/council.ts';
import type { SeatId } from '../../contracts/messages/ids.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { isNotedBallot } from '../../runtime/kernel/crypto/own-ballots.ts';
import { spawnStateless, type ActorRef } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { CouncilRig } from './rig.ts';

const test = suite('ballots of our own');

/** A rig that knows its own ballots, with the seats that were verified by their signature. */
function rigOf(isRevoked: (keyId: string) => boolean = () => false) {
  let verifiedCount = 0;
  const crypto = {
    sha256,
    verifyEd25519: (...signed: Parameters<typeof verifyEd25519>) => {
      verifiedCount += 1;
      return verifyEd25519(...signed);
    },
  };
  const rig = new CouncilRig({ council: { crypto, isOwnBallot: isNotedBallot, isRevoked } });
  return { rig, verifiedCount: () => verifiedCount };
}

/** Lets `change` have the ballots of a seat on their way to the session. */
function intercept(rig: CouncilRig, seat: string, change: (ballot: Ballot) => Ballot): void {
  rig.tap(seat, (message, behind) => {
    if (message.type !== 'ballot-request') return behind.tell(message);
    const between = spawnStateless<BallotReply>(
      rig.council,
      (reply) =>
        message.replyTo.tell(reply.type === 'ballot' ? { ...reply, ballot: change(reply.ballot) } : reply),
      `between-${seat}`,
    );
    behind.tell({ ...message, replyTo: between as ActorRef<BallotReply> });
  });
}

test('what the seats of this process signed counts without another verification', async () => {
  const { rig, verifiedCount } = rigOf();
  const { outcome, ballots } = await rig.deliberate();
  assert.equal([outcome, ballots.length, verifiedCount()], ['approved', 12, 0]);
  await rig.end();
});

test('a copy is verified, and one that was changed on its way is refused', async () => {
  const { rig, verifiedCount } = rigOf();
  intercept(rig, 'wisdom', (ballot) => structuredClone(ballot));
  intercept(rig, 'truth', (ballot) => ({ ...ballot, body: { ...ballot.body, scoreBp: 1 } }));
  intercept(rig, 'justice', (ballot) => ({ ...ballot, evidence: [{ ...ballot.evidence[0]!, scoreBp: 1 }] }));
  const asked = rig.deliberate();
  await rig.pass(3_900);
  assert.equal((await asked).tally.absent, ['truth', 'justice']);
  assert.is(verifiedCount(), 3);
  assert.equal(
    rig
      .eventsOf('ballot-refused')
      .map(({ seat, reason }) => [seat, reason])
      .sort(),
    [
      ['justice', 'its evidence was changed'],
      ['truth', 'its signature does not verify'],
    ],
  );
  await rig.end();
});

test("our own ballot is refused as another seat's, and under a revoked key", async () => {
  const revoked = new Set<string>();
  const { rig, verifiedCount } = rigOf((keyId) => revoked.has(keyId));
  const [first, second, third] = rig.terms.roster.map(({ seat }) => seat) as [SeatId, SeatId, SeatId];
  let early: Ballot | undefined;
  intercept(rig, first, (ballot) => (early = ballot));
  intercept(rig, second, () => early!);
  revoked.add(rig.keys.active(`seat/${third}`).keyId);
  const asked = rig.deliberate();
  await rig.pass(3_900);
  assert.equal((await asked).tally.absent, [second, third]);
  assert.equal(
    new Map(rig.eventsOf('ballot-refused').map(({ seat, reason }) => [seat, reason])),
    new Map<string, string>([
      [second, `it is a ballot of ${first}`],
      [third, 'its key is revoked'],
    ]),
  );
  assert.is(verifiedCount(), 0);
  await rig.end();
});
