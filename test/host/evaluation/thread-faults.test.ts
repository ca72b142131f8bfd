/** What becomes of the work when a thread crashes, hangs, is ended or never starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { toWitanError } from '../../../contracts/errors.ts';
import { EvaluationJob } from '../../../runtime/host/evaluation/evaluation-job.ts';
import { seatsOnThread } from '../../../runtime/host/evaluation/evaluators-on-thread.ts';
import type { EvaluationThreads } from '../../../runtime/host/evaluation/evaluation-threads.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../harness.ts';
import { FAULTY_SEATS } from './faulty-seats.ts';
import { clock, decisionOf, deskOf, longBudget, openThreads } from './thread-fixtures.ts';
import { SOURCE_FLAGS } from '../../source-flags.ts';

const test = suite('threads of evaluators: faults', { limitMs: 180_000 });

const LONG_MS = 600_000;

function submit(threads: EvaluationThreads, text: string, deadlineMs = LONG_MS): EvaluationJob {
  const input = { decision: decisionOf({ type: 'chat', text }), attested: {}, peers: [] };
  const job = new EvaluationJob(input, clock.monotonicMs() + deadlineMs);
  threads.submit(job);
  return job;
}

/** A promise that the test settles. */
function moment<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** What the obedient seat said, or the code of the failure. */
async function saidOf(job: EvaluationJob): Promise<string> {
  try {
    const [first] = (await job.done).evidence;
    return 'fault' in first! ? `${first.fault}: ${first.message}` : first!.reasons[0]!;
  } catch (error) {
    return toWitanError(error).code;
  }
}

