/** A node that runs: everything that exists between a successful start and the end of a stop. */
import type { Gate } from '../../agents/platform/gate/gate.ts';
import { createKeyClient } from '../../agents/platform/gate/key-client.ts';
import type { KeyClient } from '../../agents/platform/gate/key-client.ts';
import type { GateMessage } from '../../agents/platform/gate/messages.ts';
import type { OrchestratorClient } from '../../agents/platform/orchestrator/client.ts';
import { createOrchestratorClient } from '../../agents/platform/orchestrator/client.ts';
import type {
  FeederMessage,
  FeederReply,
  OrchestratorMessage,
  ReviewMessage,
} from '../../agents/platform/orchestrator/messages.ts';
import { createPolicyClient } from '../../agents/platform/policy/policy-client.ts';
import type { PolicyClient } from '../../agents/platform/policy/policy-client.ts';
import type { PolicyMessage } from '../../agents/platform/policy/policy-actor.ts';
import type { FeatureFlags } from '../../config/feature-flags.ts';
import type { Settings } from '../../config/schema.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { BallotIncident } from '../../council/deliberation/deliberation-options.ts';
import type { ChildSpec } from '../../supervisors/child-spec.ts';
import { spawnSupervisor } from '../../supervisors/supervisor.ts';
import type { SeatPlan } from '../../agents/kit/seat-plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { query, start } from '../kernel/index.ts';
import type { ConsensusPort } from '../kernel/ports/decision/consensus.ts';
import type { ActorRef, ActorSystem } from '../kernel/index.ts';
import type { OutsideAgentsPort } from '../kernel/ports/decision/outside-agents.ts';
import type { SignInPort } from '../kernel/ports/sign-in/sign-in.ts';
import { spawnScheduler } from '../kernel/schedule/scheduler.ts';
import { MemoryBus } from '../store/memory/memory-bus.ts';
import { MemoryJournal } from '../store/memory/memory-journal.ts';
import { measuredLedger } from '../telemetry/measured-ports.ts';
import type { NodeTelemetry } from '../telemetry/node-telemetry.ts';
import type { AuditTrail } from '../../agents/platform/audit/events/trail.ts';
import { makeTrail } from './services/audit/make-trail.ts';
import { verdictAfterQuorum } from './services/log/verdict-wait.ts';
import { openServices } from './services/open-services.ts';
import type { NodeService, ServiceParts } from './services/open-services.ts';
import type { ClusterDeciding, ClusterDecidingOptions } from './cluster/cluster-deciding.ts';
import type { FarEvents } from './cluster/events/far-events.ts';
import type { NodeCluster } from './cluster/node-cluster.ts';
import { devChainOf } from './chain/open-dev-chain.ts';
import { buildCouncil } from './tree/build-council.ts';
import { buildPlatform } from './tree/build-platform.ts';
import { seatedPlans } from './tree/council-plans.ts';
import type { SeatedPlan } from './tree/council-plans.ts';
import { httpPorts } from './door/http-door.ts';
import { makeGate } from './door/make-gate.ts';
import type { NodeGate } from './door/make-gate.ts';
import { makeSignIn } from './door/make-sign-in.ts';
import type { NodeSignIn } from './door/make-sign-in.ts';
import { evaluationChild } from './evaluation/evaluation-actor.ts';
import { nodeEvaluation } from './evaluation/node-evaluation.ts';
import type { NodeEvaluation } from './evaluation/node-evaluation.ts';
import type { HostConfig } from './host.ts';
import { closeStores, openStores } from './record/open-stores.ts';
import type { NodeStores } from './record/open-stores.ts';
import { recordKeys } from './record/record-keys.ts';
import { keyRotationJob } from './record/rotate-keys.ts';
import { checkSelf } from './tree/self-check.ts';
import { telemetryChild } from './telemetry/telemetry-actor.ts';
import { tellNode } from './telemetry/tell-node.ts';
import { warmUp } from './tree/warm-up.ts';

