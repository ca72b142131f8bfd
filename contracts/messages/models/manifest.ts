/** What a model says of itself: files and their hashes, what may be done with it, and what was measured. */
import { z } from 'zod';

/** `injection/ngram`, `encoder/use-lite`: lower case, parts by slashes. */
export const ModelId = z
  .string()
  .regex(/^[a-z0-9]+(?:[-/][a-z0-9]+)*$/)
  .max(80);
/** `1.0.0`, without anything behind it. */
export const ModelVersion = z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/);

/**
 * What reads the files. `sentence-encoder`: ONNX graph and vocabulary, text to embedding. `linear-ngram`:
 * hashed n-grams, text to a probability. `linear-head`: an embedding's head, text to a probability; `base`
 * names its encoder. `signal-stack`: a detector's signals to a probability, by the detector and no pool.
 */
export const ModelRunnerKind = z.enum(['sentence-encoder', 'linear-ngram', 'linear-head', 'signal-stack']);
/** See {@link ModelRunnerKind}. */
export type ModelRunnerKind = z.infer<typeof ModelRunnerKind>;

/** One file of a model. */
export const ModelFile = z.strictObject({
  /** Relative to the folder of the manifest, without `..`. */
  path: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .max(80),
  bytes: z.int().min(0),
  /** 64 hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
/** See {@link ModelFile}. */
export type ModelFile = z.infer<typeof ModelFile>;

/** One figure of a model card. */
export const ModelFigure = z.strictObject({
  /** `recall`, `auc`, `false-alarm`, `ece`, `p95`. */
  metric: z.string().max(60),
  value: z.number(),
  unit: z.string().max(20),
  /** Bounds of the 95 % interval (Wilson for shares). */
  low: z.number().optional(),
  high: z.number().optional(),
  n: z.int().min(0).optional(),
  /** What it was measured on, or who claims it. */
  source: z.string().max(300),
});
/** See {@link ModelFigure}. */
export type ModelFigure = z.infer<typeof ModelFigure>;

/** Manifest without its signature: what is signed, as canonical JSON. */
export const ModelManifestBody = z.strictObject({
  format: z.literal('witan-model/1'),
  id: ModelId,
  version: ModelVersion,
  /** Names of the catalogue that this model stands in for; the card says that it is another model. */
  aliases: z.array(z.string().max(120)).max(20),
  runner: ModelRunnerKind,
  /** `id@version` of the encoder under a `linear-head`. */
  base: z.string().max(100).optional(),
  title: z.string().max(200),
  /** What it gives, in a sentence. */
  output: z.strictObject({ width: z.int().min(1), meaning: z.string().max(300) }),
  files: z.array(ModelFile).min(1).max(20),
  license: z.strictObject({
    weights: z.string().max(120),
    trainingData: z.array(z.string().max(200)).max(60),
  }),
  /** How to make it again: the command, and the hash of what it read. */
  made: z.strictObject({ by: z.string().max(200), dataDigest: z.string().max(80).nullable() }),
  /** Figures that were measured here, and those that the catalogue claims of the model it names. */
  measured: z.array(ModelFigure).max(400),
  claimed: z.array(ModelFigure).max(60),
  /** What it is not for, and where it is known to fail. */
  limits: z.array(z.string().max(500)).max(20),
});
/** See {@link ModelManifestBody}. */
export type ModelManifestBody = z.infer<typeof ModelManifestBody>;

/** `model.json`: the body and an Ed25519 signature over its canonical JSON. */
export const ModelManifest = z.strictObject({
  body: ModelManifestBody,
  keyId: z.string().max(120),
  /** Base64url. */
  signature: z.string().max(120),
});
/** See {@link ModelManifest}. */
export type ModelManifest = z.infer<typeof ModelManifest>;
