import type { AttributeRule } from '../../../../config/sections/identity.ts';
import { mayDecide } from '../../../../runtime/kernel/ports/identity.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { compileRules } from './attribute-rules.ts';
import type { CallAttributes, RuleOutcome } from './attribute-rules.ts';
import { scopesOf } from './scopes-of-roles.ts';

const test = suite('rules');
// A Wednesday, 10:30 UTC.
const NOON = Date.UTC(2026, 10, 18, 10, 30);
const PRINCIPAL = { id: 'key:a', tenant: 'acme', scopes: [] };

function ask(
  rules: readonly Omit<AttributeRule, 'id'>[],
  call: Partial<CallAttributes> = {},
  fallback: 'allow' | 'deny' = 'allow',
): RuleOutcome {
  const named = rules.map((rule, at) => ({ id: `r${at}`, ...rule }));
  return compileRules(
    named,
    fallback,
  )({
    operation: 'decision.evaluate',
    principal: PRINCIPAL,
    remoteAddress: '10.1.2.3',
    nowWallMs: NOON,
    ...call,
  });
}

test('without a rule that matches, the default holds', () => {
  assert.ok(ask([]).isAllowed);
  assert.not.ok(ask([], {}, 'deny').isAllowed);
  assert.ok(ask([{ effect: 'deny', tenants: ['other'] }]).isAllowed);
  assert.not.ok(ask([{ effect: 'allow', tenants: ['other'] }], {}, 'deny').isAllowed);
});

test('a rule that denies wins wherever it stands', () => {
  const deny: Omit<AttributeRule, 'id'> = { effect: 'deny', operations: ['decision.evaluate'] };
  const allow: Omit<AttributeRule, 'id'> = { effect: 'allow', tenants: ['acme'] };
  assert.not.ok(ask([deny, allow], {}, 'deny').isAllowed);
  assert.not.ok(ask([allow, deny], {}, 'deny').isAllowed);
});

test('every condition of a rule must hold', () => {
  const whole: Omit<AttributeRule, 'id'> = {
    effect: 'deny',
    operations: ['decision.evaluate'],
    principals: ['key:a'],
    tenants: ['acme'],
    networks: ['10.0.0.0/8'],
    days: [3],
    hours: { from: '09:00', to: '17:00' },
  };
  assert.not.ok(ask([whole]).isAllowed);
  for (const other of [
    { operation: 'decision.read' },
    { principal: { ...PRINCIPAL, id: 'key:b' } },
    { principal: { ...PRINCIPAL, tenant: 'other' } },
    { remoteAddress: '192.0.2.1' },
    { nowWallMs: NOON + 86_400_000 },
    { nowWallMs: NOON + 7 * 3_600_000 },
  ] as Partial<CallAttributes>[]) {
    assert.ok(ask([whole], other).isAllowed, JSON.stringify(other));
  }
});

test('hours may go past midnight, and their end is not in them', () => {
  const night: Omit<AttributeRule, 'id'> = { effect: 'deny', hours: { from: '22:00', to: '06:00' } };
  const at = (time: string): boolean =>
    ask([night], { nowWallMs: Date.parse(`2026-11-18T${time}Z`) }).isAllowed;
  assert.equal(
    ['21:59', '22:00', '23:59', '00:00', '05:59', '06:00'].map((time) => at(`${time}:00`)),
    [true, false, false, false, false, true],
  );
});

test('an address that nobody knows is inside for a rule that denies and outside for one that allows', () => {
  const networks = ['10.0.0.0/8'];
  for (const remoteAddress of [undefined, 'nonsense']) {
    assert.not.ok(ask([{ effect: 'deny', networks }], { remoteAddress }).isAllowed);
    assert.not.ok(ask([{ effect: 'allow', networks }], { remoteAddress }, 'deny').isAllowed);
  }
});

test('rules on types of decisions become a limit on types, for submissions alone', () => {
  const types = (outcome: RuleOutcome): ((type: string) => boolean) => {
    if (!outcome.isAllowed) return () => false;
    const { decisionTypes } = outcome;
    return (type) => mayDecide({ ...PRINCIPAL, ...(decisionTypes && { decisionTypes }) }, type);
  };
  const denied = types(ask([{ effect: 'deny', decisionTypes: ['loan'] }]));
  assert.equal([denied('loan'), denied('chat')], [false, true]);
  const allowed = types(
    ask(
      [
        { effect: 'allow', decisionTypes: ['chat', 'loan'] },
        { effect: 'deny', decisionTypes: ['loan'] },
      ],
      {},
      'deny',
    ),
  );
  assert.equal([allowed('chat'), allowed('loan'), allowed('tool')], [true, false, false]);
  assert.ok(ask([{ effect: 'deny', decisionTypes: ['loan'] }], { operation: 'decision.read' }).isAllowed);
  assert.not.ok(
    ask([{ effect: 'allow', decisionTypes: ['chat'] }], { operation: 'decision.read' }, 'deny').isAllowed,
  );
});

test('a role or scope that no table knows allows nothing', () => {
  const roles = { reader: ['decision:read'] as const };
  assert.equal(scopesOf(roles, { roles: ['reader', 'constructor', '__proto__'], scopes: ['root', 'x'] }), [
    'decision:read',
  ]);
});
