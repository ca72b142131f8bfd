/** The three folders of models, and who may vouch for what lies in each. */
import { join } from 'node:path';
import { ENCODER_PIN } from '../encoder/encoder-pin.ts';
import type { ModelRoot } from './model-registry.ts';
import { shippedRoot } from './shipped-models.ts';
import { SHIPPED_MODEL_KEYS } from './trust/shipped-keys.ts';

/** Folder below the package's in which set-up builds models; never committed. */
export const BUILT_FOLDER = '.models';

/** What an operator may add. */
export interface OwnModels {
  /** Empty: none. */
  readonly folder: string;
  /** Raw Ed25519 keys that sign in it, 64 hex digits each. */
  readonly trustedKeys: readonly string[];
}

/**
 * Roots in the order in which the same model is taken. What is built on this machine is held against digests
 * in code: nobody who could sign is present there. Only the maintainers vouch for what is shipped.
 */
export function modelRoots(packageFolder: string, own: OwnModels): readonly ModelRoot[] {
  const roots: ModelRoot[] = [
    shippedRoot(),
    {
      folder: join(packageFolder, BUILT_FOLDER),
      origin: 'built',
      trust: { keys: SHIPPED_MODEL_KEYS, pinned: ENCODER_PIN },
    },
  ];
  const keys = [...SHIPPED_MODEL_KEYS, ...own.trustedKeys];
  if (own.folder !== '') roots.push({ folder: own.folder, origin: 'operator', trust: { keys, pinned: {} } });
  return roots;
}