/** Parts of a running node. */
export interface RunningNode {
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly seats: readonly SeatedPlan[];
  readonly orchestrator: OrchestratorClient;
  /** What every door asks; its actor lives on nodes that may have doors or take decisions. */
  readonly gate: Gate;
  readonly apiKeys: KeyClient;
  readonly policy: PolicyClient;
  /** Undefined where nobody signs in. */
  readonly signIn: SignInPort | undefined;
  /** What of requests goes on the record. */
  readonly trail: Pick<AuditTrail, 'answered'>;
  /** What the node offers beside decisions. */
  readonly services: NodeService['backends'];
  /** Undefined on a node without a council. */
  readonly outsideAgents: OutsideAgentsPort | undefined;
  /** Resolves when the index holds all that the log held at the call. */
  syncIndex(): Promise<void>;
  /** This node in its cluster; undefined: it is alone. */
  readonly cluster: NodeCluster | undefined;
  /** Events of decisions that other nodes decide; undefined: there are none. */
  readonly farEvents: FarEvents | undefined;
  /** Hands over what this node owns in its cluster. */
  drain(): Promise<void>;
  /** Ends actors, then stores. Never twice. */
  close(graceMs: number): Promise<void>;
}

/** What a node is started with. */
export interface NodeStart {
  readonly config: HostConfig;
  readonly telemetry: NodeTelemetry;
  readonly settings: Settings;
  readonly flags: FeatureFlags;
  readonly signal: AbortSignal;
}

const RECOVERY_MS = 120_000;

/**
 * Opens the stores, starts the actors of the node's roles, recovers, and checks itself; undoes all of it on
 * failure.
 * @throws storage_failed, already_exists, verification_failed, config_invalid, cancelled
 */
export async function startNode(given: NodeStart): Promise<RunningNode> {
  const { config, settings, flags, telemetry, signal } = given;
  const system = start({
    node: settings.node.name,
    deadLetterCapacity: settings.actors.deadLetterMaxCount,
    telemetry,
  });
  const { clock } = system;
  const onSubscriberError = (error: unknown): void =>
    telemetry?.log('error', '/system/events', 'a follower of events failed', { error: String(error) });
  // What was opened, first to last; a start that fails closes it from the end.
  const opened: (() => unknown)[] = [];
  const evaluation = nodeEvaluation(settings, system, telemetry);
  if (evaluation) opened.push(() => evaluation.threads.close());
  try {
    const prepare = evaluation?.prepare;
    const seats = seatedPlans(settings.council, { prepare, replace: config.seatPlan });
    evaluation?.threads.open();
    const dataDir = config.dataDir === undefined ? settings.node.dataDir : config.dataDir;
    const cluster = await joined(settings, system, telemetry);
    opened.push(() => cluster?.close());
    const opening = openStores({ settings, dataDir, clock, telemetry, onSubscriberError, cluster });
    // Beside the opening, which waits for a disk and a database most of its time.
    const plans = seats.map(({ plan }) => plan);
    const warming = warmedUp(plans, { settings, clock, evaluation });
    const { stores, trail } = recordOf(await opening, { config, settings, system, telemetry });
    opened.push(() => closeStores(stores).catch(() => undefined));
    tellNode(telemetry, { system, stores, threads: evaluation?.threads });
    await filled(stores, { system, telemetry, signal });
    signal.throwIfAborted();
    await recordKeys(stores, ['node', 'checkpoint', ...seats.map(({ plan }) => `seat/${plan.seat}`)]);
    await warming;
    const signIn = await makeSignIn({ settings, stores, clock, telemetry });
    opened.push(() => signIn?.close());
    const sessions = signIn?.signIn.sessions;
    const gate = makeGate({ settings, stores, clock, telemetry, sessions, identity: config.identity });
    const devChain = await devChainOf({ settings, dataDir, telemetry, signal });
    let services: NodeService | undefined;
    if (settings.node.roles.includes('platform')) {
      const syncIndex = syncIndexOf(system, stores);
      const parts = { settings, flags, stores, trail, syncIndex, dataDir, system, clock, telemetry, signal };
      services = await openServices({ ...parts, ...(await sharing(cluster)) });
      opened.push(() => services?.close().catch(() => undefined));
    }
    const evaluationWaiting = (): number => evaluation?.threads.info().waitingCount ?? 0;
    const deciding =
      cluster &&
      (await openDeciding({ cluster, settings, system, stores, seats, telemetry, evaluationWaiting }));
    opened.push(() => deciding?.close());
    const { outsideAgents } = buildBranches({
      ...{ system, stores, seats, config, settings, flags, evaluation, telemetry, gate, signIn, devChain },
      consensus: config.consensus ?? (await consensusOf(settings, system, services)),
      services: services?.children ?? [],
      shared: deciding,
    });
    const { localTenant } = settings.identity;
    const { policyMs } = settings.deadlines;
    const doorParts = { gate: gate.gate, trail, signIn, localTenant, policyMs, cluster, deciding };
    const node = nodeOf({ system, stores, seats, outsideAgents, services, ...doorParts });
    await ready(node, settings);
    deciding?.begin();
    signal.throwIfAborted();
    return node;
  } catch (error) {
    await system.stop({ graceMs: 0 });
    for (const close of opened.reverse()) await close();
    if (signal.aborted) throw new WitanError('cancelled', 'the start was given up', {}, error);
    throw error;
  }
}

