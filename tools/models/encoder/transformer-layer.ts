/** One layer of the transformer as ONNX nodes: all tokens of a batch are rows of one matrix. */
import type { DenseWeights, LayerWeights, NormWeights } from './encoder-weights.ts';
import type { OnnxGraph } from './onnx-graph.ts';

const HEADS = 4;
const EPSILON = 1e-6;

/** What each layer reads of the batch. */
export interface BatchValues {
  /** `[batch, length]` as numbers. */
  readonly shape: string;
  /** `[batch, 1, 1, length]`: 0 for a token, -1e9 for padding. */
  readonly bias: string;
}

/**
 * Writes one layer and returns the name of its result, tokens × 512.
 *
 * @param at begins the names of its nodes
 */
export function transformerLayer(
  graph: OnnxGraph,
  weights: LayerWeights,
  { at, x, batch }: { at: string; x: string; batch: BatchValues },
): string {
  const residual = weights.residual === undefined ? x : dense(graph, `${at}/residual`, x, weights.residual);
  const normed = layerNorm(graph, `${at}/norm`, x, weights.norm);
  const attended = attention(graph, weights, { at, x: normed, batch });
  const sum = graph.node('Add', `${at}/attention-sum`, [attended, residual]);
  const innerNormed = layerNorm(graph, `${at}/inner-norm`, sum, weights.innerNorm);
  const inner = graph.node('Relu', `${at}/relu`, [dense(graph, `${at}/inner`, innerNormed, weights.inner)]);
  return graph.node('Add', `${at}/sum`, [dense(graph, `${at}/outer`, inner, weights.outer), sum]);
}

/** Writes `x · kernel + bias` as one node. */
export function dense(
  graph: OnnxGraph,
  at: string,
  x: string,
  { kernel, bias, inputs, outputs }: DenseWeights,
): string {
  return graph.node('Gemm', at, [
    x,
    graph.floats(`${at}/kernel`, kernel, [inputs, outputs]),
    graph.floats(`${at}/bias`, bias, [outputs]),
  ]);
}

function layerNorm(graph: OnnxGraph, at: string, x: string, { scale, bias }: NormWeights): string {
  return graph.node(
    'LayerNormalization',
    at,
    [x, graph.floats(`${at}/scale`, scale, [scale.length]), graph.floats(`${at}/bias`, bias, [bias.length])],
    { ints: { axis: -1 }, floats: { epsilon: EPSILON } },
  );
}

function attention(
  graph: OnnxGraph,
  weights: LayerWeights,
  { at, x, batch }: { at: string; x: string; batch: BatchValues },
): string {
  const { width } = weights;
  const joined = dense(graph, `${at}/attention`, x, withScaledQueries(weights.attention, width));
  const sizes = graph.ints(`${at}/attention/sizes`, [width, width, width]);
  const parts = ['queries', 'keys', 'values'].map((part) => `${at}/attention/${part}`);
  const [queries, keys, values] = graph.nodeOf('Split', parts, [joined, sizes], { ints: { axis: 1 } });
  const split = graph.node(
    'Concat',
    `${at}/attention/heads`,
    [batch.shape, graph.ints(`${at}/attention/head`, [HEADS, width / HEADS])],
    { ints: { axis: 0 } },
  );
  const byHead = (name: string, perm: readonly number[]): string =>
    graph.node('Transpose', `${name}/by-head`, [graph.node('Reshape', `${name}/split`, [name, split])], {
      ints: { perm },
    });
  const products = graph.node('MatMul', `${at}/attention/products`, [
    byHead(queries!, [0, 2, 1, 3]),
    byHead(keys!, [0, 2, 3, 1]),
  ]);
  const masked = graph.node('Add', `${at}/attention/masked`, [products, batch.bias]);
  const shares = graph.node('Softmax', `${at}/attention/shares`, [masked], { ints: { axis: -1 } });
  const mixed = graph.node('MatMul', `${at}/attention/mixed`, [shares, byHead(values!, [0, 2, 1, 3])]);
  const turned = graph.node('Transpose', `${at}/attention/turned`, [mixed], { ints: { perm: [0, 2, 1, 3] } });
  const rows = graph.node('Reshape', `${at}/attention/rows`, [
    turned,
    graph.ints(`${at}/attention/matrix`, [-1, width]),
  ]);
  return dense(graph, `${at}/attended`, rows, weights.attended);
}

/** Scales the queries' weights in place of the queries: the same product, one node less. */
function withScaledQueries(weights: DenseWeights, width: number): DenseWeights {
  const scale = 1 / Math.sqrt(width / HEADS);
  const scaled = (values: Float32Array): Float32Array =>
    values.map((value, index) => (index % weights.outputs < width ? value * scale : value));
  return { ...weights, kernel: scaled(weights.kernel), bias: scaled(weights.bias) };
}
