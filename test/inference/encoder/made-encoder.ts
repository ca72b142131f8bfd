/** The encoder as the registry would hand it to a runner, made in this process. */
import type { LoadedModel } from '../../../agents/inference/model-runner.ts';
import { makeEncoder } from '../../../tools/models/encoder/build-encoder.ts';

/** Makes it, in about a second. @throws data_missing when the package of the weights is not installed */
export function madeEncoder(): LoadedModel {
  const { body, files } = makeEncoder();
  return { manifest: body, files, ref: `${body.id}@${body.version}#made-for-test` };
}
