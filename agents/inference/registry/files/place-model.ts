/** Puts a model that was just made into a root, signed: all of it at once, and never over another. */
import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WitanError, toWitanError } from '../../../../contracts/errors.ts';
import { ModelManifestBody } from '../../../../contracts/messages/models/manifest.ts';
import { versionName } from '../../../../contracts/messages/models/signing.ts';
import { parseJson } from '../../../../contracts/parse-json.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import type { ModelSigner } from '../trust/sign-model.ts';
import { folderOf, MANIFEST_FILE, MANIFEST_LIMIT_BYTES } from './model-folder.ts';
import type { ModelPlace } from './model-folder.ts';
import { signModelAt } from './sign-folder.ts';

/** What training writes beside the files: the body alone, without a signature. */
export const BODY_FILE = 'body.json';

/**
 * Copies the files that `<folder>/body.json` names to `<root>/<id>/<version>`, checks and signs them there.
 * @returns the place and the `ref`
 * @throws not_found, already_exists for a version that is there, verification_failed for files that are
 *   not what the body says: then nothing is placed
 */
export async function placeModel(
  folder: string,
  root: string,
  signer: ModelSigner,
): Promise<{ readonly place: ModelPlace; readonly ref: string }> {
  const body = await readBodyFile(join(folder, BODY_FILE));
  const { id, version } = body;
  await mkdir(root, { recursive: true });
  const place = { root: await realpath(root), id, version };
  if (existsSync(folderOf(place)))
    throw new WitanError('already_exists', `${versionName(body)} is there already`, {
      path: '--into',
      expected: 'a new version, or a root without this one',
    });
  const staging = { root: await mkdtemp(join(place.root, '.placing-')), id, version };
  try {
    const aside = folderOf(staging);
    await mkdir(aside, { recursive: true });
    for (const { path } of body.files) await copyNamed(join(folder, path), join(aside, path));
    await writeFile(join(aside, MANIFEST_FILE), JSON.stringify({ body }));
    const ref = await signModelAt(staging, signer);
    await mkdir(dirname(folderOf(place)), { recursive: true });
    await rename(aside, folderOf(place));
    return { place, ref };
  } finally {
    await rm(staging.root, { recursive: true, force: true });
  }
}

async function copyNamed(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((cause: unknown) => {
    throw new WitanError('verification_failed', `${from} is missing`, { path: from }, cause);
  });
}

async function readBodyFile(path: string): Promise<ModelManifestBody> {
  const limits = { maxBytes: MANIFEST_LIMIT_BYTES, maxDepth: 8, maxNodes: 20_000 };
  const text = await readFile(path).catch((cause: unknown) => {
    throw new WitanError(
      'not_found',
      `there is no ${path}`,
      { path, expected: 'what training wrote' },
      cause,
    );
  });
  try {
    return parseMessage(ModelManifestBody, parseJson(text, limits));
  } catch (cause) {
    const { message, details } = toWitanError(cause);
    throw new WitanError('verification_failed', `${path}: ${message}`, details, cause);
  }
}
