/** Life of a node: starts once, stops once, whatever the order and number of calls. */
import type { FeatureFlags } from '../../config/feature-flags.ts';
import type { EffectiveSetting } from '../../config/loader.ts';
import type { Settings } from '../../config/schema.ts';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { DecisionView, HealthView } from '../../contracts/messages/decision-view.ts';
import { FinalPayload } from '../../contracts/messages/final.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { OpenedPayload } from '../../contracts/messages/session.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { parseDecisionRequest } from '../../contracts/parse-message.ts';
import type { OperatorCommand } from '../../transport/http/index.ts';
import { freezeDeep } from '../kernel/frozen.ts';
import { query } from '../kernel/index.ts';
import type { ActorRef } from '../kernel/index.ts';
import type { DecisionSubscriber } from '../kernel/ports/decision/decision-events.ts';
import type { OutsideAgentsPort } from '../kernel/ports/decision/outside-agents.ts';
import type { KeyInfo } from '../kernel/ports/keys.ts';
import type { Principal } from '../kernel/ports/identity.ts';
import type { NodeTelemetry } from '../telemetry/node-telemetry.ts';
import { removeNodeFile, writeKeyFile, writeNodeFile } from './record/data-folder.ts';
import type { DataFolder } from './record/data-folder.ts';
import { readRecorded } from './record/decision-view.ts';
import type { AcceptedDecision, CallOptions, Host, HostConfig, HostInspection, HostStatus } from './host.ts';
import { NodeBackend } from './door/node-backend.ts';
import { followAllNodes, followOne } from './door/following/follow-decision.ts';
import { openDoors } from './door/open-doors.ts';
import type { Doors } from './door/open-doors.ts';
import { pinnedKeyOf } from './record/open-stores.ts';
import { revokeKey, rotateKey } from './record/rotate-keys.ts';
import { PACKAGE_VERSION } from './package-info.ts';
import { openTelemetry } from './telemetry/open-telemetry.ts';
import { startNode } from './running-node.ts';
import type { RunningNode } from './running-node.ts';
import type { DecisionVerification } from './record/verify-decision.ts';
import { verifyDecisionProof } from './record/verify-offline.ts';

/** What a host is made from. */
export interface NodeHostParts {
  readonly config: HostConfig;
  readonly settings: Settings;
  readonly effectiveSettings: readonly EffectiveSetting[];
  readonly flags: FeatureFlags;
}

/** The embedding program itself, where it reads what operators read. */
/** Age of a health view that doors may give once more, ms. */
const HEALTH_MAX_AGE_MS = 25;
const INSIDE: Principal = { id: 'host', tenant: 'local', scopes: ['operator:read'] };

/** See {@link Host}. */
export class NodeHost implements Host {
  readonly settings: Settings;
  readonly effectiveSettings: readonly EffectiveSetting[];
  readonly flags: FeatureFlags;
  readonly #config: HostConfig;
  readonly #abort = new AbortController();
  #status: HostStatus = 'created';
  #healthMade: { readonly view: HealthView; readonly of: string; readonly atMs: number } | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #node: RunningNode | undefined;
  #backend: NodeBackend | undefined;
  #doors: Doors | undefined;
  #address: Host['address'] = null;
  #grpcAddress: Host['grpcAddress'] = null;
  #openCount = 0;
  #onIdle: (() => void) | undefined;
  #failure: WitanError | undefined;
  #telemetry: NodeTelemetry | undefined;
  #startedMs = 0;

  constructor({ config, settings, effectiveSettings, flags }: NodeHostParts) {
    this.#config = config;
    this.settings = settings;
    this.effectiveSettings = effectiveSettings;
    this.flags = flags;
  }

  get name(): string {
    return this.settings.node.name;
  }

  get status(): HostStatus {
    return this.#status;
  }

  get address(): Host['address'] {
    return this.#address;
  }

  get grpcAddress(): Host['grpcAddress'] {
    return this.#grpcAddress;
  }

