/** The models of a node: folders by its settings, choices in its data folder. */
import { join } from 'node:path';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import type { ChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import type { RollbackBounds } from '../../../agents/inference/registry/choice/outcome-watch.ts';
import { openModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import type {
  ModelEvent,
  ModelRegistry,
  ModelRegistryOptions,
} from '../../../agents/inference/registry/model-registry.ts';
import { modelRoots } from '../../../agents/inference/registry/model-roots.ts';
import type { Settings } from '../../../config/schema.ts';
import { PACKAGE_FOLDER } from '../package-info.ts';
import { choiceFile } from './choice-file.ts';

/** What {@link openNodeModels} is given. */
export interface NodeModelsOptions {
  readonly settings: Settings;
  /** Null: choices are forgotten with the process. */
  readonly dataDir: string | null;
  readonly clock: ModelRegistryOptions['clock'];
  readonly onEvent?: (event: ModelEvent) => void;
}

/** Registry over the folders that the settings name. @throws as openModelRegistry */
export function openNodeModels({
  settings,
  dataDir,
  clock,
  onEvent,
}: NodeModelsOptions): Promise<ModelRegistry> {
  const { folder, trustedKeys } = settings.models;
  return openModelRegistry({
    roots: modelRoots(PACKAGE_FOLDER, { folder, trustedKeys }),
    store: choiceStoreIn(dataDir),
    bounds: boundsOf(settings),
    clock,
    ...(onEvent && { onEvent }),
  });
}

/** Choices of the node on this data folder. */
function choiceStoreIn(dataDir: string | null): ChoiceStore {
  return dataDir === null ? memoryChoiceStore() : choiceFile(join(dataDir, 'models', 'choices.json'));
}

function boundsOf({ models }: Settings): RollbackBounds {
  const { refusedBp, refusedMinCount: minCount, crashCount, windowMs } = models;
  return { refusedBp, minCount, crashCount, windowMs };
}
