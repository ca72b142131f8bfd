import fc from 'fast-check';
import { DEFAULT_POLICY } from '../../../config/policies/default.ts';
import type { Condition, PolicyBundle, PolicyRule } from '../../../config/policies/rule.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { assert, suite } from '../../../test/harness.ts';
import { createPolicyEngine } from './policy-engine.ts';

const test = suite('policy engine');
const request = (fields: object): DecisionRequest =>
  DecisionRequest.parse({ type: 'chat', text: 'hello', ...fields });

function bundle(...rules: PolicyRule[]): PolicyBundle {
  return { constitution: 'c', principles: ['p'], rules };
}

function rule(id: string, effect: PolicyRule['effect'], ...when: Condition[]): PolicyRule {
  return { id, effect, when, reason: `because ${id}` };
}

function effectOf(fields: object): string {
  return createPolicyEngine(DEFAULT_POLICY).evaluate(request(fields)).effect;
}

test('the default rules deny, ask for a person, and allow', () => {
  assert.is(effectOf({}), 'allow');
  assert.is(effectOf({ type: 'social-scoring' }), 'deny');
  assert.is(effectOf({ context: { emergency_stop: true } }), 'deny');
  assert.is(effectOf({ type: 'payment', context: { amount: 10_000 } }), 'needs-review');
  assert.is(effectOf({ type: 'payment', context: { amount: '10000' } }), 'needs-review');
  assert.is(effectOf({ type: 'payment', context: { amount: 10_000, approved_by: 'ann' } }), 'allow');
  assert.is(effectOf({ type: 'payment', context: { amount: 9_999 } }), 'allow');
  assert.is(effectOf({ type: 'medication', context: { clinician: '  ' } }), 'needs-review');
  assert.is(effectOf({ risk_level: 'critical' }), 'needs-review');
});

test('the strongest effect wins, in any order of rules', () => {
  const rules = [
    rule('a', 'allow'),
    rule('r', 'needs-review'),
    rule('d', 'deny'),
    rule('n', 'deny', neverHolds),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(rules, { minLength: 0 }), (some) => {
      const { effect, rules: named } = createPolicyEngine(bundle(...some)).evaluate(request({}));
      const ids = some.map(({ id }) => id);
      const expected = ids.includes('d')
        ? 'deny'
        : ids.includes('r') || !ids.includes('a')
          ? 'needs-review'
          : 'allow';
      assert.is(effect, expected);
      assert.ok(!named.includes('n'));
    }),
  );
});
const neverHolds: Condition = { field: 'type', operator: 'equals', value: 'never' };

test('each operator holds where it should and nowhere else', () => {
  const cases: [Condition, object, boolean][] = [
    [{ field: 'context.a', operator: 'equals', value: 1 }, { a: 1 }, true],
    [{ field: 'context.a', operator: 'equals', value: 1 }, { a: '1' }, false],
    [{ field: 'context.a', operator: 'not-equals', value: 1 }, { a: 2 }, true],
    [{ field: 'context.a', operator: 'not-equals', value: 1 }, { b: 2 }, false],
    [{ field: 'context.a', operator: 'in', values: ['x', 2] }, { a: 2 }, true],
    [{ field: 'context.a', operator: 'in', values: ['x', 2] }, { a: [2] }, false],
    [{ field: 'context.a.b', operator: 'at-least', value: 2 }, { a: { b: 2 } }, true],
    [{ field: 'context.a', operator: 'at-most', value: 2 }, { a: 2.1 }, false],
    [{ field: 'context.a', operator: 'starts-with', value: 'rm ' }, { a: 'rm -r' }, true],
    [{ field: 'context.a', operator: 'starts-with', value: 'rm ' }, { a: 7 }, false],
    [{ field: 'context.a', operator: 'contains', value: 'eu' }, { a: ['us', 'eu'] }, true],
    [{ field: 'context.a', operator: 'present' }, { a: 0 }, true],
    [{ field: 'context.a', operator: 'present' }, { a: false }, false],
    [{ field: 'context.constructor', operator: 'present' }, { a: 1 }, false],
    [{ field: 'context.a', operator: 'absent' }, { a: null }, true],
  ];
  for (const [condition, context, expected] of cases) {
    const engine = createPolicyEngine(bundle(rule('r', 'deny', condition), rule('o', 'allow')));
    assert.is(
      engine.evaluate(request({ context })).effect,
      expected ? 'deny' : 'allow',
      JSON.stringify([condition, context]),
    );
  }
});

test('a session gets the revision it froze, also after another is in force', () => {
  const engine = createPolicyEngine(bundle(rule('a', 'allow')));
  const frozen = engine.current();
  const next = engine.publish(bundle(rule('d', 'deny')));
  assert.is.not(next.revision, frozen.revision);
  assert.is(engine.evaluate(request({}), frozen).effect, 'allow');
  assert.is(engine.evaluate(request({})).effect, 'deny');
  assert.is(engine.evaluate(request({})).revision, next.revision);
});

test('an unknown constitution or revision is a typed error', () => {
  const engine = createPolicyEngine(bundle(rule('a', 'allow')), 1);
  const { revision, constitutionHash } = engine.current();
  const unknown = (error: unknown): boolean => error instanceof WitanError && error.code === 'not_supported';
  assert.throws(() => engine.evaluate(request({}), { revision, constitutionHash: 'sha256:00' }), unknown);
  assert.throws(() => engine.evaluate(request({}), { revision: 'sha256:00', constitutionHash }), unknown);
  engine.publish(bundle(rule('b', 'allow')));
  engine.publish(bundle(rule('c', 'allow')));
  assert.throws(() => engine.evaluate(request({}), { revision, constitutionHash }), unknown);
});

test('the revision is the hash of the rules, the constitution hash that of its principles', () => {
  const one = createPolicyEngine(bundle(rule('a', 'allow'))).current();
  assert.equal(createPolicyEngine(bundle(rule('a', 'allow'))).current(), one);
  const other = createPolicyEngine({ ...bundle(rule('a', 'allow')), principles: ['q'] }).current();
  assert.is.not(other.constitutionHash, one.constitutionHash);
  assert.is(createPolicyEngine(bundle(rule('b', 'allow'))).current().constitutionHash, one.constitutionHash);
});

test('rules that are not rules are refused', () => {
  for (const broken of [
    bundle(rule('a', 'allow'), rule('a', 'deny')),
    bundle({ ...rule('a', 'allow'), effect: 'permit' as 'allow' }),
    bundle(rule('a', 'deny', { field: 'context.__proto__.x y', operator: 'present' })),
    { ...bundle(), extra: 1 } as PolicyBundle,
  ]) {
    assert.throws(
      () => createPolicyEngine(broken),
      (error: unknown) => error instanceof WitanError,
    );
  }
});