  readonly inspect: HostInspection = {
    tree: (pathPrefix) => this.#running().system.inspect(pathPrefix),
    deadLetters: () => this.#running().system.deadLetters(),
    health: () => this.#health(),
    metrics: async () => (await this.#ready().metrics(INSIDE)).text,
    watchTree: (onEvent) => {
      const subscription = this.#running().system.subscribe(onEvent);
      return () => subscription.close();
    },
  };

  start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#stopping)
      return Promise.reject(new WitanError('stopped', 'the node was stopped; make a new one'));
    if (this.#starting) return this.#starting;
    this.#status = 'starting';
    const onAbort = (): void => void this.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#abort.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort), {
      once: true,
    });
    this.#starting = this.#start();
    if (signal?.aborted) onAbort();
    return this.#starting;
  }

  async #start(): Promise<void> {
    try {
      this.#telemetry = await openTelemetry(this.settings, this.#config.telemetry);
      const node = await startNode({
        config: this.#config,
        telemetry: this.#telemetry,
        settings: this.settings,
        flags: this.flags,
        signal: this.#abort.signal,
      });
      this.#node = node;
      this.#startedMs = node.system.clock.monotonicMs();
      this.#backend = this.#makeBackend(node);
      if (this.#config.http !== false) await this.#open(this.#backend);
      const { folder } = node.stores;
      if (folder) {
        await node.stores.recordedKeys?.refresh();
        node.stores.recordedKeys?.onChange(() => this.#rewriteKeyFile(folder));
        await writeKeyFile(folder, this.pinnedKey());
        await writeNodeFile(folder, { name: this.name, url: this.#address?.url ?? null });
      }
      this.#abort.signal.throwIfAborted();
      this.#status = 'ready';
    } catch (error) {
      await this.#release(0);
      this.#failure = this.#abort.signal.aborted
        ? new WitanError('cancelled', 'the start was given up', {}, error)
        : toWitanError(error);
      this.#status = this.#abort.signal.aborted ? 'stopped' : 'failed';
      throw this.#failure;
    }
  }

  /** Another node joined those that may sign heads of the log. */
  #rewriteKeyFile(folder: DataFolder): void {
    if (!this.#node) return;
    writeKeyFile(folder, this.pinnedKey()).catch((error: unknown) =>
      this.#telemetry?.log('error', '/system/store', 'the key file was not written', {
        error: String(error),
      }),
    );
  }

  #makeBackend(node: RunningNode): NodeBackend {
    const { system, stores, seats, orchestrator, outsideAgents, signIn, syncIndex } = node;
    const { apiKeys, policy, services } = node;
    const { ledger, reading, index, events, subjectKeys } = stores;
    return new NodeBackend({
      system,
      clock: system.clock,
      ledger,
      reading,
      subjectKeys,
      index,
      events,
      farEvents: node.farEvents,
      orchestrator,
      syncIndex,
      plans: seats.map(({ plan }) => plan),
      roster: seats.map(({ entry }) => entry),
      outsideAgents: outsideAgents ?? NO_OUTSIDE_AGENTS,
      keys: apiKeys,
      policy,
      services,
      signIn,
      metrics: this.#telemetry?.metrics,
      pinnedKey: () => this.pinnedKey(),
      health: () => this.#recentHealth(),
    });
  }

  async #open(backend: NodeBackend): Promise<void> {
    this.#doors = await openDoors({
      // A draining node still answers readers, and refuses new decisions.
      backend: Object.assign(Object.create(backend) as NodeBackend, { submit: this.#submitAtDoor }),
      gate: this.#running().gate,
      onRequest: (request) => this.#node?.trail.answered(request),
      settings: this.settings,
      telemetry: this.#telemetry!,
    });
    this.#address = this.#doors.http;
    this.#grpcAddress = this.#doors.grpc;
  }

  #submitAtDoor: NodeBackend['submit'] = (request, { principal, signal, traceparent }) =>
    this.accept(request, { principal, traceparent, ...(signal && { signal }) });

  stop({ graceMs = this.settings.http.drainMs }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.#status === 'created') {
      this.#status = 'stopped';
      return;
    }
    if (this.#status === 'ready') this.#status = 'draining';
    this.#abort.abort();
    // A start that is given up cleans up after itself; its error is its caller's.
    await this.#starting?.catch(() => undefined);
    if (this.#status !== 'draining') return;
    // Other nodes decide what comes from now on; what is under way here ends here.
    await this.#withTime(graceMs, this.#running().drain());
    await this.#drained(graceMs);
    await this.#release(graceMs);
    this.#status = 'stopped';
  }

  /** Resolves when `work` has ended, or the time is over. */
  async #withTime(graceMs: number, work: Promise<void>): Promise<void> {
    let over = (): void => undefined;
    const timer = this.#running().system.clock.setTimer(graceMs, () => over());
    const late = new Promise<void>((resolve) => (over = resolve));
    await Promise.race([work.catch(() => undefined), late]);
    timer.cancel();
  }

  /** Resolves when no accepted decision is open, or the time is over. */
  #drained(graceMs: number): Promise<void> {
    if (this.#openCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#running().system.clock.setTimer(graceMs, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #release(graceMs: number): Promise<void> {
    const node = this.#node;
    await this.#doors?.close(Math.min(graceMs, 2_000));
    this.#address = null;
    this.#grpcAddress = null;
    if (node?.stores.folder) await removeNodeFile(node.stores.folder).catch(() => undefined);
    await node?.close(Math.max(100, Math.min(graceMs, 5_000)));
    await this.#telemetry?.close();
    this.#node = undefined;
  }

  async submit(request: unknown, options: CallOptions = {}): Promise<Verdict> {
    const { verdict } = await this.accept(request, options);
    return withSignal(verdict, options.signal);
  }

  async accept(request: unknown, options: CallOptions = {}): Promise<AcceptedDecision> {
    if (this.#status !== 'ready') {
      throw new WitanError('unavailable', `the node is ${this.#status}`, {
        expected: 'a node that is ready',
      });
    }
    if (options.signal?.aborted) throw gaveUp(options.signal);
    const principal = await this.#principal(options);
    const parsed = parseDecisionRequest(request);
    const takeBack = this.#running().gate.permitDecision(principal, parsed);
    this.#openCount += 1;
    try {
      const { signal, traceparent } = options;
      const submission = await this.#ready().submit(parsed, { principal, signal, traceparent });
      // Whoever asks again with the same key is not charged again.
      if (submission.joined === true) takeBack();
      void submission.verdict.catch(() => undefined).then(() => this.#ended());
      return submission;
    } catch (error) {
      takeBack();
      this.#ended();
      throw error;
    }
  }

  #ended(): void {
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#onIdle?.();
  }

  tell(path: string, message: unknown): void {
    this.#running().system.resolve(path).tell(message);
  }

  async ask(
    path: string,
    message: object,
    {
      timeoutMs = this.settings.deadlines.askMs,
      signal,
    }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { system } = this.#running();
    const ref = system.resolve(path);
    return query(ref, (replyTo: ActorRef<unknown>) => ({ ...message, replyTo }), {
      timeoutMs,
      signal,
      via: system,
    });
  }

  async command(path: string, command: OperatorCommand, options: CallOptions = {}): Promise<void> {
    await this.#ready().command(path, command, await this.#principal(options));
  }

  subscribe(
    subscriber: DecisionSubscriber,
    of?: { readonly decisionId: DecisionId; readonly afterSequence?: number },
  ): () => void {
    const { stores, farEvents } = this.#running();
    const { events } = stores;
    if (of) return followOne({ afterSequence: 0, ...of }, subscriber, { events, farEvents });
    return followAllNodes(events, farEvents, subscriber);
  }

  async readDecision(decisionId: DecisionId, options: CallOptions = {}): Promise<DecisionView> {
    return this.#ready().readDecision(decisionId, await this.#principal(options));
  }

  async recorded(
    decisionId: DecisionId,
    options: CallOptions = {},
  ): Promise<{ readonly opened: OpenedPayload; readonly final: FinalPayload }> {
    const { reading } = this.#running().stores;
    const { opened, final } = await readRecorded(
      reading,
      decisionId,
      (await this.#principal(options)).tenant,
    );
    if (!final) throw new WitanError('not_found', `the decision ${decisionId} is still open`, { decisionId });
    return { opened: OpenedPayload.parse(opened.payload), final: FinalPayload.parse(final.payload) };
  }

  async proof(decisionId: DecisionId, options: CallOptions = {}): Promise<DecisionProof> {
    return this.#ready().proof(decisionId, await this.#principal(options));
  }

  async verify(decisionId: DecisionId, options: CallOptions = {}): Promise<DecisionVerification> {
    return verifyDecisionProof(await this.proof(decisionId, options), this.pinnedKey());
  }

  keys(): readonly KeyInfo[] {
    return this.#running().stores.keys.list();
  }

  async rotateKey(purpose: string, reason: string): Promise<KeyInfo> {
    return rotateKey(this.#running().stores, purpose, reason);
  }

  async revokeKey(keyId: string, reason: string): Promise<KeyInfo> {
    return revokeKey(this.#running().stores, keyId, reason);
  }

  pinnedKey(): PinnedKey {
    return pinnedKeyOf(this.#running().stores);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #principal({ principal }: CallOptions): Promise<Principal> {
    return principal ?? this.#running().gate.embedder();
  }

  #running(): RunningNode {
    if (this.#node) return this.#node;
    throw new WitanError('unavailable', `the node is ${this.#status}`, {
      expected: 'a node that is running',
    });
  }

  #ready(): NodeBackend {
    this.#running();
    return this.#backend!;
  }

  /**
   * For doors: an answer may serve all who ask within a moment, so that asking often costs the node next to
   * nothing. A change of the node's own status and of its doors shows at once.
   */
  #recentHealth(): HealthView {
    const nowMs = this.#node?.system.clock.monotonicMs() ?? 0;
    const known = this.#healthMade;
    let of: string = this.#status;
    for (const { ok: isOpen } of this.#doors?.health() ?? []) of += isOpen ? '+' : '-';
    if (known && known.of === of && nowMs - known.atMs < HEALTH_MAX_AGE_MS) return known.view;
    // A copy: its parts belong to those who say how they are.
    const view = freezeDeep(structuredClone(this.#health()));
    this.#healthMade = { view, of, atMs: nowMs };
    return view;
  }

  #health(): HealthView {
    const own = this.#status === 'created' ? 'stopped' : this.#status;
    const doors = this.#doors?.health() ?? [];
    const node = this.#node;
    const cluster = node?.cluster ? [node.cluster.health()] : [];
    const isWell = [...doors, ...cluster].every(({ ok }) => ok);
    const status = own === 'ready' && !isWell ? 'degraded' : own;
    const uptimeMs = node ? node.system.clock.monotonicMs() - this.#startedMs : 0;
    const checks = node
      ? [
          {
            name: 'record',
            ok: true,
            detail: `${node.stores.ledger.size()} entries in ${node.stores.ledger.logId}`,
          },
          node.stores.indexHealth(),
          ...(node.services.log?.health() ?? []),
          { name: 'council', ...seatsAlive(node) },
          { name: 'open', ok: true, detail: `${this.#openCount} open decisions` },
          ...cluster,
          ...doors,
        ]
      : [{ name: 'node', ok: false, detail: this.#failure?.message ?? 'not running' }];
    return { status, node: this.name, version: PACKAGE_VERSION, uptimeMs, checks };
  }
}

/** Of a node that takes none. */
const NO_OUTSIDE_AGENTS: OutsideAgentsPort = {
  isServing: () => false,
  register: () => Promise.reject(new WitanError('not_supported', 'this node takes no outside agents')),
};

function seatsAlive({ system, seats }: RunningNode): { ok: boolean; detail: string } {
  const missing = seats
    .filter(({ plan }) => !system.find(`/council/${plan.seat}`))
    .map(({ plan }) => plan.seat);
  return {
    ok: missing.length === 0,
    detail: missing.length === 0 ? `${seats.length} seats` : `missing: ${missing.join(', ')}`,
  };
}

function gaveUp({ reason }: AbortSignal): WitanError {
  return reason instanceof WitanError ? reason : new WitanError('cancelled', 'the caller gave up');
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new WitanError('cancelled', 'the caller gave up waiting; the decision goes on'));
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
