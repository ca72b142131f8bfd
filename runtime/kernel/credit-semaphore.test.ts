import fc from 'fast-check';
import { WitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { CreditSemaphore } from './credit-semaphore.ts';
import type { Credit } from './credit-semaphore.ts';
import { SimClock } from './sim/sim-clock.ts';

const test = suite('credit semaphore');

test('gives its credits and no more; release is idempotent', () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 2 });
  const first = semaphore.tryAcquire('a')!;
  assert.ok(semaphore.tryAcquire('a'));
  assert.is(semaphore.tryAcquire('a'), undefined);
  first.release();
  first.release();
  assert.is(semaphore.inUse, 1);
  assert.ok(semaphore.tryAcquire('a'));
  assert.is(semaphore.tryAcquire('a'), undefined);
});

test('waiting is fair per key: a long queue of one does not hold up another', async () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 1 });
  const order: string[] = [];
  let held = semaphore.tryAcquire('seed')!;
  const wait = (key: string): void =>
    void semaphore.acquire(key).then((credit) => (order.push(key), (held = credit)));
  for (let n = 0; n < 4; n++) wait('greedy');
  wait('modest');
  wait('other');
  for (let n = 0; n < 6; n++) {
    held.release();
    await settle();
  }
  assert.equal(order, ['greedy', 'modest', 'other', 'greedy', 'greedy', 'greedy']);
});

test('the key that holds fewest is served first', async () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 3 });
  const credits = [semaphore.tryAcquire('big')!, semaphore.tryAcquire('big')!, semaphore.tryAcquire('big')!];
  const order: string[] = [];
  void semaphore.acquire('big').then(() => order.push('big'));
  void semaphore.acquire('small').then(() => order.push('small'));
  credits[0]!.release();
  await settle();
  assert.equal(order, ['small']);
  assert.is(semaphore.heldBy('big'), 2);
});

test('a refused key has the better claim on what becomes free, until its claim ends', async () => {
  const clock = new SimClock();
  const semaphore = new CreditSemaphore({ clock, credits: 4 });
  const credits = [1, 2, 3, 4].map(() => semaphore.tryAcquire('big')!);
  assert.is(semaphore.tryAcquire('small'), undefined);
  credits[0]!.release();
  assert.is(semaphore.tryAcquire('big'), undefined);
  assert.ok(semaphore.tryAcquire('small'));
  credits[1]!.release();
  assert.ok(semaphore.tryAcquire('big'), 'the claim ended when small was served');
  assert.is(semaphore.tryAcquire('third'), undefined);
  credits[2]!.release();
  assert.is(semaphore.tryAcquire('big'), undefined);
  await advance(clock, 1_001);
  assert.ok(semaphore.tryAcquire('big'));
});

test('too many waiters are refused with a time to come back', async () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 1, maxWaiting: 1 });
  semaphore.tryAcquire('a');
  void semaphore.acquire('a');
  const error = await semaphore.acquire('a').catch((reason: unknown) => reason as WitanError);
  assert.is((error as WitanError).code, 'overloaded');
  assert.ok((error as WitanError).details.retryAfterMs! >= 1);
});

test('retry-after follows measured hold times and the queue', async () => {
  const clock = new SimClock();
  const semaphore = new CreditSemaphore({ clock, credits: 2 });
  for (let n = 0; n < 100; n++) {
    const credit = semaphore.tryAcquire('a')!;
    await advance(clock, 40);
    credit.release();
  }
  assert.is(semaphore.retryAfterMs(), 21);
  semaphore.tryAcquire('a');
  semaphore.tryAcquire('a');
  assert.is(semaphore.retryAfterMs(9), 201, 'those who wait elsewhere count as well');
  for (let n = 0; n < 9; n++) void semaphore.acquire('a');
  assert.is(semaphore.retryAfterMs(), 201);
});

test('an aborted wait rejects with the reason, leaves the queue and takes no credit', async () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 1 });
  const credit = semaphore.tryAcquire('a')!;
  const abort = new AbortController();
  const waiting = semaphore.acquire('b', abort.signal).catch((error: unknown) => error);
  const reason = new WitanError('deadline_exceeded', 'too late');
  abort.abort(reason);
  assert.is(await waiting, reason);
  assert.is(semaphore.waiting, 0);
  credit.release();
  assert.is(semaphore.inUse, 0);
  const plain = await semaphore
    .acquire('b', AbortSignal.abort())
    .catch((error: unknown) => error as WitanError);
  assert.is((plain as WitanError).code, 'cancelled');
});

test('capacity can change: more wakes waiters, less lets credits run out', async () => {
  const semaphore = new CreditSemaphore({ clock: new SimClock(), credits: 1 });
  const first = semaphore.tryAcquire('a')!;
  let second: Credit | undefined;
  void semaphore.acquire('a').then((credit) => (second = credit));
  semaphore.setCredits(2);
  await settle();
  assert.ok(second);
  semaphore.setCredits(0);
  first.release();
  assert.is(semaphore.tryAcquire('a'), undefined);
});

test('property: never more out than credits; whoever waits is served when all is given back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 60 }),
      async (credits, steps) => {
        const semaphore = new CreditSemaphore({ clock: new SimClock(), credits });
        const out: Credit[] = [];
        let waitingFor = 0;
        let served = 0;
        for (const [key, isRelease] of steps) {
          if (isRelease) out.shift()?.release();
          else {
            waitingFor += 1;
            void semaphore.acquire(key).then((credit) => (served++, out.push(credit)));
          }
          await Promise.resolve();
          assert.ok(semaphore.inUse <= credits);
        }
        for (let idle = 0; idle < 3; idle++) {
          await Promise.resolve();
          while (out.length > 0) {
            out.shift()!.release();
            await Promise.resolve();
            idle = 0;
          }
        }
        assert.is(served, waitingFor);
        assert.is(semaphore.inUse, 0);
        assert.is(semaphore.waiting, 0);
      },
    ),
    { numRuns: 100 },
  );
});
