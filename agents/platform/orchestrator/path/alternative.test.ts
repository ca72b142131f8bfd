import { ALTERNATIVE_ACTIONS, HAND_OFF_TEXT } from '../../../../config/alternatives.ts';
import { Alternative, HeldReason } from '../../../../contracts/messages/verdict.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { alternativeFor } from './alternative.ts';

const test = suite('orchestrator: alternative');

test('an approval without distress has none', () => {
  assert.is(alternativeFor({ outcome: 'approved', heldReason: null, codes: ['privacy.email'] }), null);
});

test('distress attaches the hand-off to every outcome', () => {
  for (const outcome of ['approved', 'rejected', 'held'] as const) {
    const heldReason = outcome === 'held' ? ('veto' as const) : null;
    const alternative = alternativeFor({ outcome, heldReason, codes: ['compassion.crisis'] });
    assert.is(alternative!.handOff, HAND_OFF_TEXT);
  }
  assert.is(
    alternativeFor({ outcome: 'rejected', heldReason: null, codes: ['compassion.crisisx'] })!.handOff,
    null,
  );
});

test('the most particular action is offered, each once', () => {
  const codes = ['security.injection.override', 'security.injection', 'security.other', 'nothing.known'];
  const { actions } = alternativeFor({ outcome: 'rejected', heldReason: null, codes })!;
  assert.is(actions.length, 2);
  assert.is(actions[0], ALTERNATIVE_ACTIONS.find(({ prefix }) => prefix === 'security.injection')!.action);
});

test('each reason to hold says what to do, and the result has the form of the contract', () => {
  for (const heldReason of HeldReason.options) {
    const alternative = alternativeFor({ outcome: 'held', heldReason, codes: [] })!;
    assert.is(alternative.actions.length, 1);
    assert.equal(Alternative.parse(alternative), alternative);
  }
  assert.is(alternativeFor({ outcome: 'rejected', heldReason: null, codes: [] })!.actions.length, 1);
});

test('many codes stay within the limits of the contract', () => {
  const codes = ALTERNATIVE_ACTIONS.flatMap(({ prefix }) => [prefix, `${prefix}.x`]);
  assert.ok(Alternative.safeParse(alternativeFor({ outcome: 'held', heldReason: 'veto', codes })).success);
});
