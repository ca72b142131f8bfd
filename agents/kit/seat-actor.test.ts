import { ballotDigest, ballotSigningBytes, evidenceDigest } from '../../contracts/ledger/signing.ts';
import { fromBase64Url } from '../../contracts/ledger/bytes.ts';
import { Ballot } from '../../contracts/messages/ballot.ts';
import type { BallotReply, BallotRequest } from '../../contracts/messages/council.ts';
import type { Evidence, PeerEvidence } from '../../contracts/messages/evidence.ts';
import type { Digest, KeyId, SeatId } from '../../contracts/messages/ids.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { SimClock, spawn, spawnStateless, start, type ActorRef } from '../../runtime/kernel/index.ts';
import type { EvaluationInput, Evaluator } from '../../runtime/kernel/ports/evaluator.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { barrier, decisionOf, evaluatorOf, type Judge } from '../../test/council/rig.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { assert, suite } from '../../test/harness.ts';
import {
  createSeatBehavior,
  SEAT_MAILBOX,
  type SeatActorOptions,
  type SeatMailboxMessage,
} from './seat-actor.ts';
import type { SeatPlan } from './seat-plan.ts';

const test = suite('seat actor');
const sessionDigest = `sha256:${'a'.repeat(64)}` as Digest;

interface SeatRig {
  readonly clock: SimClock;
  readonly keys: MemoryKeys;
  readonly seat: ActorRef<SeatMailboxMessage>;
  readonly replies: BallotReply[];
  ask(changes?: Partial<BallotRequest>): void;
  lastBallot(): Ballot;
}

async function withSeat(
  evaluators: readonly Evaluator[],
  body: (rig: SeatRig) => Promise<void>,
  changes: { plan?: Partial<SeatPlan>; options?: Partial<SeatActorOptions> } = {},
): Promise<void> {
  const clock = new SimClock();
  const system = start({ clock });
  const keys = new MemoryKeys({ clock, seed: 'seat' });
  const plan: SeatPlan = {
    seat: 'truth' as SeatId,
    title: 'Truth',
    mandate: 'Checks claims.',
    evaluators,
    isApplicable: () => true,
    calibration: {
      id: 'uncalibrated',
      benignConfidenceBp: 9_000,
      findingConfidenceBp: {},
      vetoCodes: ['truth.forged'],
    },
    ...changes.plan,
  };
  const behavior = createSeatBehavior({ plan, keys, clock, ...changes.options });
  const seat = spawn<undefined, SeatMailboxMessage>(system, behavior, 'truth', {
    mailbox: SEAT_MAILBOX,
    onCrash: () => 'reset',
  });
  const replies: BallotReply[] = [];
  const replyTo = spawnStateless<BallotReply>(system, (reply) => void replies.push(reply), 'session');
  const ask = (request: Partial<BallotRequest> = {}): void =>
    seat.tell({
      type: 'ballot-request',
      decision: decisionOf(1),
      sessionDigest,
      round: 1,
      budgetMs: 1_000,
      sentAtMs: clock.monotonicMs(),
      attested: {},
      peers: [],
      previous: null,
      replyTo,
      ...request,
    });
  const lastBallot = (): Ballot => {
    const reply = replies.at(-1)!;
    if (reply.type !== 'ballot') throw new Error(`${reply.reason}: ${reply.detail}`);
    return reply.ballot;
  };
  try {
    await body({ clock, keys, seat, replies, ask, lastBallot });
  } finally {
    const ended = system.stop({ graceMs: 0 });
    await advance(clock, 5_000);
    await ended;
  }
}

const rules = (judge: Judge = () => ({})): Evaluator => evaluatorOf('truth', judge);

test('casts a ballot whose signature, digests and evaluators hold', () =>
  withSeat([rules()], async ({ ask, lastBallot, keys }) => {
    ask();
    await settle();
    const ballot = Ballot.parse(lastBallot());
    const { publicKey, keyId } = keys.active('seat/truth');
    assert.is(ballot.keyId, keyId);
    assert.ok(verifyEd25519(publicKey, ballotSigningBytes(ballot.body), fromBase64Url(ballot.signature)));
    assert.is(ballot.body.evidenceDigest, evidenceDigest(ballot.evidence, sha256));
    assert.equal(
      ballot.body.evaluators,
      ballot.evidence.map(({ evaluator }) => evaluator),
    );
    assert.equal(
      [ballot.body.scoreBp, ballot.body.confidenceBp, ballot.body.previousBallot],
      [10_000, 9_000, null],
    );
  }));

