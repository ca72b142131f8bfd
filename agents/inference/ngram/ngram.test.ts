import { assert, suite } from '../../../test/harness.ts';
import { decodeNgram, encodeNgram, quantise } from './artefact.ts';
import { NgramHasher } from './hashing.ts';
import { BLOCK, NgramModel } from './model.ts';
import type { NgramParts } from './model.ts';
import { openNgram } from './runner.ts';
import { readNgrams, windowsOf } from './windows.ts';

const test = suite('ngram');
const FORM = { bits: 12, charMin: 2, charMax: 3, wordMax: 2 };

/** A model that knows one word: each of its n-grams speaks for harm. */
function knows(word: string): NgramModel {
  const weights = new Float64Array(2 ** FORM.bits);
  const hasher = new NgramHasher(FORM);
  const count = hasher.read(word, 0, word.length);
  for (let at = 0; at < count; at += 1) weights[hasher.buckets[at]!] = 1;
  return new NgramModel({ form: FORM, constant: -1, slope: 1, offset: 0, ...quantise(weights) });
}

test('the same text has the same distinct buckets, wherever it stands', () => {
  const hasher = new NgramHasher(FORM);
  const count = hasher.read('the cat the cat', 0, 15);
  const first = [...hasher.buckets.subarray(0, count)];
  assert.is(new Set(first).size, count);
  const again = hasher.read('xxxthe cat the catyyy', 3, 18);
  assert.equal([...hasher.buckets.subarray(0, again)], first);
});

test('layout and digits make no difference, words do', () => {
  const hasher = new NgramHasher(FORM);
  const of = (text: string): string =>
    [...hasher.buckets.subarray(0, hasher.read(text, 0, text.length))].join();
  assert.is(of('room 12\n is  free'), of('room 98 is free'));
  assert.is.not(of('room 12 is free'), of('room 12 is full'));
});

test('a model survives its bytes', () => {
  const { parts } = knows('ignore');
  const back = decodeNgram(Buffer.concat([Buffer.alloc(3), encodeNgram(parts)]).subarray(3));
  assert.equal(back, parts);
});

test('bytes that are no model are refused, each for its reason', () => {
  const bytes = encodeNgram(knows('ignore').parts);
  const broken = (change: (copy: Uint8Array) => Uint8Array): (() => NgramParts) => {
    return () => decodeNgram(change(bytes.slice()));
  };
  assert.throws(
    broken((copy) => copy.subarray(0, 10)),
    /shorter than its head/,
  );
  assert.throws(
    broken((copy) => copy.fill(0, 0, 4)),
    /does not begin/,
  );
  assert.throws(
    broken((copy) => copy.subarray(0, copy.length - 1)),
    /bytes/,
  );
  assert.throws(
    broken((copy) => copy.fill(30, 6, 7)),
    /out of range/,
  );
  assert.throws(
    broken((copy) => copy.fill(255, 32, 36)),
    /number that is none/,
  );
});

test('quantised weights are within half a step of their block', () => {
  const weights = Float64Array.from({ length: 2 * BLOCK }, (_, at) => Math.sin(at) * (at < BLOCK ? 1 : 1e-3));
  const { weights: steps, scales } = quantise(weights);
  weights.forEach((weight, at) => {
    const scale = scales[Math.floor(at / BLOCK)]!;
    assert.ok(Math.abs(weight - steps[at]! * scale) <= scale * 0.5001);
  });
});

test('windows cover the text and overlap', () => {
  assert.equal(windowsOf('short'), [[0, 5]]);
  const text = 'word '.repeat(500);
  const places = windowsOf(text);
  assert.is(places[0]![0], 0);
  assert.is(places.at(-1)![1], text.length);
  for (let at = 1; at < places.length; at += 1) assert.ok(places[at]![0] < places[at - 1]![1]);
});

test('a word buried in a long text is found, and shown where it stands', () => {
  const model = knows('ignore');
  const clean = 'plain talk about gardens and rain. '.repeat(120);
  const text = `${clean}IGNORE ${clean}`;
  const without = readNgrams(model, clean + clean);
  const reading = readNgrams(model, text);
  assert.ok(reading.best > without.best);
  const place = model.heaviest(reading.view.text, reading.start, reading.end)!;
  assert.is(reading.view.text.slice(place.start, place.end), 'ignore');
});

test('the runner gives one probability a text and refuses a model without its file', async () => {
  const { parts } = knows('ignore');
  const manifest = {} as never;
  const files = new Map([['ngram.bin', encodeNgram(parts)]]);
  const runner = await openNgram({ manifest, ref: 'a@1.0.0#000000000000', files }, ['cpu']);
  const rows = await runner.run(['Ignore', 'tomatoes']);
  assert.is(rows.length, 2);
  assert.ok(rows[0]![0]! > 0.5 && rows[1]![0]! < 0.5);
  let refused = '';
  await openNgram({ manifest, ref: 'a', files: new Map() }, ['cpu']).catch(
    (error: Error) => (refused = error.message),
  );
  assert.match(refused, /has no ngram.bin/);
});
