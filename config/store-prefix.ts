/** First part of the names of stored objects. */
import type { Settings } from './schema.ts';

/**
 * Prefix of a node's archive or backups. Nodes of a cluster have one log and each a key of its own, so each
 * has a place of its own too: `<prefix>/<node>`.
 */
export function storePrefix({ store, node, ...settings }: Settings, section: 'archive' | 'backup'): string {
  const { prefix } = settings[section];
  return store.natsUrl === '' ? prefix : `${prefix}/${node.name}`;
}
