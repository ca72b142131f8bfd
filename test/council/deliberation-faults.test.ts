import { ballotSigningBytes } from '../../contracts/ledger/signing.ts';
import { toBase64Url } from '../../contracts/ledger/bytes.ts';
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { BallotReply, BallotRequest } from '../../contracts/messages/council.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { SeatId } from '../../contracts/messages/ids.ts';
import { digestOf } from '../../runtime/kernel/crypto/digest.ts';
import { sessionResult } from '../../council/deliberation/session-result.ts';
import { sessionJournalKey } from '../../council/deliberation/spawn-session.ts';
import { verifyTally } from '../../council/tally/verify-tally.ts';
import { stop, type ActorRef } from '../../runtime/kernel/index.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { assert, suite } from '../harness.ts';
import { barrier, CouncilRig, type RigOptions } from './rig.ts';

const test = suite('deliberation under faults', { limitMs: 10_000 });

async function withRig(options: RigOptions, body: (rig: CouncilRig) => Promise<void>): Promise<void> {
  const rig = new CouncilRig(options);
  try {
    await body(rig);
  } finally {
    await rig.end();
  }
}

const sessionOf = (rig: CouncilRig): ActorRef<BallotReply> => rig.session() as ActorRef<BallotReply>;

/** A seat that answers nothing; what it is asked is kept. */
function muted(rig: CouncilRig, seat: string): (BallotRequest & { replyTo: ActorRef<BallotReply> })[] {
  const asked: (BallotRequest & { replyTo: ActorRef<BallotReply> })[] = [];
  rig.tap(seat, (message) => {
    if (message.type === 'ballot-request') asked.push(message);
  });
  return asked;
}

