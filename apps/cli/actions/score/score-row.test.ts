import { assert, suite } from '../../../../test/harness.ts';
import { parseScoreRow } from './score-row.ts';

const test = suite('score-row');

test('text, label, evidence and origin are read', () => {
  const row = parseScoreRow('{"text":"a","label":1,"evidence":["b","c"],"cat":"x"}', 1, 'user');
  assert.equal(row, { label: 1, input: { text: 'a', origin: 'user', evidence: 'b\nc' } });
  assert.is(parseScoreRow('{"text":"a","origin":"tool"}', 1, 'user').input.origin, 'tool');
  assert.is(parseScoreRow('{"text":"a"}', 1, 'user').label, null);
});

test('without a text the last message is judged, in either spelling', () => {
  const { input } = parseScoreRow(
    '{"messages":[{"role":"user","content":"a"},{"origin":"tool","text":"b"}]}',
    1,
    'user',
  );
  assert.is(input.text, 'b');
  assert.is(input.origin, 'tool');
  assert.equal(input.messages, [
    { origin: 'user', text: 'a' },
    { origin: 'tool', text: 'b' },
  ]);
});

test('a bad row names its line and what is wrong', () => {
  assert.throws(() => parseScoreRow('{', 7, 'user'), /line 7 is not JSON/);
  assert.throws(() => parseScoreRow('{"text":1}', 8, 'user'), /line 8 is no row: text/);
  assert.throws(() => parseScoreRow('{"text":"a","label":2}', 9, 'user'), /line 9 is no row: label/);
  assert.throws(() => parseScoreRow('{}', 3, 'user'), /needs text or messages/);
});
