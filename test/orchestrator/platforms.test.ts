/**
 * The path with its steps as actors: policy, checks and council behind their addresses, stopped and started
 * again.
 */
import { spawnBiasCheck } from '../../agents/platform/bias/bias-check.ts';
import { createOrchestratorClient } from '../../agents/platform/orchestrator/client.ts';
import type { ReviewMessage } from '../../agents/platform/orchestrator/messages.ts';
import { spawnOrchestrator } from '../../agents/platform/orchestrator/orchestrator.ts';
import { askCheck, askCouncil } from '../../agents/platform/orchestrator/path/steps.ts';
import { askPolicy, spawnPolicy } from '../../agents/platform/policy/policy-actor.ts';
import type { PolicyMessage } from '../../agents/platform/policy/policy-actor.ts';
import { createPolicyEngine } from '../../agents/platform/policy/policy-engine.ts';
import { spawnPrivacyCheck } from '../../agents/platform/privacy/privacy-check.ts';
import { spawnSafetyCheck } from '../../agents/platform/safety/safety-check.ts';
import { DEFAULT_POLICY } from '../../config/policies/default.ts';
import type { DeliberateRequest, DeliberationResult } from '../../contracts/messages/council.ts';
import { CHECK_NAMES } from '../../contracts/messages/checks.ts';
import type { CheckReply } from '../../contracts/messages/checks.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import { query, SimClock, spawnStateless, start } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import type { Evaluator } from '../../runtime/kernel/ports/evaluator.ts';
import { assert, suite } from '../harness.ts';
import { advance, settle } from '../sim-time.ts';
import { decisionOf, deliberation, evidenceOf, makeWorld, requestOf } from './fixture.ts';

const test = suite('platforms as actors');
const ann = { id: 'user:ann', tenant: 'acme', scopes: [] };

function evaluator(evaluate: () => Evidence | Promise<Evidence>): Evaluator {
  return {
    id: 'x/rules',
    version: '1',
    digest: '0'.repeat(64),
    kind: 'rules',
    family: 'rules',
    remote: false,
    evaluate,
  };
}

function startPlatforms(safety: () => Evidence | Promise<Evidence> = () => evidenceOf('none', 10_000)) {
  const clock = new SimClock();
  const system = start({ clock });
  const world = makeWorld(clock);
  const platform = spawnStateless<never>(system, () => {}, 'platform');
  const fine = [evaluator(() => evidenceOf('none', 10_000))];
  const engine = createPolicyEngine(DEFAULT_POLICY);
  spawnPolicy(platform, engine, world.bus);
  spawnSafetyCheck(platform, [evaluator(safety)], { bus: world.bus });
  spawnBiasCheck(platform, fine);
  spawnPrivacyCheck(platform, fine);
  const council = spawnStateless<DeliberateRequest & { replyTo: ActorRef<DeliberationResult> }>(
    system,
    (request) => request.replyTo.tell(deliberation(request, world.keys)),
    'council',
  );
  const ports = {
    ...world.ports,
    policy: askPolicy(() => system.resolve('/platform/policy') as ActorRef<PolicyMessage>, engine),
    checks: CHECK_NAMES.map((name) => askCheck(name, () => system.resolve(`/platform/${name}`) as never)),
    council: askCouncil(() => council),
  };
  const orchestrator = spawnOrchestrator(platform, ports);
  const review = () => system.resolve('/platform/orchestrator/review') as ActorRef<ReviewMessage>;
  const client = createOrchestratorClient({ orchestrator: () => orchestrator, review });
  const decide = async (fields: object = {}, ms = 0): Promise<Verdict> => {
    const verdict = (await client.submit(requestOf(fields), ann)).verdict;
    await advance(clock, ms);
    return verdict;
  };
  return { clock, system, world, decide, platform };
}

test('a harmless decision passes policy and checks, each asked at its own address', async () => {
  const { decide, system } = startPlatforms();
  const { body } = await decide();
  assert.equal([body.outcome, body.decidedBy, body.risk], ['approved', 'checks', 'low']);
  for (const name of ['policy', ...CHECK_NAMES]) {
    assert.ok(system.inspect(`/platform/${name}`)[0]!.processedCount >= 1, name);
  }
});

