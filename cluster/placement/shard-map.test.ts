import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { planShards } from './shard-map.ts';
import type { ShardFact, ShardView } from './shard-map.ts';

const test = suite('shard map');
const SELF = { node: 'a', incarnation: '00000000000000aa' };
const OTHER = { node: 'b', incarnation: '00000000000000bb' };
const LIMITS = { takes: 10, handOvers: 10 };

const FREE: ShardFact = { holder: undefined, isHolderLiving: false, here: undefined };
const MINE: ShardFact = { holder: SELF, isHolderLiving: true, here: 'owned' };
const THEIRS: ShardFact = { holder: OTHER, isHolderLiving: true, here: undefined };

function plan(facts: readonly ShardFact[], wish: string | undefined, more: Partial<ShardView> = {}) {
  const wishes = facts.map(() => wish);
  const view = {
    self: SELF,
    facts,
    freeWish: wishes,
    settledWish: wishes,
    isWell: () => true,
    isLeaving: false,
  };
  return planShards({ ...view, ...more }, LIMITS);
}

test('takes what is free and wished for here, and nothing that another owns', () => {
  assert.equal(plan([FREE, THEIRS, MINE], 'a'), { take: [0], handOver: [] });
  assert.equal(plan([FREE, THEIRS], 'b'), { take: [], handOver: [] });
  // Its holder was never seen here, or is over: the claim decides which.
  assert.equal(plan([{ ...THEIRS, isHolderLiving: false }], 'a'), { take: [0], handOver: [] });
  assert.equal(plan([FREE], undefined), { take: [], handOver: [] });
});

test('hands over what a settled member that is well should have', () => {
  assert.equal(plan([MINE], 'b'), { take: [], handOver: [0] });
  assert.equal(plan([MINE], 'b', { isWell: () => false }), { take: [], handOver: [] });
  assert.equal(plan([MINE], undefined), { take: [], handOver: [] });
  assert.equal(plan([MINE], 'b', { settledWish: ['a'] }), { take: [], handOver: [] });
});

test('a node that leaves takes nothing and keeps nothing, whether somebody wants it or not', () => {
  assert.equal(plan([FREE, MINE], 'a', { isLeaving: true }), { take: [], handOver: [1] });
  assert.equal(plan([MINE], undefined, { isLeaving: true }), { take: [], handOver: [0] });
});

test('what is recorded as this run’s and not had here is taken, whoever is wished for', () => {
  const orphan: ShardFact = { holder: SELF, isHolderLiving: true, here: undefined };
  assert.equal(plan([orphan], 'b'), { take: [0], handOver: [] });
  const earlier: ShardFact = {
    holder: { ...SELF, incarnation: OTHER.incarnation },
    isHolderLiving: true,
    here: undefined,
  };
  assert.equal(plan([earlier], 'a'), { take: [], handOver: [] });
});

test('what is under way counts against the limits and is left alone', () => {
  const facts = fc.array(
    fc.record({
      holder: fc.constantFrom(undefined, SELF, OTHER),
      isHolderLiving: fc.boolean(),
      here: fc.constantFrom(undefined, 'taking' as const, 'owned' as const, 'handing-over' as const),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(facts, fc.constantFrom('a', 'b', undefined), fc.boolean(), (all, wish, isLeaving) => {
      const steps = plan(all, wish, { isLeaving });
      const underWay = (here: ShardFact['here']): number => all.filter((fact) => fact.here === here).length;
      assert.ok(steps.take.length <= Math.max(0, LIMITS.takes - underWay('taking')));
      assert.ok(steps.handOver.length <= Math.max(0, LIMITS.handOvers - underWay('handing-over')));
      assert.ok(steps.take.every((shard) => all[shard]!.here === undefined));
      assert.ok(steps.handOver.every((shard) => all[shard]!.here === 'owned'));
    }),
  );
});
