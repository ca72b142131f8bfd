/** Runner of sentence encoders: texts in, rows of unit length out. */
import type { InferenceSession } from 'onnxruntime-node';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Device, LoadedModel, ModelRunner, OpenRunner } from '../model-runner.ts';
import { CPU_BATCH, GPU_BATCH, paddedBatches, type PaddedBatch } from './batches.ts';
import { ENCODER_TOKENS, ENCODER_WIDTH, GRAPH_FILE, VOCABULARY_FILE } from './encoder-files.ts';
import { openSession, type NewTensor, type OpenSession } from './onnx-session.ts';
import { Tokenizer } from './tokenizer.ts';

/** Texts of one call: what a worker holds at once. */
export const RUN_LIMIT_TEXTS = 4096;

/** How far from 1 the length of a row may be: what single precision leaves. */
const LENGTH_TOLERANCE = 1e-3;

/**
 * Opens a `sentence-encoder` on the first of the devices that runs it.
 *
 * A row depends on its text alone: on the first 128 tokens, as in the original. An empty text has a row too.
 * It blocks the thread while it computes, so it belongs on one of its own.
 *
 * @throws not_supported for another kind of model, or files that are none of an encoder; unavailable when no
 *   device takes it, with the reason of each
 */
export const openSentenceEncoder: OpenRunner = async (model, devices) => {
  const tokenizer = tokenizerOf(model);
  const opened = await openSession({
    graph: fileOf(model, GRAPH_FILE),
    devices,
    try: async (session, newTensor) => {
      const [batch] = paddedBatches([tokenizer.encode('A probe.')], CPU_BATCH);
      await runBatch({ session, newTensor }, batch!);
    },
  });
  return new SentenceEncoder(tokenizer, opened);
};

class SentenceEncoder implements ModelRunner {
  readonly width = ENCODER_WIDTH;
  readonly provider: Device;
  readonly passedOver: readonly string[];
  readonly #tokenizer: Tokenizer;
  #opened: OpenSession | undefined;

  constructor(tokenizer: Tokenizer, opened: OpenSession) {
    this.#tokenizer = tokenizer;
    this.#opened = opened;
    this.provider = opened.provider;
    this.passedOver = opened.passedOver;
  }

  costOf(text: string): number {
    return Math.max(1, this.#tokensOf(text).length);
  }

  async run(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (texts.length > RUN_LIMIT_TEXTS) {
      const expected = `at most ${RUN_LIMIT_TEXTS} texts`;
      throw new WitanError('too_large', `${texts.length} texts in one call`, { path: 'texts', expected });
    }
    const limit = this.provider === 'cpu' ? CPU_BATCH : GPU_BATCH;
    const rows: Float32Array[] = [];
    for (const batch of paddedBatches(
      texts.map((text) => this.#tokensOf(text)),
      limit,
    )) {
      if (this.#opened === undefined) throw new WitanError('stopped', 'the encoder is closed');
      const values = await runBatch(this.#opened, batch);
      for (const [row, text] of batch.texts.entries()) {
        rows[text] = values.slice(row * ENCODER_WIDTH, (row + 1) * ENCODER_WIDTH);
      }
    }
    return rows;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.session.release();
  }

  #tokensOf(text: string): number[] {
    return this.#tokenizer.encode(text).slice(0, ENCODER_TOKENS);
  }
}

/** Rows of a batch, one behind the other. @throws internal for a row that is none of unit length */
async function runBatch(
  { session, newTensor }: { readonly session: InferenceSession; readonly newTensor: NewTensor },
  { texts, length, tokens, mask }: PaddedBatch,
): Promise<Float32Array> {
  const dims = [texts.length, length];
  const { embeddings } = await session.run({ tokens: newTensor(tokens, dims), mask: newTensor(mask, dims) });
  const values = embeddings?.data;
  if (!(values instanceof Float32Array) || values.length !== texts.length * ENCODER_WIDTH) {
    throw new WitanError('internal', `the graph gave no ${texts.length} rows of ${ENCODER_WIDTH}`);
  }
  for (const row of texts.keys()) {
    const squares = values
      .subarray(row * ENCODER_WIDTH, (row + 1) * ENCODER_WIDTH)
      .reduce((sum, value) => sum + value * value, 0);
    if (!(Math.abs(Math.sqrt(squares) - 1) < LENGTH_TOLERANCE)) {
      throw new WitanError('internal', `the graph gave a row of length ${Math.sqrt(squares)}`);
    }
  }
  return values;
}

function tokenizerOf(model: LoadedModel): Tokenizer {
  const { runner, output } = model.manifest;
  if (runner !== 'sentence-encoder' || output.width !== ENCODER_WIDTH) {
    throw new WitanError('not_supported', `${model.ref} is no sentence encoder of ${ENCODER_WIDTH} numbers`);
  }
  try {
    return new Tokenizer(fileOf(model, VOCABULARY_FILE));
  } catch (error) {
    const { message } = toWitanError(error);
    throw new WitanError('not_supported', `${model.ref}: ${message}`, { path: VOCABULARY_FILE }, error);
  }
}

function fileOf(model: LoadedModel, path: string): Uint8Array {
  const file = model.files.get(path);
  if (file !== undefined) return file;
  throw new WitanError('not_supported', `${model.ref} has no file ${path}`, { path });
}
