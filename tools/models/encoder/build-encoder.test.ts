/** What is made is what is pinned, each time; a folder that is there is used or replaced; others are refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENCODER_PIN } from '../../../agents/inference/encoder/encoder-pin.ts';
import { ModelManifest } from '../../../contracts/messages/models/manifest.ts';
import { assert, suite } from '../../../test/harness.ts';
import { buildEncoder, makeEncoder } from './build-encoder.ts';
import { readEncoderSource } from './source-package.ts';

const test = suite('build of the sentence encoder');
let root: string;

test.before(() => {
  root = mkdtempSync(join(tmpdir(), 'witan-encoder-'));
});
test.after(() => rmSync(root, { recursive: true, force: true }));

test('the same bytes at each run, and those that the code stands for', () => {
  const [first, second] = [makeEncoder(), makeEncoder()];
  assert.equal([first.digest], Object.values(ENCODER_PIN));
  assert.is(second.digest, first.digest);
  for (const [path, bytes] of first.files)
    assert.ok(Buffer.from(bytes).equals(second.files.get(path)!), path);
});

test('the folder holds a manifest of the form that the registry reads, and its files', () => {
  const folder = buildEncoder(root);
  assert.is(folder, join(root, 'encoder/use-lite/1.0.0'));
  const { body } = ModelManifest.parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
  for (const { path, bytes } of body.files) assert.is(statSync(join(folder, path)).size, bytes);
  assert.equal(
    readdirSync(folder).toSorted(),
    [...body.files.map(({ path }) => path), 'model.json'].toSorted(),
  );
  assert.equal(readdirSync(join(root, 'encoder/use-lite')), ['1.0.0']);
});

test('a folder that is right is left alone; one of another manifest is made again', () => {
  const manifest = join(buildEncoder(root), 'model.json');
  const { ino } = statSync(manifest);
  buildEncoder(root);
  assert.is(statSync(manifest).ino, ino);
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace('"version": "1.0.0"', '"version": "9.0.0"'));
  buildEncoder(root);
  assert.is(readFileSync(manifest, 'utf8'), text);
  rmSync(join(root, 'encoder/use-lite/1.0.0/encoder.onnx'));
  buildEncoder(root);
  assert.ok(statSync(join(root, 'encoder/use-lite/1.0.0/encoder.onnx')).size > 0);
});

test('without the package, the error says what to do', () => {
  const nowhere = join(root, 'nothing/package.json');
  assert.throws(
    () => readEncoderSource(() => nowhere),
    (error: { code?: string; message: string }) =>
      error.code === 'data_missing' && error.message.includes('npm ci'),
  );
});
