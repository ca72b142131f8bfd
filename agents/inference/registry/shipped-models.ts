/** The models that are part of the package: checked before they are used, by whoever has no node. */
import { join } from 'node:path';
import { packageFolder } from '../../../config/package-folder.ts';
import { SystemClock } from '../../../runtime/kernel/system-clock.ts';
import type { LoadedModel } from '../model-runner.ts';
import { memoryChoiceStore } from './choice/choice-store.ts';
import { openModelRegistry } from './model-registry.ts';
import type { ModelRegistry, ModelRoot } from './model-registry.ts';
import { SHIPPED_MODEL_KEYS } from './trust/shipped-keys.ts';

/** Reads a model by its name. @throws not_found, verification_failed */
export type ReadModel = (name: string) => Promise<LoadedModel>;

/** Root of the models that are shipped: the maintainers alone vouch for them. @param folder another copy of it */
export function shippedRoot(folder = join(packageFolder(), 'agents', 'inference', 'artefacts')): ModelRoot {
  return { folder, origin: 'shipped', trust: { keys: SHIPPED_MODEL_KEYS, pinned: {} } };
}

/** Reads shipped models, signature, lengths and hashes checked; each is read once in a process. */
export const readShipped: ReadModel = async (name) => {
  registry ??= openModelRegistry({
    roots: [shippedRoot()],
    ...{ store: memoryChoiceStore(), clock: new SystemClock() },
  });
  return (await registry).lookup(name);
};

let registry: Promise<ModelRegistry> | undefined;
