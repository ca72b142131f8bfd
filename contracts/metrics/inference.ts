/** Pools of models. */
import { ERROR_CODES } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { MetricInfo } from './metric-info.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
const FED = { producer: 'inference pools', onlyWhenFed: true } as const;

/** Metrics by their keys. */
export const INFERENCE_METRICS = {
  inference_ms: {
    name: 'witan_inference_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of one batch in the runner of a model.',
    labels: { model: 'open' },
    buckets: [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    ...FED,
  },
  inference_rows: {
    name: 'witan_inference_texts_total',
    type: 'counter',
    unit: 'count',
    help: 'Texts that a model has run.',
    labels: { model: 'open' },
    ...FED,
  },
  inference_batch_rows: {
    name: 'witan_inference_batch_texts',
    type: 'histogram',
    unit: 'count',
    help: 'Texts of one batch.',
    labels: { model: 'open' },
    buckets: [1, 2, 4, 8, 16, 32, 64],
    ...FED,
  },
  inference_queue: {
    name: 'witan_inference_queue',
    type: 'gauge',
    unit: 'count',
    help: 'Texts that waited for a model when its latest batch was answered.',
    labels: { model: 'open' },
    ...FED,
  },
  inference_refusals: {
    name: 'witan_inference_refusals_total',
    type: 'counter',
    unit: 'count',
    help: 'Requests that the pool of a model refused.',
    labels: { model: 'open', code: CODES },
    ...FED,
  },
  inference_worker_ends: {
    name: 'witan_inference_worker_ends_total',
    type: 'counter',
    unit: 'count',
    help: 'Threads of a model that ended before they were stopped.',
    labels: { model: 'open', code: CODES },
    ...FED,
  },
} as const satisfies Record<string, MetricInfo>;