test('a repeated request gets the same ballot, without another evaluation, also after a reset', () => {
  let runs = 0;
  let defect = false;
  const plan = {
    isApplicable: () => {
      if (defect) throw new Error('defect');
      return true;
    },
  };
  return withSeat(
    [rules(() => ((runs += 1), { scoreBp: 10_000 - runs }))],
    async ({ ask, lastBallot, replies }) => {
      ask();
      await settle();
      const first = lastBallot();
      defect = true;
      ask({ decision: decisionOf(2) });
      await settle();
      assert.is(replies.at(-1)!.type, 'no-ballot');
      ask();
      await settle();
      assert.equal([lastBallot(), runs], [first, 1]);
    },
    { plan },
  );
});

test('the same decision under other terms gets no second ballot', () =>
  withSeat([rules()], async ({ ask, replies }) => {
    ask();
    ask({ sessionDigest: `sha256:${'b'.repeat(64)}` as Digest });
    await settle();
    assert.equal(
      replies.map(({ type }) => type),
      ['ballot', 'no-ballot'],
    );
  }));

test('a request that waited past its time is dropped unstarted', () => {
  let runs = 0;
  return withSeat([rules(() => ((runs += 1), {}))], async ({ ask, replies, clock }) => {
    await advance(clock, 500);
    ask({ budgetMs: 100, sentAtMs: 400 });
    ask({ budgetMs: 0 });
    await settle();
    assert.equal(
      replies.map((reply) => reply.type === 'no-ballot' && reply.reason),
      ['deadline', 'deadline'],
    );
    assert.is(runs, 0);
    ask({ budgetMs: 101, sentAtMs: 400 });
    await settle();
    assert.equal([replies.at(-1)!.type, runs], ['ballot', 1]);
  });
});

test('the end of a session overtakes its request, which is then dropped', () => {
  let runs = 0;
  return withSeat([rules(() => ((runs += 1), {}))], async ({ ask, seat, replies }) => {
    ask();
    seat.tell({ type: 'session-closed', decisionId: decisionOf(1).decisionId });
    ask({ decision: decisionOf(2) });
    await settle();
    assert.equal([replies.map(({ decisionId }) => decisionId), runs], [[decisionOf(2).decisionId], 1]);
  });
});

test('slow evaluators do not keep other decisions waiting, and end with their budget', () => {
  const slow = barrier<Partial<Evidence>>();
  const judge: Judge = ({ decision }) =>
    decision.decisionId === decisionOf(1).decisionId ? slow.promise : {};
  return withSeat([rules(judge)], async ({ ask, replies, clock }) => {
    ask({ budgetMs: 300 });
    ask({ decision: decisionOf(2) });
    await settle();
    assert.equal(
      replies.map(({ decisionId }) => decisionId),
      [decisionOf(2).decisionId],
    );
    await advance(clock, 299);
    assert.is(replies.length, 1);
    await advance(clock, 1);
    const reply = replies.at(-1)!;
    assert.equal([reply.type, reply.type === 'no-ballot' && reply.reason], ['no-ballot', 'deadline']);
  });
});

test('two requests for one running evaluation share it', () => {
  let runs = 0;
  const slow = barrier<Partial<Evidence>>();
  return withSeat([rules(() => ((runs += 1), slow.promise))], async ({ ask, replies }) => {
    ask();
    ask();
    await settle();
    slow.open({});
    await settle();
    assert.equal([runs, replies.map(({ type }) => type)], [1, ['ballot']]);
  });
});

test('past the bound on waiting decisions the next is refused', () => {
  const slow = barrier<Partial<Evidence>>();
  return withSeat(
    [rules(() => slow.promise)],
    async ({ ask, replies }) => {
      ask();
      ask({ decision: decisionOf(2) });
      await settle();
      assert.equal(
        replies.map((reply) => reply.type === 'no-ballot' && reply.reason),
        ['refused'],
      );
      slow.open({});
      await settle();
    },
    { options: { maxInFlightCount: 1 } },
  );
});

const broken = evaluatorOf('truth/second', () => {
  throw new Error('pool is gone');
});

test('a missing evaluator takes an approval away but not a rejection', async () => {
  await withSeat([rules(), broken], async ({ ask, replies }) => {
    ask();
    await settle();
    const reply = replies[0]!;
    assert.match(reply.type === 'no-ballot' ? reply.detail : '', /pool is gone/);
  });
  await withSeat(
    [rules(() => ({ scoreBp: 1_000, code: 'truth.no-evidence' })), broken],
    async ({ ask, lastBallot }) => {
      ask();
      await settle();
      assert.equal([lastBallot().body.scoreBp, lastBallot().evidence.length], [1_000, 1]);
    },
  );
  const advisory = { ...broken, kind: 'llm' as const };
  await withSeat([rules(), advisory], async ({ ask, lastBallot }) => {
    ask();
    await settle();
    assert.is(lastBallot().body.scoreBp, 10_000);
  });
  await withSeat([advisory], async ({ ask, replies }) => {
    ask();
    await settle();
    assert.is(replies[0]!.type, 'no-ballot');
  });
});

