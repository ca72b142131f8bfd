/** The composition root: one call from configuration to a node's handle (RUN-13). */
import { createFeatureFlags } from '../../config/feature-flags.ts';
import { loadSettings } from '../../config/loader.ts';
import type { Host, HostConfig } from './host.ts';

/**
 * Makes a node; nothing is opened, bound or written before `start()`.
 *
 * @throws config_invalid with `path`, `expected` and `source`
 * @example
 * const host = await createHost({ dataDir: null, http: false });
 * await host.start();
 * const verdict = await host.submit({ type: 'chat', text: 'Hello' });
 * await host.stop();
 */
export async function createHost(config: HostConfig = {}): Promise<Host> {
  const { settings, effective } = loadSettings({
    ...(config.file !== undefined && { file: config.file }),
    ...(config.env && { env: config.env }),
    ...(config.settings && { code: config.settings }),
  });
  const flags = createFeatureFlags(settings.features, (error) =>
    config.telemetry?.log('error', '/system/flags', 'a listener failed', { error: String(error) }),
  );
  // Whoever only checks records, or gave wrong settings, does not load what a node is made of.
  const { NodeHost } = await import('./node-host.ts');
  return new NodeHost({ config, settings, effectiveSettings: effective, flags });
}