for (const [fault, code] of [
  ['crash', 'unavailable'],
  ['exit', 'unavailable'],
  ['hang', 'deadline_exceeded'],
] as const) {
  test(`${fault}: one input is refused, those before and behind it are judged in order`, async () => {
    const ends: string[] = [];
    await using threads = openThreads('faulty-worker', FAULTY_SEATS, {
      hangMs: 700,
      onEnd: ({ culprit }) => ends.push(String(culprit?.input.decision.request.text)),
    });
    const texts = ['a', 'b', fault, 'c', 'd', 'e', 'f', 'g'];
    const settled: string[] = [];
    const jobs = texts.map((text) => submit(threads, text));
    for (const job of jobs)
      job.done.then(() => settled.push(job.input.decision.request.text!)).catch(() => undefined);
    const said = await Promise.all(jobs.map(saidOf));
    assert.equal(said.slice(0, 2), ['a was number 1.', 'b was number 2.']);
    assert.is(said[2], code);
    // The new thread counts anew: what was behind was judged by it, once and in order.
    assert.equal(
      said.slice(3),
      ['c', 'd', 'e', 'f', 'g'].map((text, at) => `${text} was number ${at + 1}.`),
    );
    assert.equal(settled, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    assert.ok(ends.includes(fault), `blamed: ${ends.join()}`);
    assert.ok(!ends.some((text) => text.length === 1), `blamed: ${ends.join()}`);
    assert.ok(threads.info().restartCount >= 1);
  });
}

test('an input that ended a thread is not tried again, however often it is asked about', async () => {
  await using threads = openThreads('faulty-worker', FAULTY_SEATS);
  const [obedient, quiet] = seatsOnThread(FAULTY_SEATS, deskOf(FAULTY_SEATS, { threads }));
  const decision = decisionOf({ type: 'chat', text: 'crash' });
  const input = { decision, attested: {}, peers: [] };
  const codes: string[] = [];
  for (const plan of [obedient!, quiet!, obedient!]) {
    const asked = Promise.resolve().then(() => plan.evaluators[0]!.evaluate(input, longBudget()));
    codes.push(
      await asked.then(
        () => 'answered',
        (error: unknown) => toWitanError(error).code,
      ),
    );
  }
  assert.equal(codes, ['unavailable', 'unavailable', 'unavailable']);
  const applicable = Promise.resolve().then(() => quiet!.isApplicable(decision));
  assert.is(await applicable.then(String, (error: unknown) => toWitanError(error).code), 'unavailable');
  assert.is(await saidOf(submit(threads, 'after')), 'after was number 1.');
  assert.is(threads.info().restartCount, 1);
});

test('an evaluator that throws is a fault of its own, and the others are heard', async () => {
  await using threads = openThreads('faulty-worker', FAULTY_SEATS);
  const job = submit(threads, 'throw');
  const { evidence, applicable } = await job.done;
  assert.equal(evidence[0], { fault: 'internal', message: 'a rule that fails' });
  assert.ok('code' in evidence[1]! && evidence[1].code === 'none');
  assert.equal(applicable, [true, false]);
  assert.is(threads.info().restartCount, 0);
});

test('a thread whose entry cannot be loaded is tried again; work waits for it and expires unstarted', async () => {
  let endCount = 0;
  const tries = moment<void>();
  await using threads = openThreads('broken-worker', FAULTY_SEATS, {
    onEnd: ({ culprit }) => {
      assert.is(culprit, undefined);
      endCount += 1;
      if (endCount === 3) tries.resolve();
    },
    jobMaxCount: 2,
  });
  const first = submit(threads, 'a', 1);
  const second = submit(threads, 'b');
  await tries.promise;
  // Room is made for a third by the first, whose time is over.
  const third = submit(threads, 'c');
  assert.is(await saidOf(first), 'deadline_exceeded');
  assert.is(await saidOf(submit(threads, 'd')), 'overloaded');
  assert.is(second.failure ?? third.failure, undefined);
  await threads.close();
  assert.is(await saidOf(second), 'stopped');
  assert.is(await saidOf(third), 'stopped');
});

test('the back-off runs on the injected clock', async () => {
  const simClock = new SimClock();
  const ended = moment<void>();
  await using threads = openThreads('broken-worker', FAULTY_SEATS, {
    clock: simClock,
    backoff: { firstMs: 100, maxMs: 100, jitter: 0 },
    onEnd: () => ended.resolve(),
  });
  await ended.promise;
  assert.is(threads.info().liveCount, 0);
  simClock.advance(99);
  assert.is(threads.info().liveCount, 0);
  simClock.advance(1);
  assert.is(threads.info().liveCount, 1);
});

test('work whose time is over is not begun', async () => {
  await using threads = openThreads('faulty-worker', FAULTY_SEATS);
  assert.is(await saidOf(submit(threads, 'a')), 'a was number 1.');
  assert.is(await saidOf(submit(threads, 'late', -1)), 'deadline_exceeded');
  assert.is(await saidOf(submit(threads, 'b')), 'b was number 2.');
});

test('a thread of other code than the node’s is not believed', async () => {
  const ended = moment<string>();
  await using threads = openThreads('faulty-worker', FAULTY_SEATS, {
    evaluators: ['obedient/told@1.0.1#000000000000', 'quiet/nothing@1.0.0#000000000000'],
    onEnd: ({ error }) => ended.resolve(error.message),
  });
  const job = submit(threads, 'a');
  assert.match(await ended.promise, /not those of this node/);
  await threads.close();
  assert.is(await saidOf(job), 'stopped');
});

test('closing while work waits and runs: everything fails, nothing is judged afterwards', async () => {
  const threads = openThreads('faulty-worker', FAULTY_SEATS);
  assert.is(await saidOf(submit(threads, 'first')), 'first was number 1.');
  const jobs = ['hang', ...'abcdefgh'].map((text) => submit(threads, text));
  await Promise.all([threads.close(), threads.close()]);
  assert.equal(new Set(await Promise.all(jobs.map(saidOf))), new Set(['stopped']));
  assert.equal(threads.info(), {
    threadCount: 1,
    liveCount: 0,
    waitingCount: 0,
    workingCount: 0,
    restartCount: 0,
  });
  assert.is(await saidOf(submit(threads, 'late')), 'unavailable');
  threads.open();
  assert.is(await saidOf(submit(threads, 'again')), 'again was number 1.');
  await threads.close();
});

test('what cannot be sent to a thread is refused, and the thread goes on', async () => {
  await using threads = openThreads('faulty-worker', FAULTY_SEATS);
  await saidOf(submit(threads, 'a'));
  const decision = decisionOf({ type: 'chat', text: 'b' });
  const job = new EvaluationJob(
    { decision, attested: { 'audit.reviewer': () => 'me' }, peers: [] },
    clock.monotonicMs() + LONG_MS,
  );
  threads.submit(job);
  assert.is(await saidOf(job), 'internal');
  assert.is(await saidOf(submit(threads, 'c')), 'c was number 2.');
});

test('several threads share the work', async () => {
  await using threads = openThreads('faulty-worker', FAULTY_SEATS, { threadCount: 2, hangMs: 5_000 });
  const jobs = ['hang', ...Array.from({ length: 40 }, (_, at) => `n${at}`)].map((text) =>
    submit(threads, text),
  );
  // One thread is held by the first input; the other does the rest but for the few that were given before.
  const said = await Promise.all(jobs.slice(8).map(saidOf));
  assert.ok(said.every((text) => / was number \d+\.$/.test(text)));
});

test('a process that waits for nothing else ends, and hears nothing of what rules print', async () => {
  const program = new URL('idle-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [...SOURCE_FLAGS, program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.is(output, 'print was number 1.\n');
  assert.is(code, 0);
});
