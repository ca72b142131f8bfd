import { assert, suite } from '../../../../test/harness.ts';
import { attributeOf } from './attributes.ts';
import { disparityOf, fisherExact, readGroups } from './group-outcomes.ts';
import { DISCRIMINATION_RULES } from './statements.ts';

const test = suite('fairness');

test('Fisher: the lady tasting tea, and a table of the textbook', () => {
  assert.ok(Math.abs(fisherExact(3, 1, 1, 3) - 0.4857) < 1e-4);
  assert.ok(Math.abs(fisherExact(8, 2, 1, 5) - 0.03497) < 1e-4);
  assert.is(fisherExact(5, 5, 5, 5), 1);
});

test('four-fifths: the least selected group against the most selected', () => {
  const disparity = disparityOf([
    { group: 'a', selected: 48, total: 80 },
    { group: 'b', selected: 12, total: 40 },
    { group: 'empty', selected: 0, total: 0 },
  ]);
  assert.is(disparity?.low.group, 'b');
  assert.ok(Math.abs((disparity?.ratio ?? 0) - 0.5) < 1e-9);
  assert.ok((disparity?.probability ?? 1) < 0.01);
});

test('large groups use the normal approximation and agree with it', () => {
  const disparity = disparityOf([
    { group: 'a', selected: 5_000, total: 10_000 },
    { group: 'b', selected: 4_900, total: 10_000 },
  ]);
  assert.ok(Math.abs((disparity?.probability ?? 0) - 0.1573) < 0.002);
});

test('groups are read from rows and from objects, with rates or refusals', () => {
  assert.equal(
    readGroups([
      { group: 'a', approved: 3, total: 4 },
      { name: 'b', rejected: 1, total: 5 },
    ]),
    [
      { group: 'a', selected: 3, total: 4 },
      { group: 'b', selected: 4, total: 5 },
    ],
  );
  assert.equal(readGroups({ a: { rate: 0.5, n: 10 }, b: { rate: 0.2, n: 10 } })?.[1], {
    group: 'b',
    selected: 2,
    total: 10,
  });
  assert.is(
    readGroups([
      { group: 'a', selected: 5, total: 4 },
      { group: 'b', selected: 1, total: 4 },
    ]),
    null,
  );
  assert.is(readGroups('groups'), null);
});

test('attributes and stand-ins by the names of features', () => {
  assert.equal(attributeOf('applicant_age < 30'), { attribute: 'age', proxy: false });
  assert.equal(attributeOf('zip code'), { attribute: 'place', proxy: true });
  assert.is(attributeOf('debt to income'), null);
});

test('statements against groups, but not reports and refusals of them', () => {
  const hits = (text: string): readonly string[] =>
    DISCRIMINATION_RULES.filter((rule) => {
      const match = rule.wording.exec(text);
      if (!match) return false;
      const around = text.slice(Math.max(0, match.index - 60), match.index + match[0].length + 120);
      return !rule.unless?.test(around);
    }).map(({ code }) => code);
  assert.equal(hits('Older workers are incompetent.'), ['justice.generalisation']);
  assert.equal(hits('Reject all applicants who are pregnant women.'), ['justice.demand.exclusion']);
  assert.equal(hits('Immigrants should not be allowed to vote here.'), ['justice.demand.unequal-rights']);
  assert.equal(hits('He said that women are stupid, which is offensive.'), []);
  assert.equal(hits('It is illegal to reject disabled applicants.'), []);
  assert.equal(hits('Why should black beans never be soaked?'), []);
});