/** The stores with the ledger that everything of this node appends through, and the trail of requests. */
function recordOf(
  opened: NodeStores,
  { config, settings, system, telemetry }: Recording,
): { readonly stores: NodeStores; readonly trail: AuditTrail } {
  const log = config.wrapLedger?.(opened.ledger) ?? opened.ledger;
  const ledger = measuredLedger(log, system.clock, telemetry);
  const trail = makeTrail({ settings, system, telemetry, ledger });
  const { verdictWaitMs: waitMs } = settings.witness;
  const awaiting = verdictAfterQuorum(trail.ledger, { system, telemetry, waitMs });
  return { stores: { ...opened, ledger: awaiting }, trail };
}

type Recording = Pick<NodeStart, 'config' | 'settings' | 'telemetry'> & { readonly system: ActorSystem };

/** Resolves when the node's actors have recovered what the stores hold and the node has checked itself. */
async function ready(node: RunningNode, { node: { roles } }: Settings): Promise<void> {
  const { system, stores, seats } = node;
  if (system.find('/platform/gate')) await gateOpened(system);
  if (roles.includes('platform')) {
    await node.syncIndex();
    await recovered(system);
  }
  await checkSelf({ system, stores, seats, roles });
}

/** The cluster that the settings name; its client is not loaded where there is none. */
async function joined(
  settings: Settings,
  system: ActorSystem,
  telemetry: NodeTelemetry,
): Promise<NodeCluster | undefined> {
  if (settings.store.natsUrl === '') return undefined;
  const { NodeCluster } = await import('./cluster/node-cluster.ts');
  return NodeCluster.join({ settings, system, telemetry });
}

/** Resolves when this node's copy of a shared record is not behind. @throws unavailable */
async function filled(
  { sharedLog, ledger }: NodeStores,
  { system, telemetry, signal }: Filling,
): Promise<void> {
  if (!sharedLog) return;
  const { copyFilled } = await import('./cluster/log/copy-filled.ts');
  return copyFilled({ log: sharedLog, ledger, clock: system.clock, telemetry, signal });
}

type Filling = Pick<NodeStart, 'telemetry' | 'signal'> & { readonly system: ActorSystem };

/** The consensus that the settings name; its providers are not loaded where there is none. */
async function consensusOf(
  settings: Settings,
  { clock, random }: ActorSystem,
  services: NodeService | undefined,
): Promise<ConsensusPort | undefined> {
  const inference = services?.inference;
  if (!inference || settings.consensus.models.length === 0) return undefined;
  const { openConsensus } = await import('./inference/consensus/open-consensus.ts');
  return openConsensus({ settings, clock, random, inference });
}

