/** The runner of the sentence encoder: what it opens, what it refuses, and its rows. */
import type { LoadedModel, ModelRunner } from '../../../agents/inference/model-runner.ts';
import { VOCABULARY_FILE } from '../../../agents/inference/encoder/encoder-files.ts';
import { openSentenceEncoder, RUN_LIMIT_TEXTS } from '../../../agents/inference/encoder/sentence-encoder.ts';
import { assert, suite } from '../../harness.ts';
import { madeEncoder } from './made-encoder.ts';

const test = suite('runner of the sentence encoder', { limitMs: 60_000 });
const model = madeEncoder();
let runner: ModelRunner;

test.before(async () => {
  runner = await openSentenceEncoder(model, ['cpu']);
});
test.after(() => runner.close());

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return (error as { code?: string } | undefined)?.code ?? 'none';
};

test('one row of unit length for each text, in their order', async () => {
  const texts = [
    'A cat sleeps on the sofa.',
    '',
    'Interest rates rose again.',
    'A kitten naps on the couch.',
  ];
  const rows = await runner.run(texts);
  assert.is(rows.length, texts.length);
  for (const row of rows) {
    assert.is(row.length, runner.width);
    assert.ok(Math.abs(dot(row, row) - 1) < 1e-5);
  }
  const [cat, , rates, kitten] = rows;
  assert.ok(dot(cat!, kitten!) > dot(cat!, rates!) + 0.2);
  assert.equal(await runner.run([]), []);
});

test('a text costs its tokens, at least 1 and at most what the encoder reads', () => {
  assert.is(runner.costOf(''), 1);
  assert.is(runner.costOf('a word '.repeat(1000)), 128);
  const cost = runner.costOf('hello world');
  assert.ok(cost >= 2 && cost <= 5, `${cost} tokens`);
});

test('more texts than one call may hold are refused', async () => {
  const texts = Array.from({ length: RUN_LIMIT_TEXTS + 1 }, () => 'a');
  assert.is(await codeOf(runner.run(texts)), 'too_large');
});

test('the processor is there where no other device is, and each that was passed over is named', async () => {
  const opened = await openSentenceEncoder(model, ['cuda', 'webgpu', 'cpu']);
  const tried = [...opened.passedOver.map((reason) => reason.split(':')[0]), opened.provider];
  assert.equal(tried, ['cuda', 'webgpu', 'cpu'].slice(0, tried.length));
  const [row] = await opened.run(['hello']);
  const [expected] = await runner.run(['hello']);
  assert.ok(dot(row!, expected!) > 0.9999);
  await opened.close();
});

test('what is no sentence encoder, or lacks a file, is not opened', async () => {
  const other: LoadedModel = { ...model, manifest: { ...model.manifest, runner: 'linear-ngram' } };
  const bare: LoadedModel = { ...model, files: new Map() };
  const spoilt: LoadedModel = {
    ...model,
    files: new Map([...model.files, [VOCABULARY_FILE, new Uint8Array(3)]]),
  };
  for (const unfit of [other, bare, spoilt]) {
    assert.is(await codeOf(openSentenceEncoder(unfit, ['cpu'])), 'not_supported');
  }
});

test('files in memory that threads share are read as others are', async () => {
  const files = new Map(
    [...model.files].map(([path, bytes]) => {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
      shared.set(bytes);
      return [path, shared];
    }),
  );
  const opened = await openSentenceEncoder({ ...model, files }, ['cpu']);
  assert.equal(await opened.run(['hello']), await runner.run(['hello']));
  await opened.close();
});

test('after close it refuses, and a second close is harmless', async () => {
  const closed = await openSentenceEncoder(model, ['cpu']);
  await closed.close();
  await closed.close();
  assert.is(await codeOf(closed.run(['a'])), 'stopped');
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0);
}
