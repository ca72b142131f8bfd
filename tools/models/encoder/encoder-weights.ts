/** The encoder's weights by what they are for, from the names of the TensorFlow.js graph. */
import { ENCODER_WIDTH } from '../../../agents/inference/encoder/encoder-files.ts';
import type { SourceWeights } from './source-package.ts';

/** Pieces that have a row of their own; the last two are never produced by the tokenizer. */
export const PIECES = 8002;
/** Width of a piece's row. */
export const PIECE_WIDTH = 256;

const INNER_WIDTH = 1536;
const ROOT = 'Encoder_en/KonaTransformer/Encode';

/** A dense layer: `x · kernel + bias`, kernel as rows of `inputs` by `outputs`. */
export interface DenseWeights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

/** Scale and bias of a layer norm. */
export interface NormWeights {
  readonly scale: Float32Array;
  readonly bias: Float32Array;
}

/** One layer of the transformer. */
export interface LayerWeights {
  /** Width of what comes in. */
  readonly width: number;
  /** Brings what comes in to the width that goes out; undefined where they are equal. */
  readonly residual: DenseWeights | undefined;
  readonly norm: NormWeights;
  /** Queries, keys and values beside each other. */
  readonly attention: DenseWeights;
  readonly attended: DenseWeights;
  readonly innerNorm: NormWeights;
  readonly inner: DenseWeights;
  readonly outer: DenseWeights;
}

/** All of them. */
export interface EncoderWeights {
  /** `PIECES` rows of `PIECE_WIDTH`. */
  readonly pieces: Float32Array;
  /** 128 frequencies of the timing signal. */
  readonly frequencies: Float32Array;
  readonly layers: readonly LayerWeights[];
  readonly head: DenseWeights;
}

/** Picks the weights. @throws config_invalid when one is missing or has another shape */
export function encoderWeights(source: SourceWeights): EncoderWeights {
  const head = 'module/Encoder_en/hidden_layers/tanh_layer_0';
  const timing = `${stackOf(0, '')}/AddTimingSignal/TimingSignal/ExpandDims_1`;
  return {
    pieces: source.floats('module/Embeddings_en', [PIECES, PIECE_WIDTH]),
    frequencies: source.floats(timing, [1, PIECE_WIDTH / 2]),
    layers: [layerWeights(source, 0, PIECE_WIDTH), layerWeights(source, 1, ENCODER_WIDTH)],
    head: {
      kernel: source.floats(`${head}/weights`, [ENCODER_WIDTH, ENCODER_WIDTH]),
      bias: source.floats(`${head}/bias`, [ENCODER_WIDTH]),
      inputs: ENCODER_WIDTH,
      outputs: ENCODER_WIDTH,
    },
  };
}

function layerWeights(source: SourceWeights, index: number, width: number): LayerWeights {
  const row = (name: string, size: number): Float32Array =>
    source.floats(
      `module_apply_default/${ROOT}/Layer_${index}/TransformerLayer/${name}/ConcatPartitions/concat`,
      [size],
    );
  const norm = (of: string, size: number): NormWeights => ({
    scale: row(`${of}layer_prepostprocess/layer_norm/layer_norm_scale`, size),
    bias: row(`${of}layer_prepostprocess/layer_norm/layer_norm_bias`, size),
  });
  const dense = (kernel: Float32Array, bias: string, [inputs, outputs]: readonly [number, number]) => ({
    kernel,
    bias: row(bias, outputs),
    inputs,
    outputs,
  });
  // Attention is a 1 × 1 convolution there: its kernel is the matrix with two dimensions of one before it.
  const convolved = (name: string, sizes: readonly [number, number]): DenseWeights => {
    const at = `MultiheadAttention/${name}`;
    const kernel = `module/${ROOT}/Layer_${index}/TransformerLayer/${at}/kernel/part_0`;
    return dense(source.floats(kernel, [1, 1, ...sizes]), `${at}/bias`, sizes);
  };
  const folded = (name: string, sizes: readonly [number, number]): DenseWeights =>
    dense(
      source.floats(`${stackOf(index, 'FFN')}/${name}/Tensordot/Reshape_1`, sizes),
      `FFN/${name}/bias`,
      sizes,
    );
  const residual = (): DenseWeights => {
    const kernel = `module_apply_default/${ROOT}/Layer_${index}/TransformerLayer/dense/kernel/ConcatPartitions/concat`;
    return dense(source.floats(kernel, [width, ENCODER_WIDTH]), 'dense/bias', [width, ENCODER_WIDTH]);
  };
  return {
    width,
    residual: width === ENCODER_WIDTH ? undefined : residual(),
    norm: norm('', width),
    attention: convolved('qkv_transform_single', [width, 3 * width]),
    attended: convolved('output_transform_single', [width, ENCODER_WIDTH]),
    innerNorm: norm('FFN/', ENCODER_WIDTH),
    inner: folded('conv1', [ENCODER_WIDTH, INNER_WIDTH]),
    outer: folded('conv2', [INNER_WIDTH, ENCODER_WIDTH]),
  };
}

function stackOf(index: number, part: string): string {
  const layer = `module_apply_default/${ROOT}/TransformerStack/Layer_${index}`;
  return part === '' ? layer : `${layer}/TransformerLayer/${part}`;
}
