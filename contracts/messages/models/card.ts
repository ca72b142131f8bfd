/** Model cards and the state of models, as people and programs read them. */
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { BasisPoints } from '../ids.ts';
import { ModelCanary, ModelRollback } from './choices.ts';
import { ModelFigure, ModelId, ModelManifestBody, ModelVersion } from './manifest.ts';

const Code = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
const Origin = z.enum(['shipped', 'built', 'operator']);
const count = z.int().min(0);

/** A figure that somebody claims. It was not measured here, and of another model than the one of the card. */
export const ClaimedFigure = z.strictObject({
  ...ModelFigure.shape,
  /** Name of the model that it is claimed of. */
  claimedOf: z.string(),
});
/** See {@link ClaimedFigure}. */
export type ClaimedFigure = z.infer<typeof ClaimedFigure>;

/** Model card: what was measured beside what is claimed, and never one in the place of the other. */
export const ModelCard = z.strictObject({
  ...ModelManifestBody.omit({ measured: true, claimed: true, format: true }).shape,
  ref: z.string(),
  origin: Origin,
  /** Key that signed it, or `pinned`. */
  vouchedBy: z.string(),
  /** One sentence for each alias: the model of that name is another one. */
  aliasNotes: z.array(z.string()),
  /** Measured on this model. */
  measured: z.array(ModelFigure),
  /** Claimed of the models that the aliases name; nobody measured them here. */
  claimed: z.array(ClaimedFigure),
});
/** See {@link ModelCard}. */
export type ModelCard = z.infer<typeof ModelCard>;

/** What the pool of a version says; absent from a view while nobody asked the model. */
export const ModelServing = z.strictObject({
  state: z.enum(['starting', 'ready', 'failed', 'draining']),
  failure: z.string().nullable(),
  provider: z.string().nullable(),
  /** What an operator should know of the device. */
  device: z.string(),
  workerCount: count,
  readyCount: count,
  queuedRows: count,
  rowsPerSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  restarts: count,
});
/** See {@link ModelServing}. */
export type ModelServing = z.infer<typeof ModelServing>;

/** One version of a model. */
export const ModelVersionView = z.strictObject({
  version: ModelVersion,
  /** Null where the manifest is refused. */
  ref: z.string().nullable(),
  origin: Origin,
  /** `known`: its manifest holds, its files were not read yet. */
  state: z.enum(['loaded', 'known', 'refused']),
  fault: z.strictObject({ code: Code, message: z.string() }).nullable(),
  serving: ModelServing.nullable(),
});
/** See {@link ModelVersionView}. */
export type ModelVersionView = z.infer<typeof ModelVersionView>;

/** How far a canary lies from the version in use, since this process knows it. */
export const CanaryView = z.strictObject({
  ...ModelCanary.shape,
  shareBp: BasisPoints,
  textCount: count,
  meanDifference: z.number(),
  /** Null: nothing was compared. */
  largestDifference: z.number().nullable(),
  /** Texts on which a model of one number falls on the other side of one half. */
  flipCount: count,
  failedCount: count,
});
/** See {@link CanaryView}. */
export type CanaryView = z.infer<typeof CanaryView>;

/** One model: its versions, which one serves, and why. */
export const ModelView = z.strictObject({
  id: ModelId,
  title: z.string().nullable(),
  aliases: z.array(z.string()),
  /** `ready`: what serves holds and works; `degraded`: something of it is refused; `down`: nothing serves. */
  health: z.enum(['ready', 'degraded', 'down']),
  /** Null: refused; `reason` says why. */
  inUse: ModelVersion.nullable(),
  chosenBy: z.enum(['choice', 'newest']),
  reason: z.string().nullable(),
  canary: CanaryView.nullable(),
  rolledBack: ModelRollback.nullable(),
  versions: z.array(ModelVersionView),
});
/** See {@link ModelView}. */
export type ModelView = z.infer<typeof ModelView>;

/** All models of a node. */
export const ModelListView = z.strictObject({ items: z.array(ModelView) });
/** See {@link ModelListView}. */
export type ModelListView = z.infer<typeof ModelListView>;

/** Health of the models of a node (EVA-17). */
export const ModelStatusView = z.strictObject({
  /** The worst of its models. */
  health: z.enum(['ready', 'degraded', 'down']),
  /** Changes of the choices so far. */
  generation: count,
  items: z.array(ModelView),
});
/** See {@link ModelStatusView}. */
export type ModelStatusView = z.infer<typeof ModelStatusView>;

/** Which model is meant. */
export const ModelNameQuery = z.strictObject({
  /** Id, `id@version` or alias. */
  name: z.string().min(1).max(200),
});
/** See {@link ModelNameQuery}. */
export type ModelNameQuery = z.infer<typeof ModelNameQuery>;

/** What a change brought. */
export const ModelChangeView = z.strictObject({
  id: ModelId,
  from: ModelVersion.nullable(),
  to: ModelVersion,
  generation: count,
});
/** See {@link ModelChangeView}. */
export type ModelChangeView = z.infer<typeof ModelChangeView>;
