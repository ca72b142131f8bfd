/** Signs model folders in place: files are held against the manifest first, and the manifest is replaced whole. */
import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { WitanError, toWitanError } from '../../../../contracts/errors.ts';
import { ModelManifest, ModelManifestBody } from '../../../../contracts/messages/models/manifest.ts';
import { versionName } from '../../../../contracts/messages/models/signing.ts';
import { parseJson } from '../../../../contracts/parse-json.ts';
import type { Json } from '../../../../contracts/parse-json.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import type { ModelSigner } from '../trust/sign-model.ts';
import { findModels } from './find-models.ts';
import { checkModelFiles, folderOf, MANIFEST_FILE, MANIFEST_LIMIT_BYTES } from './model-folder.ts';
import type { ModelPlace } from './model-folder.ts';
import { checkBody, modelRef } from './read-manifest.ts';

const LIMITS = { maxBytes: MANIFEST_LIMIT_BYTES, maxDepth: 8, maxNodes: 20_000 };

/**
 * Places of models at or below a folder: `<root>`, or one `<root>/<id>/<version>`.
 * @throws not_found where there is none
 */
export async function modelsAt(folder: string): Promise<readonly ModelPlace[]> {
  const below = await findModels(folder);
  if (below.length > 0) return below;
  const body = await readBody(join(folder, MANIFEST_FILE)).catch((cause: unknown) => {
    const details = { path: 'folder', expected: 'a folder of models, or one <id>/<version> with model.json' };
    throw new WitanError('not_found', `there is no model in ${folder}`, details, cause);
  });
  const up = [...body.id.split('/'), body.version].map(() => '..');
  const place = { root: resolve(await realpath(folder), ...up), id: body.id, version: body.version };
  if (folderOf(place) === (await realpath(folder))) return [place];
  const details = { path: 'folder', expected: `a folder that ends in ${body.id}/${body.version}` };
  throw new WitanError('invalid_argument', `${folder} holds ${versionName(body)}`, details);
}

/**
 * Signs the model of a place, signed before or not (`{"body": …}` alone). Nothing is written unless all its
 * files are what the manifest says.
 * @returns its `ref`. @throws verification_failed, storage_failed
 */
export async function signModelAt(place: ModelPlace, signer: ModelSigner): Promise<string> {
  const path = join(folderOf(place), MANIFEST_FILE);
  const body = await readBody(path);
  const name = versionName(place);
  checkBody(body, name);
  if (versionName(body) !== name) {
    const message = `the folder of ${name} holds the manifest of ${versionName(body)}`;
    throw new WitanError('verification_failed', message, { path: MANIFEST_FILE, model: name });
  }
  await checkModelFiles(place, body.files);
  const manifest = parseMessage(ModelManifest, signer.sign(body));
  await replace(path, `${JSON.stringify(manifest, null, 2)}\n`);
  return modelRef(body);
}

async function readBody(path: string): Promise<ModelManifestBody> {
  try {
    const value: Json = parseJson(await readFile(path), LIMITS);
    const { body } = (value ?? {}) as { readonly body?: unknown };
    return parseMessage(ModelManifestBody, body);
  } catch (cause) {
    const { message, details } = toWitanError(cause);
    const at = `body.${details.path ?? ''}`;
    throw new WitanError('verification_failed', `${path}: ${message}`, { ...details, path: at }, cause);
  }
}

async function replace(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  try {
    await writeFile(aside, text, { flush: true });
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    const { code } = cause as NodeJS.ErrnoException;
    throw new WitanError('storage_failed', `${path} cannot be written: ${code}`, { code }, cause);
  }
}
