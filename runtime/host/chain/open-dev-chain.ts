/** The dev chain of a node whose settings ask for one. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../../config/schema.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { installChainTools } from './chain-tools.ts';

/** What is known of the node that starts. */
export interface StartingNode {
  readonly settings: Settings;
  /** Folder of the node; null where nothing is kept. */
  readonly dataDir: string | null;
  readonly telemetry: TelemetryPort;
  readonly signal: AbortSignal;
}

/**
 * Child of `/platform` that runs the dev chain; undefined where the settings ask for none.
 *
 * The tools are installed first where they are missing; a node that starts without a chain loads none of
 * this.
 * @throws unavailable when they cannot be installed; not_supported, data_missing, cancelled
 */
export async function devChainOf(node: StartingNode): Promise<ChildSpec | undefined> {
  const { settings, dataDir, telemetry, signal } = node;
  if (!settings.chain.dev) return undefined;
  const tell = (line: string): void => telemetry.log('info', '/platform/dev-chain', line);
  await installChainTools({ tell, signal });
  const { devChainChild } = await import('./dev-chain-actor.ts');
  const isTemporary = dataDir === null;
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), 'witan-chain-')) : join(dataDir, 'chain');
  return devChainChild({ folder, isTemporary, port: settings.chain.devPort });
}
