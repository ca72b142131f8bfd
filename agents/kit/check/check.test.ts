import fc from 'fast-check';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import type { Evaluator } from '../../../runtime/kernel/ports/evaluator.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../../test/harness.ts';
import { decisionOf, evidenceOf } from '../../../test/orchestrator/fixture.ts';
import { advance } from '../../../test/sim-time.ts';
import { effectiveRisk, highestRisk, isAtLeast, RISK_LEVELS, riskOfEvidence } from './risk.ts';
import { runCheck } from './run-check.ts';

const test = suite('checks: evidence to risk');
const never = new Promise<never>(() => {});
const level = fc.constantFrom(...RISK_LEVELS);

function evaluator(evaluate: Evaluator['evaluate']): Evaluator {
  return {
    id: 'safety/test',
    version: '1',
    digest: '0'.repeat(64),
    kind: 'rules',
    family: 'rules',
    remote: false,
    evaluate,
  };
}

async function check(evaluators: readonly Evaluator[], advanceMs = 0) {
  const clock = new SimClock();
  const input = { decision: decisionOf(), attested: {}, peers: [] };
  const running = runCheck({ check: 'safety', evaluators }, input, createBudget(clock, 200));
  await advance(clock, advanceMs);
  return running;
}

test('the caller can raise risk and never lower it', () => {
  fc.assert(
    fc.property(fc.array(level), fc.option(level), (measured, stated) => {
      const risk = effectiveRisk(measured, stated);
      for (const one of stated === null ? measured : [...measured, stated]) assert.ok(isAtLeast(risk, one));
      assert.ok(risk === 'low' || measured.includes(risk) || risk === stated);
    }),
  );
  assert.is(highestRisk([]), 'low');
});

test('worse evidence never has less risk', () => {
  const bp = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(bp, bp, bp, (left, right, confidenceBp) => {
      const [worse, better] = [Math.min(left, right), Math.max(left, right)];
      const risk = (scoreBp: number) =>
        riskOfEvidence({ scoreBp, confidenceBp, critical: false, applicable: true });
      assert.ok(isAtLeast(risk(worse), risk(better)));
    }),
  );
});

test('the levels of evidence', () => {
  const risk = (scoreBp: number, fields = {}) => riskOfEvidence(evidenceOf('x', scoreBp, fields));
  assert.equal([risk(4_999), risk(5_000), risk(6_999), risk(7_000)], ['high', 'medium', 'medium', 'low']);
  assert.is(risk(0, { confidenceBp: 0 }), 'high', 'doubt about a finding is no sign of safety');
  assert.is(risk(10_000, { confidenceBp: 4_999 }), 'medium');
  assert.is(risk(10_000, { critical: true }), 'critical');
  assert.is(risk(0, { applicable: false }), 'low');
});

test('the worst evaluator decides; codes are sorted and named once', async () => {
  const reply = await check([
    evaluator(() => evidenceOf('z.last', 0)),
    evaluator(async () => evidenceOf('a.first', 6_000)),
    evaluator(() => evidenceOf('none', 10_000)),
    evaluator(() => evidenceOf('z.last', 9_000)),
  ]);
  assert.equal([reply.risk, reply.codes, reply.evidence.length], ['high', ['a.first', 'z.last'], 4]);
});

const faults: [string, string, readonly Evaluator[]][] = [
  ['no evaluator', 'missing', []],
  [
    'an evaluator that throws',
    'failed',
    [
      evaluator(() => {
        throw new Error('mine');
      }),
    ],
  ],
  ['an evaluator that rejects', 'failed', [evaluator(async () => Promise.reject(new Error('mine')))]],
  ['an evaluator that never answers', 'late', [evaluator(() => never)]],
  ['an evaluator that answers nonsense', 'invalid', [evaluator(() => ({ scoreBp: 20_000 }) as never)]],
  ['a score that is no number', 'invalid', [evaluator(() => evidenceOf('x', Number.NaN))]],
];
for (const [name, code, evaluators] of faults) {
  test(`${name} is high risk`, async () => {
    const reply = await check(
      [evaluator(() => evidenceOf('none', 10_000)), ...evaluators].slice(evaluators.length === 0 ? 1 : 0),
      200,
    );
    assert.equal([reply.risk, reply.codes], ['high', [`check.safety.${code}`]]);
  });
}

test('rules that block past the deadline are late, whatever they found', async () => {
  const clock = new SimClock();
  const slow = evaluator(() => {
    clock.advance(300);
    return evidenceOf('none', 10_000);
  });
  const input = { decision: decisionOf(), attested: {}, peers: [] };
  const reply = await runCheck({ check: 'safety', evaluators: [slow] }, input, createBudget(clock, 200));
  assert.equal([reply.risk, reply.codes], ['high', ['check.safety.late']]);
});

test('an expired request is answered as late and starts nothing', async () => {
  let started = 0;
  const counted = evaluator(() => ((started += 1), evidenceOf('none', 10_000)));
  const input = { decision: decisionOf(), attested: {}, peers: [] };
  const reply = await runCheck(
    { check: 'bias', evaluators: [counted] },
    input,
    createBudget(new SimClock(), 0),
  );
  assert.equal([reply.risk, started], ['high', 0]);
});
