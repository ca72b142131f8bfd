/** The gate and what passes through it. */
import { ERROR_CODES } from '../errors.ts';
import { OPERATIONS } from '../operations.ts';
import { FAST_S, TINY_S, NO_LABELS } from './metric-info.ts';
import type { MetricInfo } from './metric-info.ts';

const CODES = Object.keys(ERROR_CODES);
const OPERATION_NAMES = Object.keys(OPERATIONS);
const STREAMS = Object.entries(OPERATIONS)
  .filter(([, { kind }]) => kind === 'stream')
  .map(([name]) => name);

/** The gate and what passes through it. */
export const GATE_METRICS = {
  gate_calls: {
    name: 'witan_gate_calls_total',
    type: 'counter',
    unit: 'count',
    help: 'Calls at the gate.',
    labels: { operation: OPERATION_NAMES, result: ['admitted', 'denied'] },
    producer: 'gate',
  },
  gate_denials: {
    name: 'witan_gate_denials_total',
    type: 'counter',
    unit: 'count',
    help: 'Calls that the gate refused, by error code.',
    labels: { code: CODES },
    producer: 'gate',
  },
  gate_time: {
    name: 'witan_gate_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time that the gate took to decide on a call.',
    labels: NO_LABELS,
    buckets: TINY_S,
    producer: 'gate',
  },
  request_time: {
    name: 'witan_request_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the admission of a call to its end, streams left out.',
    labels: { operation: OPERATION_NAMES },
    buckets: FAST_S,
    producer: 'gate',
    onlyWhenFed: true,
  },
  rate_use: {
    name: 'witan_rate_limit_used_ratio',
    type: 'histogram',
    unit: 'ratio',
    help: 'Used share of the rate limit nearest to its end, at each admitted call.',
    labels: NO_LABELS,
    buckets: [0.1, 0.25, 0.5, 0.75, 0.9, 1],
    producer: 'gate',
  },
  nats_connected: {
    name: 'witan_nats_connected',
    type: 'gauge',
    unit: 'count',
    help: 'Whether the NATS door reaches its server: 1, or 0 while it does not.',
    labels: NO_LABELS,
    producer: 'NATS door',
    onlyWhenFed: true,
  },
  open_streams: {
    name: 'witan_open_streams',
    type: 'gauge',
    unit: 'count',
    help: 'Streams that are open.',
    labels: { operation: STREAMS },
    producer: 'gate',
  },
} as const satisfies Record<string, MetricInfo>;
