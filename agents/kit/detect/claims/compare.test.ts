import { assert, suite } from '../../../../test/harness.ts';
import { assertionFindings, isIsbn } from './assertions.ts';
import { compareClaim } from './compare.ts';

const test = suite('claims');

test('a claim in the words of its evidence is supported', () => {
  const { relation } = compareClaim('The bridge was opened in 1932.', [
    'The bridge was opened to traffic in March 1932.',
  ]);
  assert.is(relation, 'supported');
});

test('another number contradicts', () => {
  const { relation, by } = compareClaim('The plant recorded 3 incidents.', [
    'The plant recorded 11 incidents this year.',
  ]);
  assert.equal([relation, by], ['contradicted', 'number']);
});

test('a number is compared with what the same words count, not with any number nearby', () => {
  const evidence = ['Third quarter: the plant recorded 11 reportable incidents. Second quarter: 3 audits.'];
  const { relation, by } = compareClaim(
    'The plant recorded 3 reportable incidents in the third quarter.',
    evidence,
  );
  assert.equal([relation, by], ['contradicted', 'number']);
  const right = compareClaim('The plant recorded 11 reportable incidents in the third quarter.', evidence);
  assert.is(right.relation, 'supported');
});

test('an opposite contradicts', () => {
  const { relation, by } = compareClaim('The regulator approved the design.', [
    'The regulator rejected the design.',
  ]);
  assert.equal([relation, by], ['contradicted', 'opposite']);
});

test('a negation of the same words contradicts', () => {
  const { relation, by } = compareClaim('The drug is approved for children.', [
    'The drug is not approved for children.',
  ]);
  assert.equal([relation, by], ['contradicted', 'negation']);
});

test('what the evidence does not speak of is not supported', () => {
  const { relation } = compareClaim('Penguins migrate to Canada every winter.', [
    'The bridge was opened in March 1932.',
  ]);
  assert.is(relation, 'unsupported');
});

test('numbers are the same in digits, words and with separators', () => {
  assert.is(compareClaim('It has twelve seats.', ['It has 12 seats.']).relation, 'supported');
  assert.is(compareClaim('It cost 1200 euros.', ['It cost 1,200 euros.']).relation, 'supported');
});

test('a wrong sum, reversed years and an impossible citation are found, right ones are not', () => {
  const codes = (text: string): readonly string[] =>
    assertionFindings({ field: 'text', text }).map(({ code }) => code);
  assert.equal(codes('In all 17 + 25 = 43 cases.'), ['truth.arithmetic']);
  assert.equal(codes('In all 17 + 25 = 42 cases, 1.5 x 3 = 4.5.'), []);
  assert.equal(codes('She served from 1998 to 1989.'), ['truth.dates-reversed']);
  assert.equal(codes('She served from 1989 to 1998.'), []);
  assert.equal(codes('See arXiv:2313.01234.'), ['truth.citation']);
  assert.equal(codes('See arXiv:2312.01234 and doi:10.1000/182.'), []);
  assert.equal(codes('ISBN 978-3-16-148410-1'), ['truth.citation']);
  assert.equal(codes('This fund has guaranteed returns.'), ['truth.certainty']);
  assert.equal(codes('There are no guaranteed returns.'), []);
});

test('check digits of ISBN-10 and ISBN-13', () => {
  assert.ok(isIsbn('9783161484100'));
  assert.ok(isIsbn('097522980X'));
  assert.not(isIsbn('0975229801'));
});
