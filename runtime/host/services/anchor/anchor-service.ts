/** `/platform/audit/anchor` of a node that has a chain to anchor on. */
import type { NodeService, ServiceParts } from '../open-together.ts';

/** Opens it; a node without a chain loads none of this. @throws nothing that a chain does */
export async function openAnchorService(parts: ServiceParts): Promise<NodeService> {
  const { settings, telemetry, system, stores } = parts;
  const hasChain = settings.chain.dev || settings.anchor.chains.length > 0;
  if (!hasChain || !settings.node.roles.includes('platform'))
    return { children: [], backends: {}, close: async () => undefined };
  const { anchorChild } = await import('../../../../agents/platform/audit/anchor/anchor-actor.ts');
  const { LaneRunner } = await import('../../../../agents/platform/audit/anchor/lane-runner.ts');
  const { laneSources } = await import('./lane-sources.ts');
  const { NodeAnchor } = await import('./node-anchor.ts');
  const { localTenant } = settings.identity;
  const closings: (() => Promise<void>)[] = [];
  const sources = laneSources({ ...parts, opened: (close) => closings.push(close) });
  const runners = sources.map((source) => new LaneRunner(source));
  return {
    // The chain's key is with nodes of this role alone.
    children: [parts.once(anchorChild({ runners, telemetry }), ['platform', 'anchor'])],
    backends: { anchor: new NodeAnchor({ system, ledger: stores.ledger, localTenant, runners }) },
    async close() {
      await Promise.all(runners.map((runner) => runner.close()));
      for (const close of closings.splice(0)) await close();
    },
  };
}
