/** The folder that the build makes is one that the registry loads, and no other in its place. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENCODER_ID, ENCODER_PIN, ENCODER_VERSION } from '../../../agents/inference/encoder/encoder-pin.ts';
import { GRAPH_FILE } from '../../../agents/inference/encoder/encoder-files.ts';
import { openSentenceEncoder } from '../../../agents/inference/encoder/sentence-encoder.ts';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { openModelRegistry, type ModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import { buildEncoder } from '../../../tools/models/encoder/build-encoder.ts';
import { assert, suite } from '../../harness.ts';

const test = suite('built encoder in the registry', { limitMs: 60_000 });
let root: string;

test.before(() => {
  root = mkdtempSync(join(tmpdir(), 'witan-encoder-'));
});
test.after(() => rmSync(root, { recursive: true, force: true }));

const registryOf = (pinned: Readonly<Record<string, string>>): Promise<ModelRegistry> =>
  openModelRegistry({
    roots: [{ folder: root, origin: 'built', trust: { keys: [], pinned } }],
    store: memoryChoiceStore(),
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
  });

test('it loads by its id and by the name that it stands in for, and runs', async () => {
  buildEncoder(root);
  const registry = await registryOf(ENCODER_PIN);
  const model = await registry.lookup(ENCODER_ID);
  assert.is(await registry.lookup('sentence-transformers/all-MiniLM-L6-v2'), model);
  assert.match(model.ref, /^encoder\/use-lite@1\.0\.0#[0-9a-f]{12}$/);
  const runner = await openSentenceEncoder(model, ['cpu']);
  assert.is((await runner.run(['hello']))[0]!.length, model.manifest.output.width);
  await runner.close();
});

test('with one weight changed, or another digest pinned, it is refused by name', async () => {
  const graph = join(buildEncoder(root), GRAPH_FILE);
  const name = `${ENCODER_ID}@${ENCODER_VERSION}`;
  const refusal = async (pinned: Readonly<Record<string, string>>): Promise<string> => {
    const registry = await registryOf(pinned);
    const error = await registry.lookup(ENCODER_ID).catch((caught: unknown) => caught);
    const { code, message } = error as { code: string; message: string };
    assert.match(message, name);
    return code;
  };
  assert.is(await refusal({ [name]: `sha256:${'0'.repeat(64)}` }), 'verification_failed');
  const bytes = readFileSync(graph);
  bytes[bytes.byteLength >> 1]! ^= 1;
  writeFileSync(graph, bytes);
  assert.is(await refusal(ENCODER_PIN), 'verification_failed');
  const folder = buildEncoder(root);
  assert.is(readFileSync(join(folder, GRAPH_FILE)).equals(bytes), false);
  assert.is((await (await registryOf(ENCODER_PIN)).lookup(ENCODER_ID)).manifest.id, ENCODER_ID);
});
