import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { DecisionIndex } from './decision-index.ts';

const test = suite('decision index');

/** Ids that share their first or their last half, so that slots collide. */
const IDS = ['00', 'a0', 'b0'].flatMap((half) =>
  ['0', '1'].map((digit) => `d${half}${digit.repeat(14)}${digit.repeat(16)}`),
);

test('property: the same as keeping every entry, in any order of kinds', () => {
  const entry = fc.record({
    decisionId: fc.constantFrom(...IDS),
    kind: fc.constantFrom('opened', 'final', 'resolution', 'late-ballot'),
    gap: fc.constantFrom(1, 2, 2 ** 21, 2 ** 30),
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
      for (const decisionId of [...IDS, `d${'c'.repeat(32)}`]) {
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

test('a table that grew holds every decision', () => {
  const index = new DecisionIndex();
  // All in one table, as the first byte chooses it, and all in the same first slot.
  const id = (number: number): string => `d00${number.toString(16).padStart(22, '0')}00000000`;
  for (let number = 0; number < 1_000; number += 1) index.add(id(number), 'opened', 2 * number);
  for (let number = 0; number < 1_000; number += 2) index.add(id(number), 'final', 2 * number + 1);
  for (let number = 0; number < 1_000; number += 1) {
    const own = number % 2 === 0 ? [2 * number, 2 * number + 1] : [2 * number];
    assert.equal([...index.of(id(number))], own);
  }
  assert.is(index.unique(id(1_000), 'opened'), undefined);
});

test('entries without a decision are not listed, and no text that is no id is found', () => {
  const index = new DecisionIndex();
  index.add(undefined, 'admin', 0);
  index.add(IDS[0], 'opened', 1);
  assert.equal([...index.of(IDS[0]!)], [1]);
  assert.equal([...index.of('')], []);
  assert.equal([...index.of('nothing')], []);
  assert.is(index.unique('d0', 'opened'), undefined);
});
