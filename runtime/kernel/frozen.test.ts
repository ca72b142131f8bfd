import { assert, suite } from '../../test/harness.ts';
import { freezeDeep, isFrozenDeep, jsonOf } from './frozen.ts';

const test = suite('frozen data', { limitMs: 10_000 });

test('every part is frozen, and only the very object is known', () => {
  const value = { list: [{ deep: { text: 'a' } }], none: null, number: 1 };
  assert.is(isFrozenDeep(value), false);
  assert.is(freezeDeep(value), value);
  assert.is(isFrozenDeep(value), true);
  assert.is(isFrozenDeep(structuredClone(value)), false);
  assert.throws(() => (value.list[0]!.deep.text = 'b'), TypeError);
  assert.throws(() => value.list.push({ deep: { text: 'c' } }), TypeError);
});

test('an object that was frozen only at its surface is not known', () => {
  const shallow = Object.freeze({ inner: { text: 'a' } });
  assert.is(isFrozenDeep(shallow), false);
  freezeDeep(shallow);
  assert.throws(() => (shallow.inner.text = 'b'), TypeError);
});

test('the text of frozen data is made once, of other data each time', () => {
  let reads = 0;
  const counting = (): object => ({ toJSON: () => ({ reads: (reads += 1) }) });
  const frozen = freezeDeep(counting());
  assert.equal([jsonOf(frozen), jsonOf(frozen)], ['{"reads":1}', '{"reads":1}']);
  const free = counting();
  assert.equal([jsonOf(free), jsonOf(free)], ['{"reads":2}', '{"reads":3}']);
});

test('what is no object passes', () => {
  for (const value of [null, undefined, 1, 'text', true]) {
    assert.is(freezeDeep(value), value);
    assert.is(isFrozenDeep(value), false);
  }
});