/** How services run once: on a node that is alone, as they are. */
async function sharing(cluster: NodeCluster | undefined): Promise<Pick<ServiceParts, 'once' | 'isShared'>> {
  if (!cluster) return { once: (spec) => spec, isShared: false };
  const { onceIn } = await import('./cluster/once/once.ts');
  return { once: (spec, roles) => onceIn(cluster, { spec, need: { roles } }), isShared: true };
}

async function openDeciding(options: ClusterDecidingOptions): Promise<ClusterDeciding> {
  const { ClusterDeciding } = await import('./cluster/cluster-deciding.ts');
  return ClusterDeciding.open(options);
}

/** Resolves when threads have started and evaluators were used once; never rejects. */
async function warmedUp(plans: readonly SeatPlan[], { settings, clock, evaluation }: Warming): Promise<void> {
  await evaluation?.threads.started();
  if (settings.node.roles.includes('worker')) await warmUp(plans, clock);
}

interface Warming {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly evaluation: NodeEvaluation | undefined;
}

interface Branches extends Omit<NodeStart, 'signal'> {
  readonly system: ActorSystem;
  readonly stores: NodeStores;
  readonly seats: readonly SeatedPlan[];
  readonly evaluation: NodeEvaluation | undefined;
  readonly gate: NodeGate;
  readonly signIn: NodeSignIn | undefined;
  readonly devChain: ChildSpec | undefined;
  readonly services: readonly ChildSpec[];
  readonly consensus: ConsensusPort | undefined;
  readonly shared: ClusterDeciding | undefined;
}

/** Starts the branches that the node's roles name, and no others (RUN-19). */
function buildBranches(branches: Branches): { readonly outsideAgents: OutsideAgentsPort | undefined } {
  const { system, stores, seats, settings, flags, evaluation, telemetry, gate, signIn, consensus } = branches;
  const { actors, node } = settings;
  const bus = new MemoryBus({
    clock: system.clock,
    onError: (error) => telemetry?.log('error', '/system/bus', 'a handler failed', { error: String(error) }),
  });
  // Jobs of this node alone, its own keys among them: other nodes of a cluster have theirs.
  const jobs = [keyRotationJob(stores, system.clock, settings.record.keyRotationDays)];
  const journal = new MemoryJournal(system.clock);
  const scheduler: ChildSpec = {
    id: 'scheduler',
    start: (parent) => spawnScheduler(parent, { journal, jobs }),
  };
  const children = node.roles.includes('control') ? [scheduler] : [];
  if (evaluation) children.push(evaluationChild(evaluation.threads));
  children.push(telemetryChild(telemetry));
  const supervisors = spawnSupervisor(system.root, 'system', { children });
  const { notices } = branches.shared ?? {};
  const onIncident = (incident: BallotIncident): void =>
    notices ? notices.tell(incident) : noticeOf(system, incident);
  const council = node.roles.includes('worker')
    ? buildCouncil({ system, supervisors, stores, seats, actors, onIncident })
    : undefined;
  if (node.roles.includes('platform')) {
    const { devChain, services } = branches;
    const own = { gate: gate.child, signIn: signIn?.child, screen: evaluation?.screen, devChain, services };
    const { shared } = branches;
    buildPlatform({ system, stores, settings, flags, seats, bus, telemetry, consensus, shared, ...own });
  } else if (branches.config.http !== false && httpPorts(settings).length > 0) {
    spawnSupervisor(system.root, 'platform', {
      children: [gate.child, ...(signIn ? [signIn.child] : [])],
    });
  }
  return { outsideAgents: council?.outsideAgents };
}

