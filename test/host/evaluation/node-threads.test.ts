/** A node whose evaluators hang, whose threads never start, and one that has none. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { seatsOnThread } from '../../../runtime/host/evaluation/evaluators-on-thread.ts';
import type { EvaluationThreads } from '../../../runtime/host/evaluation/evaluation-threads.ts';
import { BUILT_IN_SEATS } from '../../../runtime/host/tree/built-in-seats.ts';
import { assert, suite } from '../../harness.ts';
import { BENIGN, startHost } from '../fixtures.ts';
import { PATIENT } from '../../integration/fault-fixtures.ts';
import { deskOf, HANG_TEXT, openThreads } from './thread-fixtures.ts';

const test = suite('threads of evaluators: nodes', { limitMs: 60_000 });

/** Seats that are asked on these threads instead of the node's own. */
function on(threads: EvaluationThreads): (plan: SeatPlan) => SeatPlan {
  const plans = seatsOnThread(BUILT_IN_SEATS, deskOf(BUILT_IN_SEATS, { threads }));
  return ({ seat }) => plans.find((plan) => plan.seat === seat)!;
}

test('a rule that hangs costs its own decision the approval; the next one is decided', async () => {
  await using threads = openThreads('hanging-worker', BUILT_IN_SEATS, { hangMs: 3_000 });
  const settings = { ...PATIENT, evaluation: { threadCount: 0 } };
  await using host = await startHost({ seatPlan: on(threads), settings });
  const held = await host.submit({ ...BENIGN, text: HANG_TEXT });
  assert.is(held.body.outcome, 'held');
  assert.is(held.body.risk, 'high');
  const checks = held.body.steps.filter(({ step }) => step === 'checks');
  assert.ok(
    checks.every(({ risk }) => risk === 'high'),
    'a check without evidence is high risk',
  );
  const { body } = await host.submit(BENIGN);
  assert.is(body.outcome, 'approved');
  assert.is(threads.info().restartCount, 1, 'the decision was not tried twice');
});

test('threads that never start: decisions are held, the node stays up', async () => {
  await using threads = openThreads('broken-worker', BUILT_IN_SEATS);
  const settings = {
    evaluation: { threadCount: 0 },
    deadlines: { decisionMs: 1_500, policyMs: 300, checksMs: 300, appendReserveMs: 300 },
  };
  await using host = await startHost({ seatPlan: on(threads), settings });
  const { body } = await host.submit(BENIGN);
  assert.is(body.outcome, 'held');
  assert.is(host.status, 'ready');
  assert.ok(threads.info().restartCount > 0);
});

test('the tree shows the threads', async () => {
  await using host = await startHost({ settings: PATIENT });
  const state = (): string | undefined => host.inspect.tree('/system/evaluation')[0]?.stateName;
  assert.is(state(), '1/1 threads, 0 held, 0 waiting, 0 restarts');
  assert.is((await host.submit(BENIGN)).body.outcome, 'approved');
  const info = await host.ask('/system/evaluation', { type: 'info' });
  assert.equal(info, { threadCount: 1, liveCount: 1, waitingCount: 0, workingCount: 0, restartCount: 0 });
});

test('without threads the evaluators run in the loop of the node', async () => {
  await using host = await startHost({ settings: { ...PATIENT, evaluation: { threadCount: 0 } } });
  assert.equal(host.inspect.tree('/system/evaluation'), []);
  assert.is((await host.submit(BENIGN)).body.outcome, 'approved');
});

test('several threads decide as one does', async () => {
  await using host = await startHost({ settings: { ...PATIENT, evaluation: { threadCount: 3 } } });
  const verdicts = await Promise.all(
    Array.from({ length: 12 }, (_, at) => host.submit({ ...BENIGN, text: `${BENIGN.text} ${at}` })),
  );
  assert.equal(new Set(verdicts.map(({ body }) => body.outcome)), new Set(['approved']));
});
