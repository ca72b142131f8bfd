import { verdictSigningBytes } from '../../../contracts/ledger/signing.ts';
import { fromBase64Url } from '../../../contracts/ledger/bytes.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { CheckName } from '../../../contracts/messages/checks.ts';
import { CHECK_NAMES } from '../../../contracts/messages/checks.ts';
import { FinalPayload } from '../../../contracts/messages/final.ts';
import { OpenedPayload } from '../../../contracts/messages/session.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../../test/harness.ts';
import {
  checkStep,
  decisionOf,
  deliberation,
  makeWorld,
  riskyChecks,
} from '../../../test/orchestrator/fixture.ts';
import { failureOf, kindsIn, start, startIn, verdictOf } from '../../../test/orchestrator/session-run.ts';
import { advance, settle } from '../../../test/sim-time.ts';
import { HAND_OFF_TEXT } from '../../../config/alternatives.ts';
import { settleLost } from './decision-session.ts';
import type { OrchestratorPorts } from './ports.ts';

const test = suite('orchestrator: one decision');
const never = new Promise<never>(() => {});

test('low risk ends after the checks: recorded, signed, and the council is not asked', async () => {
  const run = start();
  const verdict = await verdictOf(run);
  assert.equal(
    [verdict.body.outcome, verdict.body.decidedBy, verdict.body.risk],
    ['approved', 'checks', 'low'],
  );
  assert.is(run.world.deliberations.length, 0);
  assert.equal(await kindsIn(run), ['opened', 'final']);
  const key = run.world.keys.get(verdict.keyId)!;
  const bytes = verdictSigningBytes(verdict.body);
  assert.ok(verifyEd25519(key.publicKey, bytes, fromBase64Url(verdict.signature)));
  const [opened, final] = await run.world.ledger.byDecision(verdict.body.decisionId);
  assert.is(OpenedPayload.parse(opened!.payload).submittedBy, 'user:ann');
  assert.equal(FinalPayload.parse(final!.payload).body, verdict.body);
  assert.is(verdict.record.index, final!.index);
  const notAfter = Date.parse(verdict.body.notAfter) - Date.parse(verdict.body.decidedAt);
  assert.is(notAfter, 86_400_000);
});

test('the council sits on request, also at low risk', async () => {
  const run = start({}, { council: 'always' });
  const { body, ballots } = await verdictOf(run);
  assert.equal([body.outcome, body.decidedBy, body.rounds, ballots.length], ['approved', 'council', 1, 12]);
  assert.is(body.ballots.length, 12);
});

for (const risk of ['high', 'critical'] as const) {
  test(`a measured ${risk} risk goes to the council`, async () => {
    const verdict = await verdictOf(start({ checks: riskyChecks(risk) }));
    assert.equal([verdict.body.decidedBy, verdict.body.risk], ['council', risk]);
  });
}

test('the caller raises risk and cannot lower it', async () => {
  assert.is((await verdictOf(start({}, { risk_level: 'high' }))).body.decidedBy, 'council');
  const lowered = await verdictOf(start({ checks: riskyChecks('high') }, { risk_level: 'low' }));
  assert.equal([lowered.body.decidedBy, lowered.body.risk], ['council', 'high']);
});

test('a policy that denies ends as a recorded rejection, with nothing evaluated after it', async () => {
  const run = start({}, { type: 'social-scoring', council: 'always' });
  const { body } = await verdictOf(run);
  assert.equal([body.outcome, body.decidedBy, body.steps.length], ['rejected', 'policy', 1]);
  assert.equal(body.steps[0]!.codes, ['policy.prohibited-practice']);
  assert.is(run.world.deliberations.length, 0);
  assert.ok(body.alternative!.actions.length > 0);
});

test('a policy that allows never skips the checks', async () => {
  const { body } = await verdictOf(start({ checks: riskyChecks('high') }));
  assert.is(body.steps[0]!.result, 'allow');
  assert.is(body.decidedBy, 'council');
});

test('a policy that asks for a person turns an approval into held, and leaves a rejection', async () => {
  const fields = { type: 'payment', context: { amount: 50_000 } };
  const held = await verdictOf(start({}, fields));
  assert.equal([held.body.outcome, held.body.heldReason, held.ballots.length], ['held', 'policy-review', 12]);
  const { world, clock } = start();
  const rejecting = makeWorld(clock, {
    council: async (request) =>
      deliberation(request, world.keys, { outcome: 'rejected', code: 'guardian.harm' }),
  });
  const rejected = await verdictOf(startIn(rejecting, clock, { fields }));
  assert.equal([rejected.body.outcome, rejected.body.decidedBy], ['rejected', 'council']);
});

