import { DEFAULT_POLICY } from '../../../config/policies/default.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { query, SimClock, start } from '../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import { MemoryBus } from '../../../runtime/store/memory/memory-bus.ts';
import { assert, suite } from '../../../test/harness.ts';
import { decisionOf } from '../../../test/orchestrator/fixture.ts';
import { advance } from '../../../test/sim-time.ts';
import { askPolicy, spawnPolicy } from './policy-actor.ts';
import type { PolicyMessage, PolicyReply } from './policy-actor.ts';
import { createPolicyEngine } from './policy-engine.ts';

const test = suite('policy actor');

function startPolicy() {
  const clock = new SimClock();
  const system = start({ clock });
  const bus = new MemoryBus({ clock });
  const engine = createPolicyEngine(DEFAULT_POLICY);
  const ref = spawnPolicy(system, engine, bus);
  return { clock, system, bus, engine, ref, port: askPolicy(() => ref, engine) };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof WitanError ? error.code : String(error)),
  );
}

test('it answers through its address', async () => {
  const { port, clock, system } = startPolicy();
  const answer = await port.evaluate(decisionOf({ type: 'social-scoring' }), createBudget(clock, 10));
  assert.equal([answer.effect, answer.rules], ['deny', ['prohibited-practice']]);
  assert.is(system.inspect('/policy')[0]!.processedCount, 1);
});

test('an unknown constitution is a typed error and the actor stays', async () => {
  const { port, clock, engine } = startPolicy();
  const frozen = { ...engine.current(), constitutionHash: 'sha256:other' };
  assert.is(await codeOf(port.evaluate(decisionOf(), createBudget(clock, 10), frozen)), 'not_supported');
  assert.is((await port.evaluate(decisionOf(), createBudget(clock, 10))).effect, 'allow');
});

test('while the actor is away the question fails as stopped', async () => {
  const { system, clock, engine } = startPolicy();
  const port = askPolicy(() => system.resolve('/policy') as ActorRef<PolicyMessage>, engine, system);
  await system.stopActor('/policy');
  assert.is(await codeOf(port.evaluate(decisionOf(), createBudget(clock, 10))), 'stopped');
});

test('an engine that breaks is an error, never an effect', async () => {
  const { system, clock } = startPolicy();
  const engine = createPolicyEngine(DEFAULT_POLICY);
  const broken = {
    ...engine,
    evaluate: () => {
      throw new RangeError('broken');
    },
  };
  const parent = system.find('/policy')!;
  const ref = spawnPolicy(parent, broken);
  const port = askPolicy(() => ref, broken);
  assert.is(await codeOf(port.evaluate(decisionOf(), createBudget(clock, 10))), 'internal');
});

test('stopped, paused or out of time: a typed error', async () => {
  const { port, clock, system } = startPolicy();
  assert.is(await codeOf(port.evaluate(decisionOf(), createBudget(clock, 0))), 'cancelled');
  system.pause('/policy');
  const late = codeOf(port.evaluate(decisionOf(), createBudget(clock, 10)));
  await advance(clock, 11);
  assert.ok(['cancelled', 'deadline_exceeded'].includes(await late));
  await system.stopActor('/policy');
  assert.is(await codeOf(port.evaluate(decisionOf(), createBudget(clock, 10))), 'stopped');
});

test('a published rule set is in force at once and told on the bus', async () => {
  const { ref, port, clock, bus, engine } = startPolicy();
  const told: string[] = [];
  await bus.subscribe('witan.*.platform.policy.*', ({ subject }) => told.push(subject));
  const bundle = {
    ...DEFAULT_POLICY,
    rules: DEFAULT_POLICY.rules.filter(({ id }) => id !== 'prohibited-practice'),
  };
  const ask = (replyTo: ActorRef<PolicyReply>) => ({
    type: 'publish' as const,
    bundle,
    tenant: 'acme',
    replyTo,
  });
  const before = engine.current();
  const reply = await query(ref, ask, { timeoutMs: 100 });
  assert.is(reply.type, 'policy-in-force');
  const decision = decisionOf({ type: 'social-scoring' });
  assert.is((await port.evaluate(decision, createBudget(clock, 10))).effect, 'allow');
  assert.is((await port.evaluate(decision, createBudget(clock, 10), before)).effect, 'deny');
  await bus.flush();
  await advance(clock, 1);
  assert.equal(told, ['witan.acme.platform.policy.published']);
});
