import fc from 'fast-check';
import { assert, suite } from '../../../../test/harness.ts';
import { FairShareQueue } from './fair-share-queue.ts';
import type { Ticket } from './fair-share-queue.ts';

const test = suite('fair share queue');
const wide = { maxCount: 1_000, tenantMaxCount: 1_000 };
const RUNS = { numRuns: 300 };

function takeAll(queue: FairShareQueue<number>): (readonly [string, number])[] {
  const taken: (readonly [string, number])[] = [];
  for (let place = queue.take(); place; place = queue.take()) taken.push([place.tenant, place.item]);
  return taken;
}

test('turns go round the tenants; a long line of one does not hold up another', () => {
  const queue = new FairShareQueue<number>(wide);
  for (let item = 0; item < 3; item += 1) queue.push('greedy', item);
  queue.push('modest', 0);
  queue.push('other', 0);
  const order = takeAll(queue).map(([tenant]) => tenant);
  assert.equal(order, ['greedy', 'modest', 'other', 'greedy', 'greedy']);
});

test('a heavier tenant takes more in its turn', () => {
  const queue = new FairShareQueue<number>({ ...wide, weightOf: (tenant) => (tenant === 'big' ? 2 : 1) });
  for (let item = 0; item < 4; item += 1) for (const tenant of ['big', 'small']) queue.push(tenant, item);
  const order = takeAll(queue).map(([tenant]) => tenant);
  assert.equal(order, ['big', 'big', 'small', 'big', 'big', 'small', 'small', 'small']);
  assert.is(queue.shareOf('big', 9), 9);
  queue.begin('small');
  assert.equal([queue.shareOf('big', 9), queue.shareOf('small', 9)], [6, 9], 'big neither runs nor waits');
});

test('a turn that nothing was left for is over: the next one is whole', () => {
  const queue = new FairShareQueue<number>({ ...wide, weightOf: () => 3 });
  queue.begin('a');
  queue.push('a', 0);
  queue.take();
  for (let item = 1; item < 5; item += 1) for (const tenant of ['a', 'b']) queue.push(tenant, item);
  const order = takeAll(queue).map(([tenant]) => tenant);
  assert.equal(order.join(''), 'aaabbbab');
});

test('a tenant that is alone never waits; beside another it waits below its share only', () => {
  const queue = new FairShareQueue<number>(wide);
  for (let item = 0; item < 4; item += 1) queue.begin('a');
  assert.is(queue.mayWait('a', 4), false);
  for (let item = 0; item < 2; item += 1) {
    assert.is(queue.mayWait('b', 4), true);
    queue.push('b', item);
  }
  assert.is(queue.mayWait('b', 4), false, 'two of four are its share');
  queue.end('a');
  assert.is(queue.mayWait('a', 4), false);
  for (let item = 0; item < 2; item += 1) queue.end('a');
  assert.is(queue.mayWait('a', 4), true);
  assert.is(queue.mayWait('c', 0), false, 'nobody waits for what there will never be');
});

test('more tenants than credits: each may wait with one', () => {
  const queue = new FairShareQueue<number>(wide);
  queue.begin('t0');
  queue.begin('t1');
  for (let tenant = 2; tenant < 40; tenant += 1) {
    assert.ok(queue.mayWait(`t${tenant}`, 2));
    queue.push(`t${tenant}`, 0);
    assert.not(queue.mayWait(`t${tenant}`, 2));
  }
});

test('it is bounded, for each tenant and in the whole', () => {
  const queue = new FairShareQueue<number>({ maxCount: 3, tenantMaxCount: 2 });
  queue.push('a', 0);
  queue.push('a', 1);
  assert.equal([queue.mayWait('a', 100), queue.mayWait('b', 100)], [false, true]);
  queue.push('b', 0);
  assert.equal([queue.mayWait('b', 100), queue.mayWait('c', 100)], [false, false]);
});

test('ending what does not run is a defect, and a weight is a whole number', () => {
  assert.throws(() => new FairShareQueue<number>(wide).end('a'), /nothing of a runs/);
  for (const weight of [0, 0.5, NaN]) {
    const queue = new FairShareQueue<number>({ ...wide, weightOf: () => weight });
    assert.throws(() => queue.push('a', 0), /no weight/);
  }
});

const tenants = ['a', 'b', 'c', 'd', 'e'];
const weights = fc.tuple(...tenants.map(() => fc.integer({ min: 1, max: 5 })));