const policyFaults: [string, OrchestratorPorts['policy']['evaluate']][] = [
  ['throws', async () => Promise.reject(new Error('engine'))],
  ['knows no such constitution', async () => Promise.reject(new WitanError('not_supported', 'constitution'))],
  ['never answers', () => never],
];
for (const [name, evaluate] of policyFaults) {
  test(`a policy that ${name} holds, and nothing is evaluated`, async () => {
    let checked = 0;
    const checks = CHECK_NAMES.map((check) => ({ check, run: () => ((checked += 1), never) }));
    const run = start({
      policy: { evaluate, current: () => ({ revision: 'r', constitutionHash: 'c' }) },
      checks,
    });
    await advance(run.clock, 10);
    const { body } = await verdictOf(run);
    assert.equal([body.outcome, body.heldReason, body.decidedBy], ['held', 'policy-error', 'policy']);
    assert.is(checked, 0);
  });
}

const checkFaults: [string, string, (check: CheckName) => OrchestratorPorts['checks'][number] | undefined][] =
  [
    ['missing', 'missing', () => undefined],
    ['late', 'late', (check) => ({ check, run: () => never })],
    [
      'crashed',
      'failed',
      (check) => ({ check, run: async () => Promise.reject(new WitanError('crashed', 'x')) }),
    ],
    [
      'refused',
      'failed',
      (check) => ({ check, run: async () => Promise.reject(new WitanError('mailbox_full', 'x')) }),
    ],
    [
      'about another decision',
      'invalid',
      (check) => ({
        check,
        run: async () => checkStep('bias').run(decisionOf({}, 'other'), {}, undefined as never),
      }),
    ],
  ];
for (const [name, code, broken] of checkFaults) {
  test(`a check that is ${name} counts as high risk`, async () => {
    const checks = CHECK_NAMES.flatMap((check) =>
      check === 'privacy' ? (broken(check) ?? []) : checkStep(check),
    );
    const run = start({ checks });
    await advance(run.clock, 200);
    const { body } = await verdictOf(run);
    assert.equal([body.risk, body.decidedBy], ['high', 'council']);
    const step = body.steps.find(({ by }) => by === 'privacy')!;
    assert.equal(step.codes, [`check.privacy.${code}`]);
  });
}

test('the checks run beside each other, not after each other', async () => {
  const started: string[] = [];
  const checks = CHECK_NAMES.map((check) => ({ check, run: () => (started.push(check), never) }));
  const run = start({ checks });
  await advance(run.clock, 1);
  assert.equal(started, [...CHECK_NAMES]);
});

test('consensus is asked at high risk and reaches the council as a fact', async () => {
  const consensus = {
    query: async () => ({ queryId: 'q1', responseCount: 5, minorityCount: 2, disagrees: true }),
  };
  const run = start({ consensus, checks: riskyChecks('high') });
  const { body } = await verdictOf(run);
  assert.is(run.world.deliberations[0]!.attested['consensus.state'], 'disagreement');
  assert.equal(body.steps.find(({ step }) => step === 'consensus')!.codes, ['consensus.disagreement']);
});

for (const [name, query] of [
  ['fails', async () => Promise.reject(new WitanError('unavailable', 'x'))],
  ['is late', () => never],
] as const) {
  test(`consensus that ${name}: the council sits with that fact`, async () => {
    const run = start({ consensus: { query }, checks: riskyChecks('high') });
    await advance(run.clock, 1_500);
    const { body } = await verdictOf(run);
    assert.is(body.decidedBy, 'council');
    assert.is(run.world.deliberations[0]!.attested['consensus.state'], 'failed');
    // The rounds share what is left: 5,000 less what consensus took, less the append's reserve.
    assert.is(run.world.deliberations[0]!.budgetMs, name === 'fails' ? 4_700 : 3_200);
  });
}

test('without consensus the council is asked directly; at low risk consensus is not asked', async () => {
  const direct = start({ checks: riskyChecks('high') });
  await direct.end;
  assert.is(direct.world.deliberations[0]!.attested['consensus.state'], 'absent');
  let asked = 0;
  const low = start({ consensus: { query: () => ((asked += 1), never) } });
  await low.end;
  assert.is(asked, 0);
});

