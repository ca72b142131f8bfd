/** Metrics of the node for Prometheus (OBS-01). */
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** The one address that scrapers ask by custom. */
export const metricsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/metrics',
    operation: 'metrics.read',
    operationId: 'readMetrics',
    summary: 'Gives the metrics of the node in the text format of Prometheus',
    responses: { 200: 'text' },
    async handle({ backend, principal, reply }) {
      const { contentType, text } = await backend.metrics(principal);
      reply.give(text, contentType);
      return undefined;
    },
  }),
];
