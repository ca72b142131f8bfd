/** Makes the folder of the sentence encoder out of the installed package; seconds, the same bytes each time. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENCODER_ID, ENCODER_PIN, ENCODER_VERSION } from '../../../agents/inference/encoder/encoder-pin.ts';
import { GRAPH_FILE, VOCABULARY_FILE } from '../../../agents/inference/encoder/encoder-files.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type {
  ModelFile,
  ModelManifest,
  ModelManifestBody,
} from '../../../contracts/messages/models/manifest.ts';
import { PINNED_KEY_ID } from '../../../contracts/messages/models/signing.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { PACKAGE_FOLDER } from '../../../runtime/host/package-info.ts';
import { encoderCard } from './encoder-card.ts';
import { encoderGraph } from './encoder-graph.ts';
import { encoderWeights } from './encoder-weights.ts';
import { readEncoderSource } from './source-package.ts';

/** Folder of models that builds make, below the root of the checkout; never committed. */
export const BUILT_MODELS = join(PACKAGE_FOLDER, '.models');

/** A model in memory. */
export interface MadeEncoder {
  readonly body: ModelManifestBody;
  /** `sha256:` and hex over the canonical body: what is pinned. */
  readonly digest: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Makes graph, vocabulary and manifest. @throws data_missing, config_invalid as the package does */
export function makeEncoder(): MadeEncoder {
  const source = readEncoderSource();
  const files = new Map([
    [GRAPH_FILE, encoderGraph(encoderWeights(source.weights))],
    [VOCABULARY_FILE, source.vocabulary],
    ['license.txt', source.license],
  ]);
  const described = [...files].map(([path, bytes]) => ({
    path,
    bytes: bytes.byteLength,
    sha256: hex(bytes),
  }));
  const body = encoderCard(described, source.digest);
  return { body, digest: digestOf(body), files };
}

/**
 * Makes sure that `<root>/encoder/use-lite/<version>` holds the encoder; returns that folder.
 *
 * One that is there and whole is left alone, what is spoilt is made again. Several processes may do this at
 * once.
 *
 * @throws data_missing when the package is not installed; config_invalid when what was made is not pinned
 */
export function buildEncoder(root: string = BUILT_MODELS): string {
  const folder = join(root, ...ENCODER_ID.split('/'), ENCODER_VERSION);
  if (isGood(folder)) return folder;
  const { body, digest, files } = makeEncoder();
  if (digest !== pinned()) {
    const message = 'what was made is not the encoder that the code stands for';
    throw new WitanError('config_invalid', message, { expected: pinned(), found: digest });
  }
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(join(dirname(folder), 'making-'));
  try {
    for (const [path, bytes] of files) writeFileSync(join(fresh, path), bytes);
    const manifest: ModelManifest = { body, keyId: PINNED_KEY_ID, signature: '' };
    writeFileSync(join(fresh, 'model.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    moveTo(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Another process may have put the same files there meanwhile; then theirs stay. */
function moveTo(fresh: string, folder: string): void {
  if (isGood(folder)) return;
  try {
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    if (!isGood(folder)) throw error;
  }
}

function isGood(folder: string): boolean {
  const path = join(folder, 'model.json');
  if (!existsSync(path)) return false;
  try {
    const { body } = JSON.parse(readFileSync(path, 'utf8')) as { body: ModelManifestBody };
    return digestOf(body) === pinned() && body.files.every(isWhole(folder));
  } catch {
    return false;
  }
}

function isWhole(folder: string): (file: ModelFile) => boolean {
  return ({ path, sha256 }) => hex(readFileSync(join(folder, path))) === sha256;
}

function pinned(): string {
  return ENCODER_PIN[`${ENCODER_ID}@${ENCODER_VERSION}`]!;
}

function hex(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