test('a council that is late holds at the deadline, with the append still in time', async () => {
  const run = start({ checks: riskyChecks('high'), council: () => never });
  await advance(run.clock, 4_699);
  assert.equal(await kindsIn(run), ['opened']);
  await advance(run.clock, 1);
  const { body } = await verdictOf(run);
  assert.equal([body.outcome, body.heldReason, run.clock.monotonicMs()], ['held', 'deadline', 4_700]);
});

const brokenCouncils: [string, OrchestratorPorts['council']][] = [
  ['crashes', async () => Promise.reject(new WitanError('crashed', 'x'))],
  ['is gone', async () => Promise.reject(new WitanError('stopped', 'x'))],
  ['refuses', async () => Promise.reject(new WitanError('mailbox_full', 'x'))],
  ['answers without ballots', async (request) => ({ ...deliberation(request, keysOf()), ballots: [] })],
  ['holds without a reason', async (request) => deliberation(request, keysOf(), { outcome: 'held' })],
  [
    'answers of another decision',
    async (request) => ({ ...deliberation(request, keysOf()), decisionId: decisionOf({}, 'b').decisionId }),
  ],
  [
    'brings ballots of another session',
    async (request) => {
      const foreign = deliberation({ ...request, sessionDigest: request.decision.digest }, keysOf());
      return { ...deliberation(request, keysOf()), ballots: foreign.ballots };
    },
  ],
];
const keysOf = () => makeWorld(new SimClock()).keys;
for (const [name, council] of brokenCouncils) {
  test(`a council that ${name} holds the decision`, async () => {
    const { body, ballots } = await verdictOf(start({ checks: riskyChecks('high'), council }));
    assert.equal([body.outcome, body.heldReason, ballots.length], ['held', 'evaluation-failed', 0]);
  });
}

test('what the council holds or rejects stays so, with its reason and what to do', async () => {
  const held = await verdictOf(
    start(
      {
        council: async (request) => deliberation(request, keysOf(), { outcome: 'held', heldReason: 'veto' }),
      },
      { council: 'always' },
    ),
  );
  assert.equal([held.body.outcome, held.body.heldReason], ['held', 'veto']);
  const rejected = await verdictOf(
    start(
      {
        council: async (request) =>
          deliberation(request, keysOf(), { outcome: 'rejected', code: 'privacy.card-number' }),
      },
      { council: 'always' },
    ),
  );
  assert.is(rejected.body.outcome, 'rejected');
  assert.match(rejected.body.alternative!.actions.join(' '), 'personal data');
});

test('distress attaches the hand-off text to any answer, also to an approval', async () => {
  const council: OrchestratorPorts['council'] = async (request) =>
    deliberation(request, keysOf(), { code: 'compassion.distress.despair' });
  const { body } = await verdictOf(start({ council }, { council: 'always' }));
  assert.is(body.outcome, 'approved');
  assert.is(body.alternative!.handOff, HAND_OFF_TEXT);
});

test('terms that cannot be frozen refuse the decision; nothing is recorded', async () => {
  const run = start({ freezeTerms: () => Promise.reject(new WitanError('unavailable', 'no keys')) });
  assert.is((await failureOf(run)).code, 'unavailable');
  assert.equal(await kindsIn(run), []);
  assert.equal(run.accepted, []);
});

test('nothing is released before the final entry is durable', async () => {
  const { world, clock } = start();
  const slow = makeWorld(clock);
  const order: string[] = [];
  const append = slow.ledger.append.bind(slow.ledger);
  slow.ledger.append = async (input) => {
    const receipt = await append(input);
    order.push(`durable ${input.kind}`);
    return receipt;
  };
  slow.ports.events.subscribeAll({
    onEvent: (event) => void order.push(`event ${event.type}`),
    onGap() {},
    onEnd() {},
  });
  const run = startIn(slow, clock);
  await run.end;
  order.push('answer');
  await settle();
  assert.ok(world);
  assert.ok(order.indexOf('durable opened') < order.indexOf('event opened'));
  assert.ok(order.indexOf('durable final') < order.indexOf('answer'));
  assert.ok(order.indexOf('durable final') < order.indexOf('event final'));
});

