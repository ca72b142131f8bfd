/** Models from outside a node: list, show, verify, sign, and choose while no node runs. */
import { realpath } from 'node:fs/promises';
import type { ModelEntry } from '../../../agents/inference/registry/catalogue.ts';
import { placeModel } from '../../../agents/inference/registry/files/place-model.ts';
import { modelsAt, signModelAt } from '../../../agents/inference/registry/files/sign-folder.ts';
import type { ModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import { modelCard, modelViews } from '../../../agents/inference/registry/model-views.ts';
import { modelSigner } from '../../../agents/inference/registry/trust/sign-model.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ModelCard, ModelChangeView, ModelView } from '../../../contracts/messages/models/card.ts';
import type { ModelChangeRequest } from '../../../contracts/messages/models/choices.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import { SystemClock } from '../../kernel/index.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { takeLock } from '../../store/segment/lock-file.ts';
import { dataFolderAt } from '../record/data-folder.ts';
import { openNodeModels } from './open-models.ts';

/** Whose models are meant. */
export interface ModelsPlace {
  readonly settings: Settings;
  /** Folder with the choices of a node. */
  readonly dataDir: string;
}

/** What checking one version found. */
export interface ModelCheck {
  /** `id@version`. */
  readonly model: string;
  readonly ref: string | null;
  readonly isWhole: boolean;
  readonly code: ErrorCode | null;
  readonly message: string | null;
}

/** What was signed. */
export interface SignedModel {
  readonly ref: string;
  readonly folder: string;
  readonly keyId: string;
}

/** Models that a node with these settings has; refused ones are among them. @throws config_invalid, verification_failed */
export async function listModels(place: ModelsPlace): Promise<readonly ModelView[]> {
  return modelViews(await open(place));
}

/** Card of a model by id, `id@version` or alias. @throws not_found, config_invalid, verification_failed */
export async function readModelCard(place: ModelsPlace, name: string): Promise<ModelCard> {
  return modelCard((await open(place)).resolve(name).entry);
}

/** Checks every byte of every version, or of the one that is named. @throws not_found, config_invalid */
export async function* verifyModels(place: ModelsPlace, name?: string): AsyncGenerator<ModelCheck> {
  const registry = await open(place);
  if (name !== undefined) return yield await checkOf(registry, registry.resolve(name).entry);
  for (const { code, message, ...of } of registry.catalogue.faults)
    yield { model: versionName(of), ref: null, isWhole: false, code, message };
  for (const entry of [...registry.catalogue.versions.values()].flat()) yield checkOf(registry, entry);
}

/**
 * Changes which version serves, on the data folder of a node that does not run.
 * @throws already_exists while one runs, and as a running node does
 */
export async function changeModels(
  place: ModelsPlace,
  request: ModelChangeRequest,
): Promise<ModelChangeView> {
  const log = dataFolderAt(place.dataDir).log;
  await nodeFileSystem.createFolder(log);
  const lock = await takeLock(nodeFileSystem, log);
  try {
    const { id, from, to, choices } = await (await open(place)).change(request, 'command');
    return { id, from, to, generation: choices.generation };
  } finally {
    await lock.release();
  }
}

/** Signs every model at or below a folder with a private key in PEM. @throws not_found, invalid_argument, verification_failed */
export async function* signModels(folder: string, pem: string): AsyncGenerator<SignedModel> {
  const signer = modelSigner(pem);
  const { keyId } = signer;
  for (const place of await modelsAt(await realpath(folder).catch(() => folder)))
    yield { ref: await signModelAt(place, signer), folder: place.root, keyId };
}

/**
 * Puts the model that training left in a folder (`body.json` and its files) into a root, signed.
 * @throws not_found, already_exists, invalid_argument, verification_failed
 */
export async function placeSignedModel(folder: string, into: string, pem: string): Promise<SignedModel> {
  const signer = modelSigner(pem);
  const { place, ref } = await placeModel(folder, into, signer);
  return { ref, folder: place.root, keyId: signer.keyId };
}

function open({ settings, dataDir }: ModelsPlace): Promise<ModelRegistry> {
  return openNodeModels({ settings, dataDir, clock: new SystemClock() });
}

async function checkOf(registry: ModelRegistry, entry: ModelEntry): Promise<ModelCheck> {
  const model = versionName(entry.place);
  try {
    await registry.check(entry);
    return { model, ref: entry.ref, isWhole: true, code: null, message: null };
  } catch (error) {
    const { code, message } = toWitanError(error);
    return { model, ref: entry.ref, isWhole: false, code, message };
  }
}
