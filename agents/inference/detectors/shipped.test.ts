/** Shipped detectors are what was signed, or they are refused by name. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import { assert, suite } from '../../../test/harness.ts';
import { memoryChoiceStore } from '../registry/choice/choice-store.ts';
import { openModelRegistry } from '../registry/model-registry.ts';
import { readShipped, shippedRoot } from '../registry/shipped-models.ts';
import { DETECTOR_IDS } from './detector.ts';
import { openDetector, openDetectors } from './open-detectors.ts';

const test = suite('shipped detectors');

test('every detector opens from signed files, and the catalogue’s name leads to ours', async () => {
  const opened = await openDetectors();
  assert.equal([...opened.keys()], [...DETECTOR_IDS]);
  const { manifest } = await readShipped('anansi/toxicity-classifier-v1');
  assert.is(manifest.id, 'toxicity/ngram');
});

test('one changed bit of a model is refused, and the others open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-shipped-'));
  try {
    cpSync(shippedRoot().folder, folder, { recursive: true });
    const file = join(folder, 'injection/ngram/1.0.0/ngram.bin');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    const registry = await openModelRegistry({
      roots: [shippedRoot(folder)],
      ...{ store: memoryChoiceStore(), clock: new SystemClock() },
    });
    const read = (name: string) => registry.lookup(name);
    const refused = await openDetector('injection', read).catch((error: WitanError) => error);
    assert.instance(refused, WitanError);
    assert.is((refused as WitanError).code, 'verification_failed');
    assert.match((refused as WitanError).message, /ngram/);
    assert.is((await openDetector('toxicity', read)).id, 'toxicity');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
