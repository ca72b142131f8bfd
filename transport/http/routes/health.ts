/** Endpoints that say whether the node lives and whether it takes work (GWY-18). */
import { HealthView } from '../../../contracts/messages/decision-view.ts';
import { route } from '../route.ts';
import type { Route, RouteCall } from '../route.ts';

/** Liveness and readiness, each at two addresses. */
export const healthRoutes: readonly Route[] = [
  ...['/health', '/health/live'].map((url) => healthRoute(url, 'Answers 200 while the node lives', live)),
  ...['/ready', '/health/ready'].map((url) =>
    healthRoute(url, 'Answers 200 when the node takes decisions', ready),
  ),
];

type Call = RouteCall<unknown, unknown, unknown>;

function healthRoute(url: string, summary: string, handle: (call: Call) => HealthView): Route {
  const operationId = url.slice(1).replace(/\/(\w)/, (_, first: string) => first.toUpperCase());
  return route({
    method: 'GET',
    url,
    operation: 'health.read',
    operationId,
    summary,
    responses: { 200: HealthView, 503: HealthView },
    handle,
  });
}

function live({ backend, reply, principal }: Call): HealthView {
  const health = backend.health();
  reply.code(health.status === 'failed' || health.status === 'stopped' ? 503 : 200);
  return shown(health, principal.scopes);
}

function ready({ backend, reply, principal }: Call): HealthView {
  const health = backend.health();
  // A node whose other doors are away takes decisions through this one.
  reply.code(health.status === 'ready' || health.status === 'degraded' ? 200 : 503);
  return shown(health, principal.scopes);
}

/** Strangers learn the status and nothing of the inside. */
function shown(health: HealthView, scopes: readonly string[]): HealthView {
  return scopes.includes('operator:read') ? health : { ...health, checks: [] };
}
