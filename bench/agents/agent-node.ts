/** A whole node in this process whose actor system the bench may fill with agents. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFeatureFlags } from '../../config/feature-flags.ts';
import { loadSettings } from '../../config/loader.ts';
import { parseDecisionRequest } from '../../contracts/parse-message.ts';
import { startNode } from '../../runtime/host/running-node.ts';
import { openTelemetry } from '../../runtime/host/telemetry/open-telemetry.ts';
import type { ActorSystem } from '../../runtime/kernel/index.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import { RequestMix } from '../council/inputs.ts';

/** The node. */
export interface AgentNode extends AsyncDisposable {
  readonly system: ActorSystem;
  readonly keys: KeysPort;
  /** Submits the next request of the mix and resolves with its verdict. */
  submit(): Promise<unknown>;
}

/** Starts it on a real file below a temporary folder, without doors. */
export async function startAgentNode(): Promise<AgentNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-agents-'));
  const { settings } = loadSettings({ code: {} });
  const telemetry = await openTelemetry(settings, undefined);
  const node = await startNode({
    ...{ config: { dataDir, http: false }, settings, telemetry },
    flags: createFeatureFlags(settings.features, () => undefined),
    signal: new AbortController().signal,
  });
  const mix = new RequestMix(1);
  const principal = await node.gate.embedder();
  return {
    ...{ system: node.system, keys: node.stores.keys },
    async submit() {
      const request = parseDecisionRequest(mix.next());
      const { verdict } = await node.orchestrator.submit(request, principal);
      return verdict;
    },
    [Symbol.asyncDispose]: async () => {
      await node.close(2_000);
      await telemetry.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
