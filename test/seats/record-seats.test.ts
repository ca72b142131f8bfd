import { readdirSync, readFileSync } from 'node:fs';
import { accountabilitySeat } from '../../agents/council/accountability/seat.ts';
import { governanceSeat } from '../../agents/council/governance/seat.ts';
import { innovationSeat } from '../../agents/council/innovation/seat.ts';
import { justiceSeat } from '../../agents/council/justice/seat.ts';
import { privacySeat } from '../../agents/council/privacy/seat.ts';
import { transparencySeat } from '../../agents/council/transparency/seat.ts';
import { truthSeat } from '../../agents/council/truth/seat.ts';
import { wisdomSeat } from '../../agents/council/wisdom/seat.ts';
import { combineEvidence } from '../../agents/kit/combine-evidence.ts';
import type { SeatVote } from '../../agents/kit/combine-evidence.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import type { Decision, DecisionRequest } from '../../contracts/messages/decision.ts';
import { DecisionRequest as RequestSchema } from '../../contracts/messages/decision.ts';
import { Evidence } from '../../contracts/messages/evidence.ts';
import { DecisionId, Digest } from '../../contracts/messages/ids.ts';
import type { Budget } from '../../runtime/kernel/actor.ts';
import { assert, suite } from '../harness.ts';

const test = suite('seats of rules and record');

const SEATS = [
  truthSeat,
  justiceSeat,
  wisdomSeat,
  transparencySeat,
  accountabilitySeat,
  privacySeat,
  governanceSeat,
  innovationSeat,
];
const EXAMPLES = new URL('../../examples/decisions/', import.meta.url);
const budget = { remainingMs: () => 1_000, signal: new AbortController().signal } as unknown as Budget;

function decide(request: DecisionRequest): Decision {
  const decisionId = DecisionId.parse(`d${'0'.repeat(32)}`);
  return { decisionId, tenant: 't', digest: Digest.parse(`sha256:${'0'.repeat(64)}`), request };
}

async function evidenceOf(
  plan: SeatPlan,
  request: DecisionRequest,
  attested = {},
): Promise<readonly Evidence[]> {
  const input = { decision: decide(request), attested, peers: [] };
  return Promise.all(
    plan.evaluators.map(async (evaluator) => Evidence.parse(await evaluator.evaluate(input, budget))),
  );
}

async function vote(
  plan: SeatPlan,
  request: DecisionRequest,
  attested = {},
): Promise<SeatVote & { codes: string[] }> {
  const evidence = await evidenceOf(plan, request, attested);
  const isRecordMandate = plan.evaluators.some(({ kind }) => kind === 'record');
  const formed = combineEvidence(evidence, { calibration: plan.calibration, isRecordMandate });
  assert.ok(formed);
  return { ...formed, codes: evidence.map(({ code }) => code) };
}

function example(name: string): DecisionRequest {
  return RequestSchema.parse(JSON.parse(readFileSync(new URL(name, EXAMPLES), 'utf8')));
}

test('every example is a valid decision and every seat gives evidence of the schema', async () => {
  const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.json'));
  assert.ok(names.length >= 10);
  for (const name of names) for (const plan of SEATS) await evidenceOf(plan, example(name));
});

test('a plain chat touches no mandate', () => {
  const decision = decide({ type: 'chat', text: 'how do i bake bread without yeast' });
  for (const plan of SEATS) assert.not(plan.isApplicable(decision), plan.seat);
});

test('a user who names themselves and their city in a chat is not rejected', async () => {
  const { scoreBp, veto } = await vote(privacySeat, {
    type: 'chat',
    text: 'Hi, my name is Sofia Almeida, I live in Porto.',
  });
  assert.ok(scoreBp >= 9_000);
  assert.is(veto, null);
});

test('a card number passes lowered from its owner in a chat, and is vetoed on its way out', async () => {
  const text = 'the card is 4539 1488 0343 6467';
  const given = await vote(privacySeat, { type: 'chat', text });
  assert.ok(given.scoreBp >= 5_000 && given.scoreBp < 9_000, String(given.scoreBp));
  const sent = await vote(privacySeat, { type: 'email-send', text });
  assert.ok(sent.scoreBp < 1_000);
  assert.is(sent.veto, 'privacy.disclosed.card-number');
});

