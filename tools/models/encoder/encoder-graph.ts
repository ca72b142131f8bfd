/**
 * Graph of Universal Sentence Encoder lite over padded batches, from the weights of its TensorFlow.js form.
 *
 * The original takes a sparse matrix and gathers and scatters around each dense layer to skip the padding.
 * Here all tokens of a batch are rows of one matrix, and the mask alone keeps padding out of attention and
 * mean. That the results are equal is measured in `test/inference/encoder`.
 *
 * @source Cer et al., "Universal Sentence Encoder", 2018; Vaswani et al., "Attention Is All You Need", 2017
 */
import { ENCODER_TOKENS, ENCODER_WIDTH } from '../../../agents/inference/encoder/encoder-files.ts';
import { PIECE_WIDTH, PIECES, type EncoderWeights } from './encoder-weights.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { cosine, sine } from './sine.ts';
import { dense, transformerLayer } from './transformer-layer.ts';

/**
 * Makes the ONNX file; the same weights give the same bytes.
 *
 * Inputs `tokens` (int32, batch × length, any id as padding) and `mask` (float32, 1 for a token, 0 for
 * padding), length at most 128; output `embeddings` (float32, batch × 512, unit length). A row without tokens
 * gives what the original gives for an empty text within a batch.
 */
export function encoderGraph(weights: EncoderWeights): Uint8Array {
  const graph = new OnnxGraph('use-lite');
  const tokens = graph.input('tokens', 'int32', ['batch', 'length']);
  const mask = graph.input('mask', 'float32', ['batch', 'length']);
  const shape = graph.node('Shape', 'shape', [tokens]);
  const batch = { shape, bias: attentionBias(graph, mask) };
  let x = embed(graph, weights, { tokens, shape });
  for (const [index, layer] of weights.layers.entries()) {
    x = transformerLayer(graph, layer, { at: `layer${index}`, x, batch });
  }
  const mean = meanOfTokens(graph, { x, mask, shape });
  unitLength(graph, graph.node('Tanh', 'head/tanh', [dense(graph, 'head', mean, weights.head)]));
  graph.output('embeddings', 'float32', ['batch', ENCODER_WIDTH]);
  return graph.toBytes();
}

function attentionBias(graph: OnnxGraph, mask: string): string {
  const less = graph.node('Sub', 'bias/less', [mask, graph.floats('bias/one', Float32Array.of(1), [])]);
  const flat = graph.node('Mul', 'bias/flat', [less, graph.floats('bias/size', Float32Array.of(1e9), [])]);
  return graph.node('Unsqueeze', 'bias', [flat, graph.ints('bias/axes', [1, 2])]);
}

/** Rows of the pieces plus the timing signal, as one matrix of all tokens. */
function embed(
  graph: OnnxGraph,
  weights: EncoderWeights,
  { tokens, shape }: { tokens: string; shape: string },
): string {
  // The original adds the rows to themselves before the signal. Twice a float is exact.
  const twice = weights.pieces.map((value) => value * 2);
  const rows = graph.node('Gather', 'embed/rows', [
    graph.floats('embed/pieces', twice, [PIECES, PIECE_WIDTH]),
    tokens,
  ]);
  const one = graph.ints('embed/one', [1]);
  const length = graph.node('Slice', 'embed/length', [shape, one, graph.ints('embed/two', [2])]);
  const signal = graph.node('Slice', 'embed/signal', [
    graph.floats('embed/signals', timingSignals(weights.frequencies), [ENCODER_TOKENS, PIECE_WIDTH]),
    graph.ints('embed/start', [0]),
    length,
    graph.ints('embed/axis', [0]),
  ]);
  const sum = graph.node('Add', 'embed/sum', [rows, signal]);
  return graph.node('Reshape', 'embed', [sum, graph.ints('embed/matrix', [-1, PIECE_WIDTH])]);
}

/** Sines, then cosines, of place times frequency; made here, so that all devices read the same ones. */
function timingSignals(frequencies: Float32Array): Float32Array {
  const half = frequencies.length;
  const signals = new Float32Array(ENCODER_TOKENS * 2 * half);
  for (let place = 0; place < ENCODER_TOKENS; place += 1) {
    for (const [index, frequency] of frequencies.entries()) {
      const angle = Math.fround(place * frequency);
      signals[place * 2 * half + index] = sine(angle);
      signals[place * 2 * half + half + index] = cosine(angle);
    }
  }
  return signals;
}

function meanOfTokens(
  graph: OnnxGraph,
  { x, mask, shape }: { x: string; mask: string; shape: string },
): string {
  const width = graph.ints('mean/width', [ENCODER_WIDTH]);
  const batched = graph.node('Concat', 'mean/shape', [shape, width], { ints: { axis: 0 } });
  const rows = graph.node('Reshape', 'mean/rows', [x, batched]);
  const last = graph.node('Unsqueeze', 'mean/mask', [mask, graph.ints('mean/last', [2])]);
  const kept = graph.node('Mul', 'mean/kept', [rows, last]);
  const axis = graph.ints('mean/axis', [1]);
  const sum = graph.node('ReduceSum', 'mean/sum', [kept, axis], { ints: { keepdims: 0 } });
  const count = graph.node('ReduceSum', 'mean/count', [mask, axis], { ints: { keepdims: 1 } });
  const least = graph.floats('mean/least', Float32Array.of(1), []);
  return graph.node('Div', 'mean', [sum, graph.node('Max', 'mean/divisor', [count, least])]);
}

function unitLength(graph: OnnxGraph, x: string): string {
  const squares = graph.node('ReduceSumSquare', 'unit/squares', [x], { ints: { axes: [1], keepdims: 1 } });
  const least = graph.floats('unit/least', Float32Array.of(1e-12), []);
  const bounded = graph.node('Max', 'unit/bounded', [squares, least]);
  return graph.node('Div', 'embeddings', [x, graph.node('Sqrt', 'unit/length', [bounded])]);
}
