/** Opens the shipped detectors from the folder of artefacts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { NGRAM_FILE } from '../ngram/artefact.ts';
import { DETECTOR_IDS } from './detector.ts';
import type { Detector, DetectorId } from './detector.ts';
import { signalDetector } from './signal-detector.ts';
import { STACK_FILE } from './stack.ts';
import { textDetector } from './text-detector.ts';

/** Folder of the artefacts that are shipped, from source and from `dist/` alike. */
export function artefactFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new WitanError('data_missing', 'there is no package.json above the program');
    folder = above;
  }
  return join(folder, 'agents', 'inference', 'artefacts');
}

/** Opens one detector. @throws data_missing where its files are absent, bad_encoding where they do not fit */
export async function openDetector(id: DetectorId, folder: string = artefactFolder()): Promise<Detector> {
  const read = async (name: string): Promise<Buffer> => {
    try {
      return await readFile(join(folder, id, name));
    } catch (cause) {
      throw new WitanError('data_missing', `the detector ${id} lacks ${name}`, { path: name }, cause);
    }
  };
  if (id === 'crisis' || id === 'pii' || id === 'grounding') {
    return signalDetector(id, (await read(STACK_FILE)).toString('utf8'));
  }
  return textDetector(id, {
    ngram: await read(NGRAM_FILE),
    stack: (await read(STACK_FILE)).toString('utf8'),
  });
}

/** Opens all detectors, by their id. */
export async function openDetectors(
  folder: string = artefactFolder(),
): Promise<ReadonlyMap<DetectorId, Detector>> {
  const opened = await Promise.all(DETECTOR_IDS.map((id) => openDetector(id, folder)));
  return new Map(opened.map((detector) => [detector.id, detector]));
}
