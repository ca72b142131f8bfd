/** Opens the shipped detectors; their files were checked by the registry before a byte of them is used. */
import { WitanError } from '../../../contracts/errors.ts';
import { NGRAM_FILE } from '../ngram/artefact.ts';
import { readShipped } from '../registry/shipped-models.ts';
import type { ReadModel } from '../registry/shipped-models.ts';
import { DETECTOR_IDS } from './detector.ts';
import type { Detector, DetectorId } from './detector.ts';
import { signalDetector } from './signal-detector.ts';
import { STACK_FILE } from './stack.ts';
import { textDetector } from './text-detector.ts';

/**
 * Opens one detector over the files of its model.
 * @throws not_found, verification_failed for files that are not what was signed, bad_encoding where they
 *   do not fit
 */
export async function openDetector(id: DetectorId, read: ReadModel = readShipped): Promise<Detector> {
  const hasText = id !== 'crisis' && id !== 'pii' && id !== 'grounding';
  const { files, ref } = await read(`${id}/${hasText ? 'ngram' : 'signals'}`);
  const fileOf = (path: string): Buffer => {
    const bytes = files.get(path);
    if (!bytes) throw new WitanError('data_missing', `the model ${ref} lacks ${path}`, { path });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const stack = fileOf(STACK_FILE).toString('utf8');
  return hasText ? textDetector(id, { ngram: fileOf(NGRAM_FILE), stack }) : signalDetector(id, stack);
}

/** Opens all detectors, by their id. */
export async function openDetectors(
  read: ReadModel = readShipped,
): Promise<ReadonlyMap<DetectorId, Detector>> {
  const opened = await Promise.all(DETECTOR_IDS.map((id) => openDetector(id, read)));
  return new Map(opened.map((detector) => [detector.id, detector]));
}