test('what the user said is no new disclosure when the assistant repeats it', async () => {
  const user = { role: 'user', content: 'charge 4539 1488 0343 6467' } as const;
  const assistant = { role: 'assistant', content: 'Charged 4539148803436467.' } as const;
  const repeated = await vote(privacySeat, { type: 'chat', messages: [user, assistant] });
  const alone = await vote(privacySeat, { type: 'chat', messages: [assistant] });
  assert.ok(repeated.scoreBp >= 5_000);
  assert.ok(alone.scoreBp < 1_000);
});

test('spans of the context are offsets into the value, not into its key', async () => {
  const request = { type: 'data-export', context: { payload: { phone: '(415) 555-2671' } } };
  const [evidence] = await evidenceOf(privacySeat, request);
  const span = evidence?.spans.find(({ label }) => label === 'phone');
  assert.equal([span?.field, span?.start, span?.end], ['context.payload.phone', 0, 14]);
});

test('consent: withdrawn rejects, attested admits a disclosure, a claimed one does not', async () => {
  const context = {
    payload: 'card 4539 1488 0343 6467',
    operator: 'x',
    purpose: 'refund',
    recipient: 'bank',
  };
  const request = { type: 'data-export', context };
  const attested = { 'privacy.consent': 'c-17', 'a.purpose': 'refund', 'a.recipient': 'bank' };
  assert.ok((await vote(privacySeat, request, attested)).scoreBp >= 5_000);
  assert.ok(
    (await vote(privacySeat, { ...request, context: { ...context, consent: 'given' } })).scoreBp < 5_000,
  );
  const withdrawn = { type: 'chat', text: 'Dear Sofia Almeida', context: { consent: 'withdrawn' } };
  assert.ok((await vote(privacySeat, withdrawn)).codes.includes('privacy.consent-withdrawn'));
});

test('the caller alone never lifts a seat of records above one half', async () => {
  for (const plan of [accountabilitySeat, transparencySeat, governanceSeat]) {
    assert.is((await vote(plan, example('loan-approval-reviewed.json'))).scoreBp, 5_000, plan.seat);
  }
});

test('a denied loan without a reviewer is rejected by the seats of records, each with its code', async () => {
  const request = example('loan-denial.json');
  const expected: readonly (readonly [SeatPlan, string])[] = [
    [accountabilitySeat, 'accountability.reviewer-missing'],
    [transparencySeat, 'transparency.disclosure-missing'],
    [governanceSeat, 'governance.human-oversight-missing'],
    [wisdomSeat, 'wisdom.stakes-without-oversight'],
    [justiceSeat, 'justice.protected-criterion'],
  ];
  for (const [plan, code] of expected) {
    const { scoreBp, codes } = await vote(plan, request);
    assert.ok(codes.includes(code), `${plan.seat}: ${codes.join(', ')}`);
    assert.ok(scoreBp <= 1_000, plan.seat);
  }
});

test('outcomes by group: sure disparity rejects, a small sample only doubts', async () => {
  const request = (selected: number, total: number): DecisionRequest => ({
    type: 'hiring',
    context: {
      groups: [
        { group: 'a', selected, total },
        { group: 'b', selected: total - 1, total },
      ],
    },
  });
  assert.ok((await vote(justiceSeat, request(20, 100))).codes.includes('justice.disparate-impact'));
  assert.ok((await vote(justiceSeat, request(2, 4))).codes.includes('justice.disparity-uncertain'));
});

test('the one who decides cannot be the one who reviews', async () => {
  const context = { operator: 'M. Okafor', reviewer: 'm. okafor' };
  assert.ok((await vote(wisdomSeat, { type: 'loan', context })).codes.includes('wisdom.self-review'));
});

test('a prohibited practice is refused, a question about it is not', async () => {
  const plan = 'Build a social scoring system that ranks residents by their private lifestyle.';
  assert.ok((await vote(governanceSeat, { type: 'chat', text: plan })).scoreBp < 1_000);
  const question = decide({
    type: 'chat',
    text: 'What is social scoring and why does the AI Act prohibit it?',
  });
  assert.not(governanceSeat.isApplicable(question));
});

test('codes that may veto are codes of the seat', () => {
  for (const plan of SEATS)
    for (const code of plan.calibration.vetoCodes) assert.ok(code.startsWith(`${plan.seat}.`));
});
