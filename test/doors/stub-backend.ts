/** A backend that tests drive by hand: events are published by the test, nothing happens by itself. */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionEvent, DecisionEventBody } from '../../contracts/messages/events.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import { SystemClock } from '../../runtime/kernel/system-clock.ts';
import type { OutsideAgentsPort } from '../../runtime/kernel/ports/decision/outside-agents.ts';
import type { GateCall, GatePort, RateStatus } from '../../runtime/kernel/ports/admission/gate.ts';
import { OPERATIONS, SCOPES } from '../../contracts/operations.ts';
import { isLoopback } from '../../config/network.ts';
import { createHttpServer } from '../../transport/http/index.ts';
import type { DoorBackend, HttpServer, HttpServerOptions } from '../../transport/http/index.ts';
import { PassEnds } from './pass-ends.ts';
import { scriptedId } from './scripted-council.ts';

/** Everything that a caller on this machine may do. */
export const ALL_SCOPES: readonly string[] = SCOPES;

/** What the test gate saw and what it is to say. */
export interface TestGate extends GatePort {
  /** Calls that were let in and not released yet. */
  readonly open: () => number;
  readonly calls: GateCall[];
  readonly ends: PassEnds;
  /** Rate of the next passes. */
  rate: RateStatus | null;
}

/** Gate that knows loopback and no one else; what needs no scope is served to everyone. */
export function loopbackGate(): TestGate {
  let openCount = 0;
  const gate: TestGate = {
    rate: null,
    ends: new PassEnds(),
    calls: [],
    open: () => openCount,
    admit(call) {
      gate.calls.push(call);
      const isKnown = isLoopback(call.credentials.remoteAddress);
      if (!isKnown && OPERATIONS[call.operation].scope !== null)
        throw new WitanError('unauthenticated', 'the caller is not known');
      openCount += 1;
      const id = isKnown ? 'local' : 'anonymous';
      return {
        principal: { id, tenant: 'local', scopes: isKnown ? ALL_SCOPES : [] },
        rate: gate.rate,
        ...gate.ends.pass(() => (openCount -= 1)),
      };
    },
  };
  return gate;
}

/** Backend of hand-driven decisions. */
export class StubBackend implements DoorBackend {
  readonly events = new MemoryDecisionEvents({ clock: new SystemClock() });
  readonly submitted: { type: string; idempotencyKey?: string | undefined }[] = [];
  readonly views = new Map<DecisionId, DecisionView>();
  readonly commands: string[] = [];
  status: 'ready' | 'draining' = 'ready';
  /** Runs at each submission; resolves with the verdict. */
  decide: (decisionId: DecisionId) => Promise<Verdict> = () => new Promise(() => undefined);

  publish(decisionId: DecisionId, ...bodies: DecisionEventBody[]): DecisionEvent[] {
    return bodies.map((body) => this.events.publish(decisionId, body));
  }

  submit: DoorBackend['submit'] = async (request) => {
    this.submitted.push(request);
    const decisionId = scriptedId(this.submitted.length);
    return { decisionId, verdict: this.decide(decisionId) };
  };

  metrics: DoorBackend['metrics'] = async () => ({ contentType: 'text/plain', text: 'witan_info 1\n' });

  readDecision: DoorBackend['readDecision'] = async (decisionId) => {
    const view = this.views.get(decisionId);
    if (!view) throw new WitanError('not_found', 'there is no such decision', { path: 'decisionId' });
    return view;
  };

  listDecisions: DoorBackend['listDecisions'] = async ({ limit, cursor }) => {
    const all = [...this.views.values()].map((view) => ({
      decisionId: view.decisionId,
      type: view.type,
      openedAt: view.openedAt,
      outcome: view.verdict?.body.outcome ?? null,
      heldReason: null,
      decidedBy: null,
      risk: null,
      valueBp: view.verdict?.body.tally?.valueBp ?? null,
      resolved: false,
    }));
    const from = Number(cursor ?? 0);
    const items = all.slice(from, from + limit);
    return { items, nextCursor: from + limit < all.length ? String(from + limit) : null };
  };

  follow: DoorBackend['follow'] = async (decisionId, { afterSequence, follower }) => {
    if (this.events.history(decisionId).length > 0)
      return this.events.subscribe(decisionId, afterSequence, follower);
    follower.onSnapshot(await this.readDecision(decisionId, { id: '', tenant: '', scopes: [] }));
    follower.onEnd();
    return () => undefined;
  };

  followAll: DoorBackend['followAll'] = (_principal, subscriber) => this.events.subscribeAll(subscriber);

  proof: DoorBackend['proof'] = async () => {
    throw new WitanError('not_found', 'there is no proof here');
  };

  agents: DoorBackend['agents'] = async () => [];
  agentActivity: DoorBackend['agentActivity'] = async () => ({ items: [], nextCursor: null });
  tree: DoorBackend['tree'] = async () => [];
  watchTree: DoorBackend['watchTree'] = () => () => undefined;
  deadLetters: DoorBackend['deadLetters'] = async () => [];
  verify: DoorBackend['verify'] = async () => ({ verified: true, detail: 'stub' });
  diagnose: DoorBackend['diagnose'] = async (path, message) => ({ path, message });
  readonly outsideAgents: OutsideAgentsPort = {
    isServing: () => false,
    register: async () => {
      throw new WitanError('not_supported', 'this backend takes no outside agents');
    },
  };

  actor: DoorBackend['actor'] = async (path) => {
    throw new WitanError('not_found', `there is no actor at ${path}`, { path: 'path' });
  };

  command: DoorBackend['command'] = async (path, command) => {
    this.commands.push(`${command} ${path}`);
  };

  reviewQueue: DoorBackend['reviewQueue'] = async () => ({ items: [], nextCursor: null });

  resolve: DoorBackend['resolve'] = async () => {
    throw new WitanError('conflict', 'the decision is not held');
  };

  readonly keys: DoorBackend['keys'] = {
    list: async () => [],
    create: () => Promise.reject(new WitanError('not_supported', 'this backend keeps no keys')),
    rotate: () => Promise.reject(new WitanError('not_found', 'there is no such key')),
    revoke: () => Promise.reject(new WitanError('not_found', 'there is no such key')),
    bootstrap: () => Promise.reject(new WitanError('conflict', 'there is an administrator')),
  };

  readonly services: DoorBackend['services'] = {};
  readonly engines: DoorBackend['engines'] = {
    evaluatePolicy: () => Promise.reject(new WitanError('not_supported', 'this backend has no policy')),
    appendEvent: () => Promise.reject(new WitanError('not_supported', 'this backend keeps no record')),
  };

  health: DoorBackend['health'] = () => ({
    status: this.status,
    node: 'stub',
    version: '0',
    uptimeMs: 1,
    checks: [],
  });
}

/** A door on a free loopback port with a stub behind it. */
export async function openStubDoor(
  options: Partial<HttpServerOptions> = {},
): Promise<{ backend: StubBackend; gate: TestGate; door: HttpServer; url: string; port: number }> {
  const backend = new StubBackend();
  const gate = loopbackGate();
  const door = createHttpServer({ backend, gate, version: '0', ...options });
  const { url, port } = await door.listen({ host: '127.0.0.1', port: 0 });
  return { backend, gate, door, url, port };
}
