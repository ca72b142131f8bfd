/** Metrics that the catalogue names (OBS-02 to OBS-06). */
import type { MetricInfo } from './metric-info.ts';

const LONG_S = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Metrics that the catalogue names (OBS-02 to OBS-06). */
export const CATALOGUE_METRICS = {
  api_requests: {
    name: 'api_requests_total',
    type: 'counter',
    unit: 'count',
    help:
      'Requests at the HTTP and NATS doors by route pattern or subject, method (NATS: that door) and HTTP ' +
      'status; never a URL.',
    labels: {
      endpoint: 'open',
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'NATS'],
      status: 'open',
    },
    producer: 'HTTP and NATS doors',
    onlyWhenFed: true,
  },
  http_requests: {
    name: 'http_requests_total',
    type: 'counter',
    unit: 'count',
    help: 'Requests at the HTTP door by status.',
    labels: { status: 'open' },
    seriesMaxCount: 100,
    producer: 'HTTP door',
    onlyWhenFed: true,
  },
  test_execution: {
    name: 'test_execution_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Duration of one test of a model.',
    labels: { model: 'open', test_category: 'open' },
    buckets: LONG_S,
    producer: 'test runner',
    onlyWhenFed: true,
  },
  evaluation_errors: {
    name: 'model_evaluation_errors_total',
    type: 'counter',
    unit: 'count',
    help: 'Evaluations that brought no ballot, by the seat that was asked and the reason.',
    labels: { evaluator: 'open', error_type: 'open' },
    producer: 'council sessions; evaluators of the test runner',
    onlyWhenFed: true,
  },
  web_sockets: {
    name: 'active_websocket_connections',
    type: 'gauge',
    unit: 'count',
    help: 'WebSocket connections that are open.',
    labels: { service: 'open' },
    producer: 'WebSocket door',
    onlyWhenFed: true,
  },
  evaluation_accuracy: {
    name: 'model_evaluation_accuracy',
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of labelled rows that an evaluator judged right, of its last measurement.',
    labels: { evaluator: 'open' },
    producer: 'measurement of evaluators on labelled sets',
    onlyWhenFed: true,
  },
} as const satisfies Record<string, MetricInfo>;