test('a check whose evaluator finds something brings the council in', async () => {
  const { decide } = startPlatforms(() => evidenceOf('guardian.harm', 0, { critical: true }));
  const { body, ballots } = await decide();
  assert.equal([body.risk, body.decidedBy, ballots.length], ['critical', 'council', 12]);
});

for (const name of CHECK_NAMES) {
  test(`${name} stopped: high risk; started again: as before`, async () => {
    const { decide, system, platform } = startPlatforms();
    await system.stopActor(`/platform/${name}`);
    assert.equal((await decide({ text: 'The first one.' })).body.steps.find(({ by }) => by === name)!.codes, [
      `check.${name}.failed`,
    ]);
    const spawnAgain = { safety: spawnSafetyCheck, bias: spawnBiasCheck, privacy: spawnPrivacyCheck }[name];
    spawnAgain(platform, [evaluator(() => evidenceOf('none', 10_000))]);
    assert.is((await decide({ text: 'Quite another question.' })).body.risk, 'low');
  });
}

test('a check that is paused is late: high risk within its 200 ms', async () => {
  const { decide, system, clock } = startPlatforms();
  system.pause('/platform/bias');
  const { body } = await decide({}, 200);
  assert.equal([body.risk, clock.monotonicMs()], ['high', 200]);
  assert.equal(body.steps.find(({ by }) => by === 'bias')!.codes, ['check.bias.late']);
});

test('an evaluator that hangs delays no other decision', async () => {
  let calls = 0;
  const { decide, clock } = startPlatforms(() =>
    ++calls === 1 ? new Promise<never>(() => {}) : evidenceOf('none', 10_000),
  );
  const slow = decide({ text: 'The slow one.' }, 0);
  await settle();
  const quick = await decide({ text: 'Another, quick question.' });
  assert.equal([quick.body.risk, clock.monotonicMs()], ['low', 0]);
  await advance(clock, 200);
  assert.is((await slow).body.risk, 'high');
});

test('time in the mailbox counts: a check that waited has only what is left', async () => {
  const clock = new SimClock();
  const system = start({ clock });
  const slow = (): Promise<Evidence> =>
    new Promise((done) => clock.setTimer(100, () => done(evidenceOf('none', 10_000))));
  const ref = spawnSafetyCheck(system, [evaluator(slow)]);
  const budget = createBudget(clock, 200);
  system.pause('/safety');
  const reply = query(
    ref,
    (replyTo: ActorRef<CheckReply>) => ({
      type: 'check' as const,
      decision: decisionOf(),
      attested: {},
      budgetMs: 200,
      replyTo,
    }),
    { timeoutMs: 10_000, envelope: { budget } },
  );
  await advance(clock, 150);
  system.resume('/safety');
  await advance(clock, 150);
  assert.equal((await reply).codes, ['check.safety.late']);
});

test('the council gone: held; the policy gone: held, and nothing is evaluated', async () => {
  const { decide, system } = startPlatforms();
  await system.stopActor('/council');
  const { body } = await decide({ council: 'always' });
  assert.equal([body.outcome, body.heldReason], ['held', 'evaluation-failed']);
  await system.stopActor('/platform/policy');
  const next = await decide({ text: 'Another, quick question.' });
  assert.equal([next.body.heldReason, next.body.steps.length], ['policy-error', 1]);
});

test('a check says on the bus what it found, and none of the text', async () => {
  const { decide, world, clock } = startPlatforms(() => evidenceOf('privacy.email', 0));
  const told: string[] = [];
  await world.bus.subscribe('witan.acme.platform.safety.checked', ({ data }) =>
    told.push(new TextDecoder().decode(data)),
  );
  await decide({ text: 'Write to jane@example.org about it.' });
  await advance(clock, 1);
  await settle();
  assert.is(told.length, 1);
  assert.equal((JSON.parse(told[0]!) as { codes: string[] }).codes, ['privacy.email']);
  assert.not.match(told[0]!, 'jane');
});
