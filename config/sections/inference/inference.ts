/** Settings of inference pools: threads, batches, lines, devices. */
import { z } from 'zod';

const modelId = z.string().regex(/^[a-z0-9]+(?:[-/][a-z0-9]+)*$/, 'the id of a model');

/** Section `inference`. */
export const inference = z.strictObject({
  devices: z
    .array(z.enum(['cpu', 'cuda', 'webgpu']))
    .min(1)
    .max(3)
    .default(['cpu'])
    .describe('Devices in the order in which models try them; the first on which a model works runs it.'),
  workerCount: z.int().min(1).max(64).default(1).describe('Threads of the pool of a model.'),
  workerCounts: z
    .record(modelId, z.int().min(1).max(64))
    .default({})
    .describe('Threads of the pools of single models by id, in place of `workerCount`.'),
  batchRowMaxCount: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Texts that run together; 1: none. More than 8 gain nothing on a processor.'),
  batchCostMax: z
    .int()
    .min(1)
    .max(16_777_216)
    .default(4_096)
    .describe('Texts of a batch times the longest of them, in tokens or characters as the model counts.'),
  gpuBatchRowMaxCount: z
    .int()
    .min(1)
    .max(4_096)
    .default(64)
    .describe('Texts that run together where a GPU runs the model; its batches may cost as much more.'),
  batchWaitMs: z
    .int()
    .min(0)
    .max(100)
    .default(1)
    .describe('Longest time that a worker which has just answered waits for as many texts as it answered.'),
  waitingTextMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(4_096)
    .describe('Texts that may wait for a model; one more is refused with the time to try again.'),
  waitingCharacterMax: z
    .int()
    .min(1_000)
    .max(1_000_000_000)
    .default(8_000_000)
    .describe('Characters of the texts that wait for a model, together.'),
  hangMs: z
    .int()
    .min(10)
    .max(3_600_000)
    .default(10_000)
    .describe('Processor time of one batch after which its thread is ended and another started.'),
  startMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(60_000)
    .describe('Longest time until a thread of a model is ready, probes of devices and warm-up included.'),
  warm: z
    .array(z.string().max(120))
    .max(100)
    .default([])
    .describe('Models whose pools start with the node; the others start when they are first asked.'),
});
