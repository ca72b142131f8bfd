/** The models that are part of the package: checked before they are used, by whoever has no node. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { SystemClock } from '../../../runtime/kernel/system-clock.ts';
import type { LoadedModel } from '../model-runner.ts';
import { memoryChoiceStore } from './choice/choice-store.ts';
import { openModelRegistry } from './model-registry.ts';
import type { ModelRegistry } from './model-registry.ts';
import { SHIPPED_MODEL_KEYS } from './trust/shipped-keys.ts';

/** Reads a model by its name. @throws not_found, verification_failed */
export type ReadModel = (name: string) => Promise<LoadedModel>;

/** Folder of the models that are shipped, from source and from `dist/` alike. @throws data_missing */
export function shippedFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new WitanError('data_missing', 'there is no package.json above the program');
    folder = above;
  }
  return join(folder, 'agents', 'inference', 'artefacts');
}

/** Reads shipped models, signature, lengths and hashes checked; each is read once in a process. */
export const readShipped: ReadModel = async (name) => {
  registry ??= openModelRegistry({
    roots: [{ folder: shippedFolder(), origin: 'shipped', trust: { keys: SHIPPED_MODEL_KEYS, pinned: {} } }],
    ...{ store: memoryChoiceStore(), clock: new SystemClock() },
  });
  return (await registry).lookup(name);
};

let registry: Promise<ModelRegistry> | undefined;
