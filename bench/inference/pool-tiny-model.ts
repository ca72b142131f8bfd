/** Two models as small as models get: hashed pairs of characters, in plain JavaScript and as an ONNX graph. */
import type { Tensor } from 'onnxruntime-node';
import { openSession } from '../../agents/inference/encoder/onnx-session.ts';
import type { LoadedModel, ModelRunner, OpenRunner } from '../../agents/inference/model-runner.ts';
import type { ModelRunnerKind } from '../../contracts/messages/models/manifest.ts';
import { SeededRandom } from '../../runtime/kernel/index.ts';
import { OnnxGraph } from '../../tools/models/encoder/onnx-graph.ts';

const BUCKET_COUNT = 512;
const HIDDEN_COUNT = 64;
const GRAPH = 'graph.onnx';

/** Model of one sort; weights are drawn from a seed and mean nothing. */
export function tinyModel(sort: 'onnx' | 'javascript'): LoadedModel {
  const id = `bench/tiny-${sort}`;
  const runner: ModelRunnerKind = sort === 'onnx' ? 'sentence-encoder' : 'linear-ngram';
  return {
    ref: `${id}@1.0.0#${'0'.repeat(12)}`,
    files: new Map([[GRAPH, sort === 'onnx' ? graphBytes() : new Uint8Array()]]),
    manifest: {
      format: 'witan-model/1',
      id,
      version: '1.0.0',
      aliases: [],
      runner,
      title: 'a model of no use',
      output: { width: 1, meaning: 'a number between 0 and 1' },
      files: [],
      license: { weights: 'Apache-2.0', trainingData: [] },
      made: { by: 'bench/inference/pool-tiny-model.ts', dataDigest: null },
      measured: [],
      claimed: [],
      limits: [],
    },
  };
}

/** Opens either sort. */
export const openTiny: OpenRunner = (model, devices) =>
  model.manifest.runner === 'sentence-encoder' ? openOnnx(model, devices) : Promise.resolve(javascript());

function javascript(): ModelRunner {
  const weights = drawn(BUCKET_COUNT, new SeededRandom(1));
  return {
    ...fixed('javascript'),
    run: async (texts) =>
      texts.map((text) => {
        const sum = bucketsOf(text).reduce((total, count, at) => total + count * weights[at]!, 0);
        return Float32Array.of(1 / (1 + Math.exp(-sum)));
      }),
    close: () => Promise.resolve(),
  };
}

const openOnnx: OpenRunner = async (model, devices) => {
  const { session, provider, newTensor } = await openSession({
    graph: model.files.get(GRAPH)!,
    devices,
    try: async (probed, tensor) => {
      await probed.run({ x: tensor(new Float32Array(BUCKET_COUNT), [1, BUCKET_COUNT]) });
    },
  });
  return {
    ...fixed(provider),
    async run(texts) {
      const input = new Float32Array(texts.length * BUCKET_COUNT);
      for (const [at, text] of texts.entries()) input.set(bucketsOf(text), at * BUCKET_COUNT);
      const { y } = await session.run({ x: newTensor(input, [texts.length, BUCKET_COUNT]) });
      const values = (y as Tensor).data as Float32Array;
      return Array.from(values, (value) => Float32Array.of(value));
    },
    close: () => session.release(),
  };
};

function fixed(provider: string): Pick<ModelRunner, 'width' | 'provider' | 'passedOver' | 'costOf'> {
  return { width: 1, provider, passedOver: [], costOf: (text) => text.length };
}

function bucketsOf(text: string): Float32Array {
  const buckets = new Float32Array(BUCKET_COUNT);
  for (let at = 1; at < text.length; at += 1) {
    const pair = text.charCodeAt(at - 1) * 31 + text.charCodeAt(at);
    buckets[pair % BUCKET_COUNT]! += 1;
  }
  return buckets;
}

function graphBytes(): Uint8Array {
  const random = new SeededRandom(2);
  const graph = new OnnxGraph('tiny');
  let value = graph.input('x', 'float32', ['texts', BUCKET_COUNT]);
  const sizes = [BUCKET_COUNT, HIDDEN_COUNT, HIDDEN_COUNT, 1];
  for (let layer = 1; layer < sizes.length; layer += 1) {
    const [rows, columns] = [sizes[layer - 1]!, sizes[layer]!];
    const weights = graph.floats(`w${layer}`, drawn(rows * columns, random), [rows, columns]);
    value = graph.node('MatMul', `m${layer}`, [value, weights]);
    if (layer < sizes.length - 1) value = graph.node('Relu', `r${layer}`, [value]);
  }
  graph.node('Sigmoid', 'y', [value]);
  graph.output('y', 'float32', ['texts', 1]);
  return graph.toBytes();
}

function drawn(count: number, random: SeededRandom): Float32Array {
  return Float32Array.from({ length: count }, () => (random.next() - 0.5) / 4);
}
