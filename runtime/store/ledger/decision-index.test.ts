import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { DecisionIndex } from './decision-index.ts';

const test = suite('decision index');

test('property: the same as keeping every entry, in any order of kinds', () => {
  const entry = fc.record({
    decisionId: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('opened', 'final', 'resolution', 'late-ballot'),
    gap: fc.constantFrom(1, 2, 2 ** 21 - 1, 2 ** 21, 2 ** 30),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      const index = new DecisionIndex();
      const kept: { decisionId: string; kind: string; at: number }[] = [];
      let at = 0;
      for (const { decisionId, kind, gap } of entries) {
        index.add(decisionId, kind, at);
        kept.push({ decisionId, kind, at });
        at += gap;
      }
      for (const decisionId of ['a', 'b', 'c', 'd']) {
        const own = kept.filter((one) => one.decisionId === decisionId);
        assert.equal(
          [...index.of(decisionId)],
          own.map((one) => one.at),
        );
        for (const kind of ['opened', 'final'] as const) {
          assert.is(index.unique(decisionId, kind), own.find((one) => one.kind === kind)?.at);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('entries without a decision are not listed', () => {
  const index = new DecisionIndex();
  index.add(undefined, 'admin', 0);
  index.add('a', 'opened', 1);
  assert.equal([...index.of('a')], [1]);
});
