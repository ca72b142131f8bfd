/** What the folder of a sentence encoder holds, and the sizes that graph and runner agree on. */

/** Graph and weights. */
export const GRAPH_FILE = 'encoder.onnx';
/** Pieces of the tokenizer and their scores. */
export const VOCABULARY_FILE = 'vocab.json';
/** Tokens that the encoder reads of a text; what stands behind them does not change its row. */
export const ENCODER_TOKENS = 128;
/** Numbers in a row. */
export const ENCODER_WIDTH = 512;