function noticeOf(system: ActorSystem, incident: BallotIncident): void {
  const { kind, decisionId, seat, round } = incident;
  const ballot = incident.kind === 'ballot-refused' ? undefined : incident.ballot;
  const reason = incident.kind === 'ballot-refused' ? incident.reason : undefined;
  const notice: OrchestratorMessage = {
    type: 'ballot-notice',
    kind,
    decisionId,
    seat,
    round,
    ballot,
    reason,
  };
  (system.resolve('/platform/orchestrator') as ActorRef<OrchestratorMessage>).tell(notice);
}

function nodeOf(
  parts: Pick<RunningNode, 'system' | 'stores' | 'seats' | 'outsideAgents' | 'gate' | 'trail'> & {
    readonly localTenant: string;
    readonly policyMs: number;
    readonly signIn: NodeSignIn | undefined;
    readonly services: NodeService | undefined;
    readonly cluster: NodeCluster | undefined;
    readonly deciding: ClusterDeciding | undefined;
  },
): RunningNode {
  const { system, stores, seats, outsideAgents, gate, trail, signIn, services } = parts;
  const find = (path: string): ActorRef<unknown> => {
    const ref = system.find(path);
    if (ref) return ref;
    throw new WitanError('unavailable', `${path} is not running on this node`, { actor: path });
  };
  const { cluster, deciding } = parts;
  const local = createOrchestratorClient({
    orchestrator: () => find('/platform/orchestrator') as ActorRef<OrchestratorMessage>,
    review: () => find('/platform/orchestrator/review') as ActorRef<ReviewMessage>,
  });
  return {
    system,
    stores,
    seats,
    orchestrator: deciding?.orchestrator(local) ?? local,
    cluster,
    farEvents: deciding?.farEvents,
    outsideAgents,
    gate,
    trail,
    services: { ...services?.backends, ...deciding?.services },
    signIn: signIn?.signIn,
    policy: createPolicyClient(() => find('/platform/policy') as ActorRef<PolicyMessage>, parts.policyMs),
    apiKeys: createKeyClient({
      gate,
      actor: () => find('/platform/gate') as ActorRef<GateMessage>,
      clock: system.clock,
      localTenant: parts.localTenant,
    }),
    syncIndex: syncIndexOf(system, stores),
    async drain() {
      await deciding?.drain();
    },
    async close(graceMs) {
      await system.stop({ graceMs });
      await deciding?.close();
      await services?.close();
      await signIn?.close();
      await closeStores(stores);
      await cluster?.close();
    },
  };
}

/** Brings the index up to what the log holds at the call. @throws unavailable */
function syncIndexOf(system: ActorSystem, stores: NodeStores): () => Promise<void> {
  return async () => {
    // A list may lack the newest where the record has no writer: it is of this moment anyway.
    await stores.sharedLog?.caughtUp().catch(() => undefined);
    if ((await stores.index.position()) >= stores.ledger.size()) return;
    const feeder = system.find('/platform/orchestrator/index');
    if (!feeder) throw new WitanError('unavailable', 'the index is not fed on this node');
    const reply = await query(
      feeder as ActorRef<FeederMessage>,
      (replyTo: ActorRef<FeederReply>) => ({ type: 'sync' as const, replyTo }),
      { timeoutMs: RECOVERY_MS },
    );
    if (!reply.isCurrent) throw new WitanError('unavailable', 'the index does not answer');
  };
}

/** Resolves when the gate knows its keys, or has found that it cannot. */
async function gateOpened(system: ActorSystem): Promise<void> {
  await query(
    system.resolve('/platform/gate') as ActorRef<GateMessage>,
    (replyTo: ActorRef<{ readonly keyCount: number }>) => ({ type: 'refresh' as const, replyTo }),
    { timeoutMs: RECOVERY_MS, via: system },
  );
}

/** Resolves when the orchestrator has taken over what an earlier run left open. */
async function recovered(system: ActorSystem): Promise<void> {
  await query(
    system.resolve('/platform/orchestrator') as ActorRef<OrchestratorMessage>,
    (replyTo: ActorRef<{ readonly settled: number }>) => ({ type: 'sweep' as const, replyTo }),
    { timeoutMs: RECOVERY_MS, via: system },
  );
}