test('evidence that fails its schema or names another evaluator is absent, not repaired', async () => {
  for (const wrong of [
    { scoreBp: 10_001 },
    { code: 'Not A Code' },
    { evaluator: 'other/one@1.0.0#000000000000' },
    { kind: 'record' },
  ]) {
    await withSeat([rules(() => wrong as Partial<Evidence>)], async ({ ask, replies }) => {
      ask();
      await settle();
      assert.is(replies[0]!.type, 'no-ballot', JSON.stringify(wrong));
    });
  }
});

test('a seat whose mandate is not touched votes so without asking an evaluator', () => {
  let runs = 0;
  return withSeat(
    [rules(() => ((runs += 1), {}))],
    async ({ ask, lastBallot }) => {
      ask();
      await settle();
      const { body, evidence } = lastBallot();
      assert.equal(
        [body.applicable, body.scoreBp, body.confidenceBp, evidence, runs],
        [false, 10_000, 9_000, [], 0],
      );
    },
    { plan: { isApplicable: () => false } },
  );
});

test('a finding whose code may veto sets the veto', () =>
  withSeat([rules(() => ({ scoreBp: 0, code: 'truth.forged.document' }))], async ({ ask, lastBallot }) => {
    ask();
    await settle();
    assert.is(lastBallot().body.veto, 'truth.forged.document');
  }));

test('round 1 is sealed: no evaluator sees a peer, whatever the request carries', () => {
  const seen: EvaluationInput[] = [];
  return withSeat([rules((input) => (seen.push(input), {}))], async ({ ask }) => {
    ask({ peers: [peer] });
    await settle();
    assert.equal(seen[0]!.peers, []);
  });
});

const peer: PeerEvidence = {
  seat: 'security',
  evaluator: 'security/test@1.0.0#000000000000',
  kind: 'rules',
  code: 'security.injection',
  scoreBp: 0,
  confidenceBp: 9_000,
  critical: true,
  vetoes: true,
  spans: [],
};

test('round 2 revises the own ballot, chained to it by digest, remembered or not', async () => {
  let first: Ballot | undefined;
  await withSeat([rules()], async ({ ask, lastBallot }) => {
    ask();
    await settle();
    first = lastBallot();
    ask({ round: 2, peers: [peer], previous: first });
    await settle();
    const { body } = lastBallot();
    assert.equal(
      [body.round, body.scoreBp, body.previousBallot],
      [2, 1_000, ballotDigest(first.body, sha256)],
    );
  });
  await withSeat([rules()], async ({ ask, lastBallot, keys }) => {
    keys.active('seat/truth');
    ask({ round: 2, peers: [], previous: structuredClone(first!) });
    await settle();
    assert.is(lastBallot().body.scoreBp, 10_000);
  });
});

test('round 2 refuses a round-1 ballot that is not its own or was changed', () =>
  withSeat([rules()], async ({ ask, lastBallot, replies, keys }) => {
    ask();
    await settle();
    const own = lastBallot();
    const foreign = keys.active('seat/justice').keyId as KeyId;
    const cases: (Ballot | null)[] = [
      null,
      { ...own, keyId: foreign },
      { ...own, body: { ...own.body, scoreBp: 0 } },
      { ...own, evidence: [] },
      { ...own, body: { ...own.body, sessionDigest: `sha256:${'b'.repeat(64)}` as Digest } },
    ];
    for (const previous of cases) {
      ask({ round: 2, previous });
      await settle();
      assert.is(replies.at(-1)!.type, 'no-ballot');
    }
  }));

test('an llm judges again in round 2, with structure only', () => {
  const seen: EvaluationInput[] = [];
  const llm = evaluatorOf(
    'truth/judge',
    (input) => (seen.push(input), input.peers.length > 0 ? { scoreBp: 500, code: 'truth.doubt' } : {}),
    {
      kind: 'llm',
      family: 'provider/x',
      remote: true,
    },
  );
  return withSeat([llm], async ({ ask, lastBallot }) => {
    ask();
    await settle();
    ask({ round: 2, previous: lastBallot(), peers: [peer, { ...peer, seat: 'wisdom', vetoes: false }] });
    await settle();
    assert.equal([seen.length, seen[1]!.peers], [2, [peer]]);
    assert.equal([lastBallot().body.scoreBp, lastBallot().evidence[0]!.code], [50, 'truth.doubt']);
  });
});

test('signs with the key that the session froze, and with no other seat’s key', () =>
  withSeat([rules()], async ({ ask, lastBallot, replies, keys }) => {
    const frozen = keys.active('seat/truth').keyId as KeyId;
    await keys.rotate('seat/truth', 'routine');
    ask({ keyId: frozen });
    await settle();
    assert.is(lastBallot().keyId, frozen);
    ask({ decision: decisionOf(2), keyId: keys.active('seat/justice').keyId as KeyId });
    await settle();
    assert.match((replies.at(-1) as { detail: string }).detail, /not a key of seat\/truth/);
  }));
