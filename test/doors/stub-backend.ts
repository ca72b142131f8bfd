/** A backend that tests drive by hand: events are published by the test, nothing happens by itself. */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionEvent, DecisionEventBody } from '../../contracts/messages/events.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import { SystemClock } from '../../runtime/kernel/system-clock.ts';
import type { IdentityPort, Principal } from '../../runtime/kernel/ports/identity.ts';
import { createHttpServer, isLoopback } from '../../transport/http/index.ts';
import type { HttpBackend, HttpServer, HttpServerOptions } from '../../transport/http/index.ts';
import { scriptedId } from './scripted-council.ts';

/** Everything that a caller on this machine may do. */
export const ALL_SCOPES = [
  'decision:submit',
  'decision:read',
  'operator:read',
  'operator:act',
  'review:resolve',
];

/** Loopback is known, everyone else is not. */
export const loopbackIdentity: IdentityPort = {
  authenticate: async ({ remoteAddress }): Promise<Principal> => {
    if (!isLoopback(remoteAddress)) throw new WitanError('unauthenticated', 'the caller is not known');
    return { id: 'local', tenant: 'local', scopes: ALL_SCOPES };
  },
};

/** Backend of hand-driven decisions. */
export class StubBackend implements HttpBackend {
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

  submit: HttpBackend['submit'] = async (request) => {
    this.submitted.push(request);
    const decisionId = scriptedId(this.submitted.length);
    return { decisionId, verdict: this.decide(decisionId) };
  };

  readDecision: HttpBackend['readDecision'] = async (decisionId) => {
    const view = this.views.get(decisionId);
    if (!view) throw new WitanError('not_found', 'there is no such decision', { path: 'decisionId' });
    return view;
  };

  listDecisions: HttpBackend['listDecisions'] = async ({ limit, cursor }) => {
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

  follow: HttpBackend['follow'] = async (decisionId, { afterSequence, follower }) => {
    if (this.events.history(decisionId).length > 0)
      return this.events.subscribe(decisionId, afterSequence, follower);
    follower.onSnapshot(await this.readDecision(decisionId, { id: '', tenant: '', scopes: [] }));
    follower.onEnd();
    return () => undefined;
  };

  followAll: HttpBackend['followAll'] = (_principal, subscriber) => this.events.subscribeAll(subscriber);

  proof: HttpBackend['proof'] = async () => {
    throw new WitanError('not_found', 'there is no proof here');
  };

  agents: HttpBackend['agents'] = async () => [];
  agentActivity: HttpBackend['agentActivity'] = async () => ({ items: [], nextCursor: null });
  tree: HttpBackend['tree'] = async () => [];

  command: HttpBackend['command'] = async (path, command) => {
    this.commands.push(`${command} ${path}`);
  };

  reviewQueue: HttpBackend['reviewQueue'] = async () => ({ items: [], nextCursor: null });

  resolve: HttpBackend['resolve'] = async () => {
    throw new WitanError('conflict', 'the decision is not held');
  };

  health: HttpBackend['health'] = () => ({
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
): Promise<{ backend: StubBackend; door: HttpServer; url: string; port: number }> {
  const backend = new StubBackend();
  const door = createHttpServer({ backend, identity: loopbackIdentity, version: '0', ...options });
  const { url, port } = await door.listen({ host: '127.0.0.1', port: 0 });
  return { backend, door, url, port };
}
