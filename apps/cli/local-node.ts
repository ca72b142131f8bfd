/** A node inside this process, for `--local`: the same path, nothing written, gone with the command. */
import { parseJson } from '../../contracts/parse-json.ts';
import { REQUEST_LIMITS } from '../../contracts/parse-message.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import { createHost, DecisionId } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import type { Followed, NodeHandle } from './node-handle.ts';

/** Handle of an embedded node. */
export class LocalNode implements NodeHandle {
  readonly host: Host;

  private constructor(host: Host) {
    this.host = host;
  }

  /** Starts a node without a socket and without files. */
  static async start(settings: SettingsInput = {}, signal?: AbortSignal): Promise<LocalNode> {
    const host = await createHost({ dataDir: null, http: false, settings });
    await host.start(signal ? { signal } : {});
    return new LocalNode(host);
  }

  async submit(body: Uint8Array<ArrayBuffer>): Promise<string> {
    const { decisionId, verdict } = await this.host.accept(parseJson(body, REQUEST_LIMITS));
    // Whoever follows the decision sees how it ends.
    verdict.catch(() => undefined);
    return decisionId;
  }

  async *follow(decisionId: string): AsyncGenerator<Followed> {
    const queue: Followed[] = [];
    let isOver = false;
    let wake = (): void => {};
    const push = (followed: Followed): void => {
      queue.push(followed);
      wake();
    };
    const unsubscribe = this.host.subscribe(
      {
        onEvent: (event) => push({ kind: 'event', event }),
        onGap: (resumeAfter) => push({ kind: 'gap', resumeAfter }),
        onEnd: () => {
          isOver = true;
          wake();
        },
      },
      { decisionId: DecisionId.parse(decisionId) },
    );
    try {
      while (!isOver || queue.length > 0) {
        const next = queue.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unsubscribe();
    }
  }

  readDecision(decisionId: string): Promise<DecisionView> {
    return this.host.readDecision(DecisionId.parse(decisionId));
  }

  proof(decisionId: string): Promise<DecisionProof> {
    return this.host.proof(DecisionId.parse(decisionId));
  }

  ownKey(): PinnedKey {
    return this.host.pinnedKey();
  }

  close(): Promise<void> {
    return this.host.stop();
  }
}
