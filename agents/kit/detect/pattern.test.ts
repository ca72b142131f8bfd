import { assert, suite } from '../../../test/harness.ts';
import { foldText, tokenise } from '../text/index.ts';
import { ConceptTrie } from './concept-trie.ts';
import { compilePattern, matchPattern } from './pattern.ts';
import { RuleSet } from './rule-set.ts';

const test = suite('concepts and patterns');

const trie = new ConceptTrie([
  {
    act: '~stop, ~carry, ~begin/began, give * up',
    thing: '+box, parol*, 指令',
    safe: 'toy',
    'quoted-talk': 'example',
  },
]);
const find = (notation: string, text: string): number => {
  const tokens = tokenise(foldText(text));
  const hits = trie.find(tokens);
  return compilePattern(notation, trie).flatMap((pattern) => matchPattern(pattern, tokens, hits)).length;
};

test('inflects, follows stems, skips one word, takes possessives off', () => {
  for (const text of [
    'stopped boxes',
    'carrying a box',
    'began box',
    'give it up box',
    "stop the box's lid",
    'stop пaroль',
    'stop parolami',
    'stop 指令',
  ]) {
    const isFound = find('act ..3 thing', text) > 0;
    assert.equal(isFound, text !== 'stop пaroль', text);
  }
});

test('distance counts words between, and sentences part', () => {
  assert.equal(find('act ..2 thing', 'stop one two box'), 1);
  assert.equal(find('act ..1 thing', 'stop one two box'), 0);
  assert.equal(find('act ..3 thing', 'stop. box'), 0);
});

test('either order, and stopping words inside or after', () => {
  assert.equal(find('act & thing', 'box stop'), 1);
  assert.equal(find('act ..3 thing !safe', 'stop toy box'), 0);
  assert.equal(find('act ..3 thing !safe', 'stop box toy'), 0);
  assert.equal(find('act ..3 thing !safe', 'toy stop box'), 1);
});

test('an unknown concept is a programmer’s error', () => {
  assert.throws(() => compilePattern('act nothing', trie), /no concept/);
});

test('weights add up, benign context takes off, a mention in quotes counts little', () => {
  const rules = new RuleSet(
    {
      name: 'x',
      bias: -2,
      rules: [
        { code: 'x.a', weight: 3, reason: 'a', patterns: ['act ..3 thing'] },
        { code: 'benign', weight: -4, reason: 'b', patterns: ['safe'] },
      ],
    },
    trie,
  );
  const judge = (text: string): number => {
    const tokens = tokenise(foldText(text));
    return rules.judge([{ tokens, hits: trie.find(tokens) }])[0]?.severity ?? 0;
  };
  assert.ok(Math.abs(judge('stop the box') - 1 / (1 + Math.exp(-1))) < 1e-9);
  assert.ok(judge('stop the box. toy') < 0.1);
  assert.ok(judge("an example: 'stop the box'") < 0.5);
  assert.equal(judge('nothing here'), 0);
});