for (const kind of ['opened', 'final'] as const) {
  test(`the reply of the ${kind} append is lost: it is read by id`, async () => {
    const run = start();
    run.world.fault = (input) => (input.kind === kind ? 'reply-lost' : undefined);
    assert.is((await verdictOf(run)).body.outcome, 'approved');
    assert.equal(await kindsIn(run), ['opened', 'final']);
  });

  test(`the ${kind} append never answers but was written: it is read by id`, async () => {
    const run = start();
    run.world.fault = (input) => (input.kind === kind ? 'silent' : undefined);
    await advance(run.clock, 300);
    assert.is((await verdictOf(run)).body.outcome, 'approved');
    assert.equal(await kindsIn(run), ['opened', 'final']);
  });

  test(`the ${kind} append is lost once: it is tried again and counts once`, async () => {
    const run = start();
    let losses = 0;
    run.world.fault = (input) => (input.kind === kind && losses++ === 0 ? 'lost' : undefined);
    assert.is((await verdictOf(run)).body.outcome, 'approved');
    assert.equal(await kindsIn(run), ['opened', 'final']);
  });

  test(`the ${kind} append stays unknown: unavailable, retryable, with the id, and no verdict`, async () => {
    const run = start();
    run.world.fault = (input) => (input.kind === kind ? 'lost' : undefined);
    const failure = await failureOf(run);
    assert.equal(
      [failure.code, failure.retryable, failure.details['decisionId']],
      ['unavailable', true, decisionOf().decisionId],
    );
  });

  test(`the disk is full at the ${kind} append: a typed error and no verdict`, async () => {
    const run = start();
    run.world.fault = (input) => (input.kind === kind ? 'refused' : undefined);
    const failure = await failureOf(run);
    assert.equal([failure.code, failure.retryable], ['storage_failed', true]);
    assert.equal(await kindsIn(run), kind === 'final' ? ['opened'] : []);
  });
}

test('the append is unknown and the log cannot be read: unavailable with the id', async () => {
  const run = start();
  run.world.fault = (input) => (input.kind === 'final' ? 'reply-lost' : undefined);
  const read = run.world.ledger.byDecision.bind(run.world.ledger);
  run.world.ledger.byDecision = () => never;
  await advance(run.clock, 300);
  const failure = await failureOf(run);
  assert.equal([failure.code, failure.details['decisionId']], ['unavailable', decisionOf().decisionId]);
  run.world.ledger.byDecision = read;
  const later = await settleLost(decisionOf().decisionId, run.world.ports, {
    settings: run.world.ports.settings(),
  });
  assert.is(later.body.outcome, 'approved', 'the recorded verdict is what is read later');
});

test('another writer was first: the answer is the entry that won', async () => {
  const run = start({ council: () => never }, { council: 'always' });
  await advance(run.clock, 1);
  const { decisionId } = decisionOf();
  const first = await settleLost(decisionId, run.world.ports, { settings: run.world.ports.settings() });
  assert.is(first.body.heldReason, 'session-lost');
  await advance(run.clock, 5_000);
  const verdict = await verdictOf(run);
  assert.equal([verdict.body.heldReason, verdict.record.index], ['session-lost', first.record.index]);
  assert.equal(await kindsIn(run), ['opened', 'final']);
});

test('a session that is stopped records nothing more', async () => {
  const run = start({ council: () => never }, { council: 'always' });
  await advance(run.clock, 1);
  run.stop.abort(new WitanError('cancelled', 'stopped'));
  assert.is((await failureOf(run)).code, 'cancelled');
  assert.equal(await kindsIn(run), ['opened']);
});

test('an opened entry without a session is settled as lost, and again gives the same', async () => {
  const run = start({ council: () => never }, { council: 'always' });
  await advance(run.clock, 1);
  run.stop.abort(new WitanError('cancelled', 'stopped'));
  await failureOf(run);
  const again = startIn(run.world, run.clock, { fields: { council: 'always' } });
  const { verdict, isNew } = await again.end;
  assert.equal([verdict.body.outcome, verdict.body.heldReason, isNew], ['held', 'session-lost', false]);
  const third = startIn(run.world, run.clock, { fields: { council: 'always' } });
  assert.equal((await third.end).verdict, verdict);
});

test('the same key with another payload is a conflict', async () => {
  const run = start();
  await run.end;
  const failure = await failureOf(startIn(run.world, run.clock, { fields: { text: 'Something else.' } }));
  assert.is(failure.code, 'conflict');
});

test('earlier attempts without approval raise the risk and are recorded', async () => {
  const attempts = { count: 2, unapprovedCount: 1, latest: decisionOf({}, 'acme', 'k0').decisionId };
  const run = start({}, {}, { attempts });
  const { body } = await verdictOf(run);
  assert.equal([body.attempts, body.risk, body.decidedBy], [2, 'high', 'council']);
  assert.is(run.world.deliberations[0]!.attested['attempts.unapproved'], 1);
  const [opened] = await run.world.ledger.byDecision(body.decisionId);
  assert.is(OpenedPayload.parse(opened!.payload).retryOf, attempts.latest);
});