test('one seat delayed: eleven ballots are seen before the verdict exists, then it is absent', () => {
  const slow = barrier<Partial<Evidence>>();
  return withRig({ judges: { justice: () => slow.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.pass(1_000);
    assert.is(rig.eventsOf('ballot').length, 11);
    assert.is(rig.eventsOf('round-closed').length, 0);
    const { reachableBp, thresholdBp } = rig.eventsOf('tally').at(-1)!.tally;
    assert.ok(reachableBp[0]! > thresholdBp && reachableBp[1]! > reachableBp[0]!);
    await rig.pass(3_000);
    const result = await asked;
    assert.equal([result.outcome, result.tally.absent], ['approved', ['justice']]);
    assert.equal(
      rig.eventsOf('seat-absent').map(({ seat, reason }) => [seat, reason]),
      [['justice', 'deadline']],
    );
    assert.equal(verifyTally(rig.terms, result), []);
  });
});

test('a ballot after the close of the round is recorded and not counted', () =>
  withRig({}, async (rig) => {
    const [asked] = [muted(rig, 'truth')];
    const before = rig.deliberate();
    await rig.pass(3_900);
    const result = await before;
    assert.equal(result.tally.absent, ['truth']);
    assert.equal(
      rig.eventsOf('seat-absent').map(({ seat, reason }) => [seat, reason]),
      [['truth', 'deadline']],
    );
    const late = ballotBy(rig, 'truth', {});
    asked[0]!.replyTo.tell({
      type: 'ballot',
      decisionId: rig.decision.decisionId,
      seat: 'truth' as SeatId,
      ballot: late,
    });
    await rig.settle();
    assert.equal(
      rig.eventsOf('late-ballot').map(({ seat, round }) => [seat, round]),
      [['truth', 1]],
    );
    assert.equal(
      rig.incidents.map(({ kind, seat }) => [kind, seat]),
      [['late-ballot', 'truth']],
    );
    assert.is(rig.system.inspect('/council/session').length, 1);
  }));

test('a session waits for late ballots only so long', () =>
  withRig({ council: { lateWindowMs: 300 } }, async (rig) => {
    muted(rig, 'truth');
    const asked = rig.deliberate();
    await rig.pass(2_500);
    await asked;
    assert.is(rig.system.inspect('/council/session').length, 2);
    const again = rig.deliberate();
    await rig.settle();
    assert.equal(await again, await asked);
    await rig.pass(300);
    assert.is(rig.system.inspect('/council/session').length, 1);
  }));

test('an absent veto seat holds the decision', () =>
  withRig({}, async (rig) => {
    muted(rig, 'security');
    const asked = rig.deliberate();
    await rig.pass(3_900);
    const { outcome, heldReason } = await asked;
    assert.equal([outcome, heldReason], ['held', 'veto-seat-absent']);
  }));

test('nobody answers: held for want of a quorum, before the deadline', () =>
  withRig({}, async (rig) => {
    for (const { seat } of rig.terms.roster) muted(rig, seat);
    const asked = rig.deliberate();
    await rig.pass(3_999);
    const result = await asked;
    assert.equal([result.outcome, result.heldReason, result.ballots.length], ['held', 'quorum', 0]);
    assert.is(result.tally.absent.length, 12);
  }));

test('no seat runs: held soon, not at the deadline', () =>
  withRig({}, async (rig) => {
    for (const { seat } of rig.terms.roster) await rig.kill(seat);
    const asked = rig.deliberate();
    await rig.pass(700);
    assert.equal([(await asked).heldReason, rig.eventsOf('seat-absent').length], ['quorum', 12]);
  }));

test('a seat killed mid-vote that comes back is asked once more and counts', () => {
  let runs = 0;
  const first = barrier<Partial<Evidence>>();
  return withRig({ judges: { privacy: () => ((runs += 1) === 1 ? first.promise : {}) } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const gone = rig.kill('privacy');
    await rig.pass(50);
    await gone;
    rig.spawnSeat('privacy');
    await rig.pass(200);
    const result = await asked;
    assert.equal([result.outcome, result.ballots.length, runs], ['approved', 12, 2]);
    assert.equal(
      rig.eventsOf('seat-restarted').map(({ seat, restarts }) => [seat, restarts]),
      [['privacy', 1]],
    );
  });
});

test('a seat killed mid-vote that stays away is absent, and as a veto seat holds', () => {
  const never = barrier<Partial<Evidence>>();
  return withRig({ judges: { privacy: () => never.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const gone = rig.kill('privacy');
    await rig.pass(1_000);
    await gone;
    const { outcome, heldReason } = await asked;
    assert.equal([outcome, heldReason], ['held', 'veto-seat-absent']);
    assert.equal(
      rig.eventsOf('seat-absent').map(({ seat, reason }) => [seat, reason]),
      [['privacy', 'stopped']],
    );
  });
});

test('a seat whose evaluator throws has no ballot; the others go on', () =>
  withRig(
    {
      judges: {
        truth: () => {
          throw new Error('broken rule');
        },
      },
    },
    async (rig) => {
      const asked = rig.deliberate();
      await rig.settle();
      assert.equal((await asked).tally.absent, ['truth']);
      assert.match(rig.eventsOf('seat-absent')[0]!.detail, /broken rule/);
    },
  ));

test('a seat that crashes on a decision answers first, so nobody waits for it', () => {
  const isApplicable = (): boolean => {
    throw new Error('defect');
  };
  return withRig({ plans: { truth: { isApplicable } } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.pass(10);
    assert.equal((await asked).tally.absent, ['truth']);
    assert.equal(
      rig.eventsOf('seat-absent').map(({ reason }) => reason),
      ['refused'],
    );
  });
});

test('a forged ballot is refused and reported, and does not keep the true one out', () => {
  const held = barrier<Partial<Evidence>>();
  return withRig({ judges: { truth: () => held.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const forged = ballotBy(rig, 'truth', { scoreBp: 0 }, 'justice');
    const { decisionId } = rig.decision;
    sessionOf(rig).tell({ type: 'ballot', decisionId, seat: 'truth' as SeatId, ballot: forged });
    sessionOf(rig).tell({ type: 'ballot', decisionId, seat: 'nobody' as SeatId, ballot: forged });
    sessionOf(rig).tell({
      type: 'ballot',
      decisionId,
      seat: 'truth' as SeatId,
      ballot: null as unknown as Ballot,
    });
    await rig.settle();
    assert.equal(
      rig.eventsOf('ballot-refused').map(({ seat, reason }) => [seat, reason]),
      [
        ['truth', 'its signature does not verify'],
        ['nobody', 'the seat is not on the roster'],
        ['truth', 'the ballot does not fit its schema'],
      ],
    );
    held.open({});
    await rig.settle();
    const { outcome, ballots } = await asked;
    assert.equal([outcome, ballots.length], ['approved', 12]);
    assert.is(rig.incidents.filter(({ kind }) => kind === 'ballot-refused').length, 3);
  });
});

test('a ballot that the seat did sign but must not cast makes it absent at once', () =>
  withRig({}, async (rig) => {
    const cases: [Partial<BallotBody>, RegExp][] = [
      [{ sessionDigest: rig.decision.digest }, /other terms/],
      [{ decisionDigest: rig.sessionDigest }, /another payload/],
      [{ evidenceDigest: rig.sessionDigest }, /evidence was changed/],
      [{ evaluators: ['truth/other@1.0.0#000000000000'] }, /evaluators/],
      [{ calibration: 'truth@today' }, /calibration/],
      [{ cites: ['privacy/none'] }, /sealed/],
      [{ veto: 'truth.forged' }, /vetoes without evidence/],
      [{ applicable: false, scoreBp: 1 }, /does not touch/],
      [{ families: ['provider/x'] }, /family without evidence/],
    ];
    for (const [index, [changes, reason]] of cases.entries()) {
      const one = new CouncilRig();
      const questions = muted(one, 'truth');
      const asked = one.deliberate();
      await one.settle();
      const ballot = ballotBy(one, 'truth', changes);
      questions[0]!.replyTo.tell({
        type: 'ballot',
        decisionId: one.decision.decisionId,
        seat: 'truth' as SeatId,
        ballot,
      });
      await one.settle();
      assert.equal((await asked).tally.absent, ['truth'], `case ${index}`);
      assert.match(one.eventsOf('ballot-refused')[0]!.reason, reason);
      assert.is(one.eventsOf('seat-absent')[0]!.reason, 'invalid-ballot');
      await one.end();
    }
  }));

test('a second ballot of a seat and round is refused and recorded, counted only once', () => {
  const held = barrier<Partial<Evidence>>();
  return withRig({ judges: { truth: () => held.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const { decisionId } = rig.decision;
    const counted = rig.eventsOf('ballot').find(({ seat }) => seat === 'wisdom')!.ballot;
    const other = ballotBy(rig, 'wisdom', { scoreBp: 0 });
    for (const ballot of [counted, other]) {
      sessionOf(rig).tell({ type: 'ballot', decisionId, seat: 'wisdom' as SeatId, ballot });
    }
    await rig.settle();
    assert.equal(
      rig.eventsOf('ballot-refused').map(({ reason }) => reason),
      ['the ballot was counted before', 'another ballot of this round was counted'],
    );
    held.open({});
    await rig.settle();
    const { tally } = await asked;
    assert.equal([tally.valueBp, tally.ballotCount], [9_000, 12]);
  });
});

test('a ballot signed with a revoked key is refused', () => {
  const revoked = new Set<string>();
  return withRig({ council: { isRevoked: (keyId) => revoked.has(keyId) } }, async (rig) => {
    revoked.add(rig.keys.active('seat/truth').keyId);
    const asked = rig.deliberate();
    await rig.pass(3_900);
    assert.equal((await asked).tally.absent, ['truth']);
    assert.match(rig.eventsOf('ballot-refused')[0]!.reason, /revoked/);
  });
});

test('a key that is rotated while a session is open still signs for that session', () => {
  return withRig({}, async (rig) => {
    const passOn: (() => void)[] = [];
    rig.tap('truth', (message, seat) => passOn.push(() => seat.tell(message)));
    const asked = rig.deliberate();
    await rig.settle();
    await rig.keys.rotate('seat/truth', 'routine');
    passOn[0]!();
    await rig.settle();
    const { outcome, ballots } = await asked;
    assert.equal([outcome, ballots.length], ['approved', 12]);
  });
});

test('the session crashes: the next one keeps recorded ballots and asks the missing seat', () => {
  const runs: string[] = [];
  const held = barrier<Partial<Evidence>>();
  const judge = (seat: string) => () => (runs.push(seat), seat === 'truth' ? held.promise : {});
  const judges = Object.fromEntries(['truth', 'wisdom', 'guardian'].map((seat) => [seat, judge(seat)]));
  return withRig({ judges }, async (rig) => {
    const peerCounts: number[] = [];
    rig.tap('truth', (message, seat) => {
      if (message.type === 'ballot-request') peerCounts.push(message.peers.length);
      seat.tell(message);
    });
    const asked = rig.deliberate();
    await rig.settle();
    assert.is(rig.eventsOf('ballot').length, 11);
    await crashSession(rig);
    await rig.pass(100);
    assert.equal(
      rig
        .eventsOf('seat-thinking')
        .slice(12)
        .map(({ seat }) => seat),
      ['truth'],
    );
    held.open({});
    await rig.settle();
    const { outcome, ballots } = await asked;
    assert.equal([outcome, ballots.length], ['approved', 12]);
    assert.equal(runs.sort(), ['guardian', 'truth', 'wisdom']);
    // Round 1 stays sealed, although eleven ballots are known by then.
    assert.equal(peerCounts, [0, 0]);
    assert.is(rig.eventsOf('ballot').length, 12);
  });
});

test('the session crashes in round 2: round 1 is not asked again', () => {
  const held = barrier<Partial<Evidence>>();
  const judges = { security: () => ({ scoreBp: 0, code: 'security.injection', critical: true }) };
  return withRig({ judges }, async (rig) => {
    let rounds = 0;
    rig.tap('truth', (message, seat) => {
      if (message.type === 'ballot-request' && message.round === 2 && (rounds += 1) === 1) return;
      seat.tell(message);
    });
    const asked = rig.deliberate();
    await rig.settle();
    await crashSession(rig);
    await rig.pass(100);
    held.open({});
    const result = await asked;
    assert.equal([result.outcome, result.rounds, result.ballots.length], ['rejected', 2, 12]);
    assert.equal(
      rig.eventsOf('round-opened').map(({ round }) => round),
      [1, 2, 2],
    );
    assert.equal(verifyTally(rig.terms, result), []);
  });
});

test('a seat lost between the rounds does not leave its round-1 approval behind', () => {
  const judges = {
    truth: () => ({ scoreBp: 4_000, code: 'truth.no-evidence', critical: true, confidenceBp: 1_000 }),
  };
  return withRig({ judges }, async (rig) => {
    rig.tap('wisdom', (message, seat) => {
      if (message.type !== 'ballot-request' || message.round === 1) seat.tell(message);
    });
    const asked = rig.deliberate();
    await rig.pass(4_000);
    const result = await asked;
    assert.equal([result.rounds, result.tally.absent], [2, ['wisdom']]);
    assert.is(result.ballots.find(({ body }) => body.seat === 'wisdom')!.body.round, 1);
    assert.is(result.tally.ballotCount, 11);
    assert.equal(verifyTally(rig.terms, result), []);
  });
});

test('a journal that cannot be read holds the decision as session-lost', () => {
  class Unreadable extends MemoryJournal {
    override latestSnapshot(): Promise<undefined> {
      return Promise.reject(new Error('disk gone'));
    }
  }
  return withRig({ journal: (clock) => new Unreadable(clock) }, async (rig) => {
    const asked = rig.deliberate();
    await rig.pass(1_000);
    const { outcome, heldReason, ballots } = await asked;
    assert.equal([outcome, heldReason, ballots.length], ['held', 'session-lost', 0]);
  });
});

test('a journal that takes no more events holds the decision as session-lost', () => {
  class Full extends MemoryJournal {
    override append(): Promise<number> {
      return Promise.reject(new Error('disk full'));
    }
  }
  return withRig({ journal: (clock) => new Full(clock) }, async (rig) => {
    const asked = rig.deliberate();
    await rig.pass(1_000);
    const { outcome, heldReason } = await asked;
    assert.equal([outcome, heldReason], ['held', 'session-lost']);
  });
});

test('a session resumed past its deadline is held as session-lost, with what was recorded', () =>
  withRig({}, async (rig) => {
    muted(rig, 'truth');
    const first = rig.deliberate(4_000).catch(() => undefined);
    await rig.settle();
    // The node dies: another council goes on from the same journal, with no time left.
    const next = new CouncilRig({ journal: () => rig.journal });
    const asked = next.deliberate(1);
    await next.settle();
    const result = await asked;
    assert.equal([result.outcome, result.heldReason, result.ballots.length], ['held', 'session-lost', 11]);
    await next.end();
    await rig.pass(5_000);
    // The first owner's events are stale: it cannot conclude anything else.
    const kept: string[] = [];
    for await (const { type } of rig.journal.read(sessionJournalKey(rig.decision.decisionId), 0))
      kept.push(type);
    assert.is(kept.filter((type) => type === 'concluded').length, 1);
    assert.is((await first)?.outcome, 'held');
  }));

test('a request without time is held for its deadline and asks nobody', () =>
  withRig({}, async (rig) => {
    const asked = rig.deliberate(1);
    await rig.settle();
    assert.equal([(await asked).heldReason, rig.eventsOf('seat-thinking').length], ['deadline', 0]);
  }));

test('the same decision under other terms is held, the running session is not touched', () => {
  const held = barrier<Partial<Evidence>>();
  return withRig({ judges: { truth: () => held.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const other = rig.deliberate(4_000, { ...rig.decision, digest: rig.sessionDigest });
    await rig.settle();
    assert.is((await other).heldReason, 'session-lost');
    held.open({});
    await rig.settle();
    assert.is((await asked).outcome, 'approved');
  });
});

test('advice from outside the roster is recorded apart and weighs nothing', () => {
  const held = barrier<Partial<Evidence>>();
  return withRig({ judges: { truth: () => held.promise } }, async (rig) => {
    const asked = rig.deliberate();
    await rig.settle();
    const ballot = ballotBy(rig, 'wisdom', { scoreBp: 0 });
    rig.council.tell({
      type: 'advisory-ballot',
      decisionId: rig.decision.decisionId,
      agent: 'partner/reviewer',
      ballot,
    });
    await rig.settle();
    held.open({});
    await rig.settle();
    const { tally, ballots } = await asked;
    assert.equal([tally.totalWeightBp, tally.ballotCount, ballots.length], [11_000, 12, 12]);
    assert.equal(
      rig.incidents.map(({ kind, seat }) => [kind, seat]),
      [['advisory-ballot', 'partner/reviewer']],
    );
  });
});

/** Ballot of a seat on no evidence, signed with the key of `signer`. */
function ballotBy(rig: CouncilRig, seat: string, changes: Partial<BallotBody>, signer = seat): Ballot {
  const frozen = rig.terms.roster.find((one) => one.seat === seat)!;
  const body: BallotBody = {
    decisionId: rig.decision.decisionId,
    sessionDigest: rig.sessionDigest,
    decisionDigest: rig.decision.digest,
    seat: frozen.seat,
    round: 1,
    scoreBp: 10_000,
    confidenceBp: 9_000,
    applicable: true,
    veto: null,
    families: [],
    evaluators: [],
    evidenceDigest: digestOf([]),
    previousBallot: null,
    cites: [],
    calibration: 'uncalibrated',
    ...changes,
  };
  const { keyId } = rig.keys.active(`seat/${signer}`);
  const signature = toBase64Url(rig.keys.sign(keyId, ballotSigningBytes(body)));
  return { body, evidence: [], keyId: frozen.keyId, signature };
}

/** Ends the session's actor as a defect would: no conclusion, no answer. */
async function crashSession(rig: CouncilRig): Promise<void> {
  await stop(rig.system.find(`/council/session/${rig.decision.decisionId}`)!);
  await rig.settle();
}

async function keptKeys(rig: CouncilRig): Promise<string[]> {
  const keys: string[] = [];
  for await (const one of rig.journal.keys('')) keys.push(one);
  return keys;
}

test('the events of a session are kept until its final entry is durable, and then removed', () =>
  withRig({}, async (rig) => {
    const { decisionId } = rig.decision;
    const asked = rig.deliberate();
    await rig.pass(4_000);
    await asked;
    assert.equal(await keptKeys(rig), [sessionJournalKey(decisionId)]);
    rig.council.tell({ type: 'decision-recorded', decisionId });
    await rig.pass(10);
    assert.equal(await keptKeys(rig), []);
  }));

/** Each ends a session whose decision was recorded while it ran. */
const LAST_WORDS: Record<string, (rig: CouncilRig) => Promise<void>> = {
  'concludes by itself': (rig) => rig.pass(10_000),
  'is lost too often': async (rig) => {
    for (let loss = 0; loss < 4; loss += 1) {
      await crashSession(rig);
      await rig.pass(500);
    }
  },
  'is gone before its conclusion is read': async (rig) => {
    await crashSession(rig);
    const result = sessionResult(rig.terms, [], { rounds: 0, heldFor: 'session-lost' });
    rig.council.tell({ type: 'session-concluded', result });
    await rig.pass(500);
  },
  'hangs beyond its deadline': async (rig) => {
    rig.journal.append = () => new Promise(() => {});
    await rig.pass(30_000);
  },
};

for (const [how, end] of Object.entries(LAST_WORDS)) {
  test(`no events are left of a session that ${how} after its decision was recorded`, () =>
    withRig({}, async (rig) => {
      muted(rig, 'truth');
      const asked = rig.deliberate();
      await rig.settle();
      assert.is((await keptKeys(rig)).length, 1);
      rig.council.tell({ type: 'decision-recorded', decisionId: rig.decision.decisionId });
      await end(rig);
      await asked;
      assert.equal(await keptKeys(rig), []);
    }));
}
