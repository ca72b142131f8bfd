/** What an operator chose for each model, as a node keeps it. */
import { z } from 'zod';
import { BasisPoints } from '../ids.ts';
import { ModelId, ModelVersion } from './manifest.ts';

/** A version that gets a share of the requests of another, and is compared with it. */
export const ModelCanary = z.strictObject({
  version: ModelVersion,
  /** Share of requests. */
  shareBp: BasisPoints.min(1),
  /** ISO 8601. */
  since: z.string().max(40),
});
/** See {@link ModelCanary}. */
export type ModelCanary = z.infer<typeof ModelCanary>;

/** A way back that was taken. */
export const ModelRollback = z.strictObject({
  /** Null: what would have served was refused or gone. */
  from: ModelVersion.nullable(),
  /** What serves since then. */
  to: ModelVersion,
  why: z.string().max(500),
  /** `node`: the bounds of the settings did it; else the id of who asked. */
  by: z.string().max(200),
  at: z.string().max(40),
});
/** See {@link ModelRollback}. */
export type ModelRollback = z.infer<typeof ModelRollback>;

/** Choice for one model. */
export const ModelChoice = z.strictObject({
  /** Null: the newest. */
  version: ModelVersion.nullable(),
  /** What served before; a rollback goes there. Null: the next older. */
  former: ModelVersion.nullable(),
  canary: ModelCanary.nullable(),
  /** The last one. */
  rolledBack: ModelRollback.nullable(),
});
/** See {@link ModelChoice}. */
export type ModelChoice = z.infer<typeof ModelChoice>;

/** All choices of a node. */
export const ModelChoices = z.strictObject({
  format: z.literal('witan-model-choices/1'),
  /** Grows by one with each change. */
  generation: z.int().min(0),
  models: z.record(ModelId, ModelChoice),
});
/** See {@link ModelChoices}. */
export type ModelChoices = z.infer<typeof ModelChoices>;

/** A change that an operator asks for. */
export const ModelChangeRequest = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('use'),
    /** Id or alias. */
    model: z.string().min(1).max(200),
    /** Null: the newest from now on. */
    version: ModelVersion.nullable(),
  }),
  z.strictObject({
    change: z.literal('canary'),
    model: z.string().min(1).max(200),
    /** Null: end it. */
    version: ModelVersion.nullable(),
    shareBp: BasisPoints.min(1).default(500),
  }),
  z.strictObject({
    change: z.literal('rollback'),
    model: z.string().min(1).max(200),
    why: z.string().min(1).max(500).default('asked for'),
  }),
]);
/** See {@link ModelChangeRequest}. */
export type ModelChangeRequest = z.output<typeof ModelChangeRequest>;