test('property: whoever waits throughout gets its share to within one turn, from any moment on', () => {
  fc.assert(
    fc.property(
      weights,
      fc.array(fc.constantFrom(...tenants), { maxLength: 40 }),
      fc.nat(30),
      fc.integer({ min: 1, max: 100 }),
      (ofTenant, noise, before, during) => {
        const weightOf = (tenant: string): number => ofTenant[tenants.indexOf(tenant)]!;
        const queue = new FairShareQueue<number>({ maxCount: Infinity, tenantMaxCount: Infinity, weightOf });
        let item = 0;
        for (const tenant of noise) queue.push(tenant, (item += 1));
        for (let turn = 0; turn < before; turn += 1) queue.take();
        for (const tenant of tenants) {
          for (let more = 0; more < during + 1; more += 1) queue.push(tenant, (item += 1));
        }
        const got = new Map(tenants.map((tenant) => [tenant, 0]));
        for (let turn = 0; turn < during; turn += 1) {
          const { tenant } = queue.take()!;
          got.set(tenant, got.get(tenant)! + 1);
        }
        const served = tenants.map((tenant) => got.get(tenant)! / weightOf(tenant));
        assert.ok(Math.max(...served) - Math.min(...served) <= 1, served.join(' '));
      },
    ),
    RUNS,
  );
});

type Step =
  | { readonly do: 'push' | 'begin' | 'end'; readonly tenant: string }
  | { readonly do: 'take' }
  | { readonly do: 'remove'; readonly at: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('push' as const), tenant: fc.constantFrom(...tenants) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  fc.record({ do: fc.constantFrom('begin' as const, 'end' as const), tenant: fc.constantFrom(...tenants) }),
  fc.record({ do: fc.constant('remove' as const), at: fc.nat(50) }),
);

test('property: first in, first out within a tenant; nothing is lost, doubled or kept', () => {
  fc.assert(
    fc.property(weights, fc.array(step, { maxLength: 200 }), (ofTenant, steps) => {
      const weightOf = (tenant: string): number => ofTenant[tenants.indexOf(tenant)]!;
      const queue = new FairShareQueue<number>({ maxCount: 20, tenantMaxCount: 6, weightOf });
      const lines = new Map<string, number[]>(tenants.map((tenant) => [tenant, []]));
      const running = new Map<string, number>(tenants.map((tenant) => [tenant, 0]));
      const tickets: { tenant: string; item: number; ticket: Ticket<number> }[] = [];
      const check = (): void => {
        const waiting = [...lines.values()].reduce((sum, line) => sum + line.length, 0);
        assert.is(queue.count, waiting);
        const active = tenants.filter((tenant) => lines.get(tenant)!.length > 0 || running.get(tenant)! > 0);
        assert.is(queue.tenantCount, active.length);
        const shares = active.map((tenant) => queue.shareOf(tenant, 12));
        const whole = shares.reduce((sum, share) => sum + share, 0);
        if (active.length > 0) assert.ok(Math.abs(whole - 12) < 1e-9, `shares make ${whole} of 12`);
      };
      const takeOne = (): boolean => {
        const place = queue.take();
        if (place) assert.is(place.item, lines.get(place.tenant)!.shift());
        return place !== undefined;
      };
      for (const [item, { do: what, ...on }] of steps.entries()) {
        if (what === 'take') takeOne();
        else if ('at' in on) {
          const known = tickets[on.at % Math.max(1, tickets.length)];
          if (!known) continue;
          const line = lines.get(known.tenant)!;
          const isThere = line.includes(known.item);
          assert.is(queue.remove(known.ticket), isThere);
          if (isThere) line.splice(line.indexOf(known.item), 1);
        } else if ('tenant' in on) {
          const { tenant } = on;
          if (what === 'begin') {
            queue.begin(tenant);
            running.set(tenant, running.get(tenant)! + 1);
          } else if (what === 'end' && running.get(tenant)! > 0) {
            queue.end(tenant);
            running.set(tenant, running.get(tenant)! - 1);
          } else if (what === 'push' && queue.mayWait(tenant, 12)) {
            const sum = lines.get(tenant)!.length + running.get(tenant)!;
            assert.ok(sum < queue.shareOf(tenant, 12), 'only below its share');
            tickets.push({ tenant, item, ticket: queue.push(tenant, item) });
            lines.get(tenant)!.push(item);
            assert.ok(lines.get(tenant)!.length <= 6 && queue.count <= 20);
          }
        }
        check();
      }
      while (takeOne()) check();
      for (const tenant of tenants) {
        for (let left = running.get(tenant)!; left > 0; left -= 1) queue.end(tenant);
      }
      assert.equal([queue.count, queue.tenantCount], [0, 0]);
    }),
    RUNS,
  );
});
