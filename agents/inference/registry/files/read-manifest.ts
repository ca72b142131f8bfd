/** A manifest as it lies in its folder: parsed strictly, vouched for, and of the place where it lies. */
import { WitanError, toWitanError } from '../../../../contracts/errors.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import { ModelManifest } from '../../../../contracts/messages/models/manifest.ts';
import type { ModelManifestBody } from '../../../../contracts/messages/models/manifest.ts';
import { modelFilesBytes, versionName } from '../../../../contracts/messages/models/signing.ts';
import { parseJson } from '../../../../contracts/parse-json.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import { sha256 } from '../../../../runtime/kernel/crypto/digest.ts';
import { checkVouched } from '../trust/model-trust.ts';
import type { ModelTrust } from '../trust/model-trust.ts';
import { MANIFEST_FILE, MANIFEST_LIMIT_BYTES, readManifestBytes } from './model-folder.ts';
import type { ModelPlace } from './model-folder.ts';

const LIMITS = { maxBytes: MANIFEST_LIMIT_BYTES, maxDepth: 8, maxNodes: 20_000 };

/**
 * The manifest of a place, once it is known to be vouched for. Its files have not been read yet.
 * @throws verification_failed naming the model
 */
export async function readManifest(place: ModelPlace, trust: ModelTrust): Promise<ModelManifest> {
  const manifest = parseManifest(await readManifestBytes(place), versionName(place));
  const said = versionName(manifest.body);
  if (said !== versionName(place))
    throw refused(versionName(place), 'body.version', `the folder of it holds the manifest of ${said}`);
  checkVouched(manifest, trust);
  return manifest;
}

/** Manifest of a text, without a word on who vouches for it. @throws verification_failed */
export function parseManifest(bytes: Uint8Array, name: string): ModelManifest {
  try {
    const manifest = parseMessage(ModelManifest, parseJson(bytes, LIMITS));
    checkBody(manifest.body, name);
    return manifest;
  } catch (cause) {
    const { message, details, code } = toWitanError(cause);
    if (code === 'verification_failed') throw cause;
    throw refused(name, details.path || MANIFEST_FILE, message, cause);
  }
}

/** What the form alone does not say. @throws verification_failed */
export function checkBody(body: ModelManifestBody, name: string): void {
  const { files, base, runner, aliases } = body;
  const paths = files.map(({ path }) => path);
  const twice = paths.find((path, at) => path === MANIFEST_FILE || paths.indexOf(path) !== at);
  if (twice !== undefined) throw refused(name, 'body.files', `${twice} stands among its files wrongly`);
  if ((runner === 'linear-head') !== (base !== undefined))
    throw refused(name, 'body.base', 'a head names its encoder, and nothing else does');
  if (base !== undefined && !/^[^@]+@\d+\.\d+\.\d+$/.test(base))
    throw refused(name, 'body.base', `${base} says no version: the head was trained on one`);
  // Such an alias could be read as a version.
  const unfit = aliases.find((alias) => alias === '' || alias.includes('@'));
  if (unfit !== undefined) throw refused(name, 'body.aliases', `${JSON.stringify(unfit)} is no alias`);
}

/** `id@version#first 12 hex digits of the hash over its files`. */
export function modelRef(body: ModelManifestBody): string {
  return `${versionName(body)}#${toHex(sha256(modelFilesBytes(body.files))).slice(0, 12)}`;
}

function refused(model: string, path: string, why: string, cause?: unknown): WitanError {
  const details = { path, model };
  return new WitanError('verification_failed', `model ${model} is refused: ${path}: ${why}`, details, cause);
}
