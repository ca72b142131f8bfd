/** Whose models a command means. */
import type { ModelsPlace } from '../../../../index.ts';
import { commandSettings, dataFolder } from '../../running-node.ts';

/** Settings and data folder of the command. */
export function modelsPlace(options: Record<string, unknown>): ModelsPlace {
  return { settings: commandSettings(options), dataDir: dataFolder(options) };
}
