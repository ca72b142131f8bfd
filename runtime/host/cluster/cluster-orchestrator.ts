/**
 * The orchestrators of a cluster as one: each call goes to the node that decides the decision, and is
 * made again where the decision has moved meanwhile.
 *
 * A submission with an idempotency key may be made again without harm: the key makes the id. One without
 * a key is made once, on this node where it decides, and its id is of a shard of that node.
 */
import { createOrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type {
  OrchestratorClient,
  Submission,
  SubmitOptions,
} from '../../../agents/platform/orchestrator/client.ts';
import type { OrchestratorMessage, ReviewMessage } from '../../../agents/platform/orchestrator/messages.ts';
import { isEligible } from '../../../cluster/placement/eligibility.ts';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { decisionIdOf } from '../../../contracts/ledger/signing.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { TenantId } from '../../../contracts/messages/ids.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { Placement } from '../../kernel/ports/cluster/placement.ts';
import type { Principal } from '../../kernel/ports/identity.ts';
import { DECIDES } from './decision-shards.ts';
import type { DecisionShards } from './decision-shards.ts';
import type { NodeCluster } from './node-cluster.ts';

/** What the calls go through. */
export interface ClusterOrchestratorOptions {
  readonly cluster: Pick<NodeCluster, 'members' | 'node' | 'remoting'>;
  /** Undefined before the node is up. */
  readonly shards: () => DecisionShards | undefined;
  readonly system: ActorSystem;
  /** The orchestrator of this node, as it is without a cluster. */
  readonly local: OrchestratorClient;
}

const ORCHESTRATOR = '/platform/orchestrator';
const PAUSE_MS = 50;
/** Time in which a submission is made again, ms; more than a node needs to be replaced. */
const SUBMIT_MS = 15_000;
/** Time after which a verdict is not waited for any more, ms: more than the longest deadline. */
const VERDICT_MS = 700_000;

/** See the head of the file. */
export class ClusterOrchestrator implements OrchestratorClient {
  readonly #options: ClusterOrchestratorOptions;
  readonly #clients = new Map<string, OrchestratorClient>();

  constructor(options: ClusterOrchestratorOptions) {
    this.#options = options;
  }

  /** See OrchestratorClient. */
  async submit(
    request: DecisionRequest,
    principal: Principal,
    options: SubmitOptions = {},
  ): Promise<Submission> {
    const { idempotencyKey } = request;
    if (idempotencyKey === undefined) return this.#submitOnce(request, principal, options);
    const decisionId = decisionIdOf(TenantId.parse(principal.tenant), `key:${idempotencyKey}`, sha256);
    const accepted = await this.#atHome(decisionId, SUBMIT_MS, (client) =>
      client.submit(request, principal, options),
    );
    return this.#followed(accepted, principal);
  }

  /** See OrchestratorClient. Read from this node's copy of the record. */
  read: OrchestratorClient['read'] = (decisionId, tenant) => this.#options.local.read(decisionId, tenant);

  /** See OrchestratorClient. Read from this node's index. */
  reviewQueue: OrchestratorClient['reviewQueue'] = (tenant, page) =>
    this.#options.local.reviewQueue(tenant, page);

  /** See OrchestratorClient. One node takes the word on one decision, so that there is one. */
  resolve: OrchestratorClient['resolve'] = (decisionId, resolution, principal) =>
    this.#atHome(decisionId, SUBMIT_MS, (client) => client.resolve(decisionId, resolution, principal));

  /** See OrchestratorClient. */
  awaitVerdict(decisionId: DecisionId, tenant: string): Promise<Verdict> {
    return this.#atHome(decisionId, VERDICT_MS, (client) => client.awaitVerdict(decisionId, tenant));
  }

  async #submitOnce(
    request: DecisionRequest,
    principal: Principal,
    options: SubmitOptions,
  ): Promise<Submission> {
    const { shards, local, cluster } = this.#options;
    if ((shards()?.count ?? 0) > 0) {
      try {
        return this.#followed(await local.submit(request, principal, options), principal);
      } catch (error) {
        if (!isMoved(error)) throw error;
      }
    }
    const deciders = cluster.members
      .list()
      .filter(({ record, condition }) => condition === 'well' && isEligible(record, DECIDES))
      .map(({ record }) => record.node)
      .filter((node) => node !== cluster.node);
    const { random } = this.#options.system;
    const node = deciders[Math.floor(random.next() * deciders.length)];
    if (node === undefined) throw new WitanError('unavailable', 'no node of the cluster decides now');
    return this.#followed(await this.#client(node).submit(request, principal, options), principal);
  }

  /** The same submission, whose verdict is asked for again where the decision moves. */
  #followed({ decisionId, joined, verdict }: Submission, { tenant }: Principal): Submission {
    const followed = verdict.catch((error: unknown) => {
      if (!isAgain(error)) throw error;
      return this.awaitVerdict(decisionId, tenant);
    });
    followed.catch(() => undefined);
    return { decisionId, joined, verdict: followed };
  }

  /** Calls the node that decides, and the next one where it has moved, until `forMs` are over. */
  async #atHome<T>(
    decisionId: DecisionId,
    forMs: number,
    call: (client: OrchestratorClient) => Promise<T>,
  ): Promise<T> {
    const { shards, local, system } = this.#options;
    const { clock } = system;
    const endMs = clock.monotonicMs() + forMs;
    for (;;) {
      try {
        const place = await located(shards(), decisionId);
        return await call(place.local ? local : this.#client(place.node));
      } catch (error) {
        if (!isAgain(error) || clock.monotonicMs() + PAUSE_MS >= endMs) throw error;
      }
      await new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve));
    }
  }

  #client(node: string): OrchestratorClient {
    const { cluster, system } = this.#options;
    let client = this.#clients.get(node);
    if (!client) {
      client = createOrchestratorClient({
        orchestrator: () => cluster.remoting.ref<OrchestratorMessage>(node, ORCHESTRATOR),
        review: () => cluster.remoting.ref<ReviewMessage>(node, `${ORCHESTRATOR}/review`),
        via: system,
      });
      this.#clients.set(node, client);
    }
    return client;
  }
}

function located(shards: DecisionShards | undefined, decisionId: DecisionId): Promise<Placement> {
  if (shards) return shards.locate(decisionId);
  return Promise.reject(new WitanError('unavailable', 'the node is not up yet', { decisionId }));
}

/** Whether nothing was begun: another node decides it. */
function isMoved(error: unknown): boolean {
  return error instanceof WitanError && error.details['moved'] === true;
}

/** Whether asking again may succeed, and does no harm where the key names the decision. */
function isAgain(error: unknown): boolean {
  const { code } = toWitanError(error);
  return code === 'unavailable' || code === 'stopped' || code === 'crashed';
}
