import { DEFAULT_DECISION_TYPE, decisionTypeRule } from '../../../../config/decision-types.ts';
import type { Decision, DecisionRequest } from '../../../../contracts/messages/decision.ts';
import { DecisionId, Digest } from '../../../../contracts/messages/ids.ts';
import { Evidence } from '../../../../contracts/messages/evidence.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { isAdverse, recordStates } from './demands.ts';
import { isDenied } from './facts.ts';
import { recordFindings } from './record-findings.ts';
import { confidenceOf, ruleEvaluator } from './rule-evaluator.ts';

const test = suite('records');

function decide(request: DecisionRequest): Decision {
  const digest = Digest.parse(`sha256:${'0'.repeat(64)}`);
  return { decisionId: DecisionId.parse(`d${'0'.repeat(32)}`), tenant: 't', digest, request };
}

function stateOf(
  context: Record<string, never> | object,
  attested: Record<string, unknown> = {},
): string | undefined {
  const decision = decide({ type: 'loan', context: context as NonNullable<DecisionRequest['context']> });
  return recordStates({ decision, attested, peers: [] }, ['reviewer'])[0]?.state;
}

test('the type is found by whole name, then by its words, the head first', () => {
  assert.is(decisionTypeRule('loan').sector, 'credit');
  assert.is(decisionTypeRule('loan-denial').sector, 'credit');
  assert.is(decisionTypeRule('hr.candidate_ranking').sector, 'employment');
  assert.is(decisionTypeRule('health-chat').sector, 'conversation');
  assert.is(decisionTypeRule('content-moderation').sector, 'content');
  assert.is(decisionTypeRule('weather'), DEFAULT_DECISION_TYPE);
});

test('a record is attested, asserted, denied or missing', () => {
  assert.is(stateOf({ reviewer: 'L. Brandt' }), 'asserted');
  assert.is(stateOf({ review: { reviewed_by: 'L. Brandt' } }), 'asserted');
  assert.is(stateOf({ reviewer: null }), 'denied');
  assert.is(stateOf({ humanReviewer: 'none' }), 'denied');
  assert.is(stateOf({ income: 3 }), 'missing');
  assert.is(stateOf({ reviewer: null }, { 'audit.reviewer': 'key:7' }), 'attested');
});

test('what says that there is nothing is a denial', () => {
  for (const value of [null, false, '', 'N/A', 'pending', [], [null], { given: false, by: 'x' }])
    assert.ok(isDenied(value));
  for (const value of [true, 0, 'L. Brandt', ['x'], { given: true }]) assert.not(isDenied(value));
});

test('adverse by the outcome field, else by the words', () => {
  assert.ok(isAdverse(decide({ type: 'loan', context: { outcome: 'denied' } })));
  assert.not(isAdverse(decide({ type: 'loan', text: 'denied?', context: { outcome: 'approved' } })));
  assert.ok(isAdverse(decide({ type: 'loan', text: 'The application is declined.' })));
});

test('the word of the caller alone never lifts a record above one half', () => {
  const context = { reviewer: 'L. Brandt', operator: 'M. Okafor', policy: 'P-1', reason: 'income' };
  const input = { decision: decide({ type: 'loan', context }), attested: {}, peers: [] };
  const findings = recordFindings(
    'accountability',
    { reviewer: 'A', operator: 'B', policy: 'C', reason: 'D' },
    input,
  );
  assert.is(Math.min(...findings.map(({ scoreBp }) => scoreBp)), 5_000);
  const attested = { 'a.reviewer': 'x', 'a.operator': 'y', 'a.policy': 'z', 'a.reason': 'r' };
  assert.equal(
    recordFindings('accountability', { reviewer: 'A', operator: 'B' }, { ...input, attested }),
    [],
  );
});

test('a missing record rejects with a code that names it; a chat demands none', () => {
  const input = { decision: decide({ type: 'loan', context: { operator: 'x' } }), attested: {}, peers: [] };
  const [finding] = recordFindings('accountability', { reviewer: 'A human reviewer' }, input);
  assert.is(finding?.code, 'accountability.reviewer-missing');
  assert.is(finding?.basis, 'attested');
  assert.ok((finding?.scoreBp ?? 10_000) < 1_000);
  const chat = { decision: decide({ type: 'chat', text: 'hello' }), attested: {}, peers: [] };
  assert.equal(recordFindings('accountability', { reviewer: 'A human reviewer' }, chat), []);
});

test('evidence carries the lowest finding, all reasons, and fits its schema', async () => {
  const calibration = {
    id: 'x',
    benignConfidenceBp: 9_000,
    findingConfidenceBp: { a: 8_000, 'a.b': 7_000 },
    vetoCodes: [],
  };
  const evaluator = ruleEvaluator({
    id: 'a/b',
    version: '1.0.0',
    kind: 'rules',
    rules: [/x/],
    calibration,
    judge: () => [
      { code: 'a.c', scoreBp: 6_000, reason: 'first', basis: 'content' },
      { code: 'a.b.d', scoreBp: 1_000, reason: 'second', basis: 'content', critical: true },
    ],
  });
  const input = { decision: decide({ type: 'chat', text: 'x' }), attested: {}, peers: [] };
  const signal = new AbortController().signal;
  const evidence = await evaluator.evaluate(input, { remainingMs: () => 1, signal } as Parameters<
    typeof evaluator.evaluate
  >[1]);
  assert.ok(Evidence.safeParse(evidence).success);
  assert.equal(
    [evidence.code, evidence.scoreBp, evidence.confidenceBp, evidence.critical],
    ['a.b.d', 1_000, 7_000, true],
  );
  assert.equal(evidence.reasons, ['second', 'first']);
  assert.is(confidenceOf(calibration, 'ab'), 9_000);
});
