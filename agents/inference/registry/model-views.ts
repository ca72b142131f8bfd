/** The registry as people and doors see it: cards, versions, health. */
import { catalogueClaims } from '../../../config/models/claimed.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type {
  CanaryView,
  ClaimedFigure,
  ModelCard,
  ModelServing,
  ModelStatusView,
  ModelVersionView,
  ModelView,
} from '../../../contracts/messages/models/card.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import { compareVersions } from './catalogue.ts';
import type { ModelEntry, ModelFault } from './catalogue.ts';
import { choiceOf } from './choice/resolve.ts';
import type { ResolvedModel } from './choice/resolve.ts';
import type { ModelRegistry } from './model-registry.ts';

type Health = ModelView['health'];

/** What pools say of versions, by `ref`. */
export type ServingByRef = ReadonlyMap<string, ModelServing>;

const WORST: readonly Health[] = ['ready', 'degraded', 'down'];

/** Card of a version. What is claimed of other models stays apart from what was measured of this one. */
export function modelCard(entry: ModelEntry): ModelCard {
  const { manifest, origin, ref } = entry;
  const { measured, claimed, format: _format, ...body } = manifest.body;
  const of = body.aliases.length === 0 ? 'another model' : body.aliases.join(', ');
  const own: ClaimedFigure[] = claimed.map((figure) => ({ ...figure, claimedOf: of }));
  const isOwn = (claim: ClaimedFigure): boolean =>
    own.some(({ metric, value }) => metric === claim.metric && value === claim.value);
  return {
    ...body,
    ref,
    origin,
    vouchedBy: manifest.keyId,
    aliasNotes: body.aliases.map((alias) => aliasNote(alias, body.id)),
    measured,
    claimed: [...own, ...catalogueClaims(body.id).filter((claim) => !isOwn(claim))],
  };
}

/** What a card says of an alias. */
export function aliasNote(alias: string, id: string): string {
  return `${alias} is another model, which is not shipped; ${id} answers in its place.`;
}

/** All models in the order of their ids. */
export function modelViews(registry: ModelRegistry, serving: ServingByRef = new Map()): ModelView[] {
  const { catalogue, faults } = registry;
  const ids = new Set([...catalogue.versions.keys(), ...faults.map(({ id }) => id)]);
  return [...ids].sort().map((id) => modelView(registry, id, serving));
}

/** Health of all models. */
export function modelStatus(registry: ModelRegistry, serving: ServingByRef = new Map()): ModelStatusView {
  const items = modelViews(registry, serving);
  const worst = Math.max(0, ...items.map(({ health }) => WORST.indexOf(health)));
  return { health: WORST[worst]!, generation: registry.choices.generation, items };
}

function modelView(registry: ModelRegistry, id: string, serving: ServingByRef): ModelView {
  const entries = registry.catalogue.versions.get(id) ?? [];
  const choice = choiceOf(registry.choices, id);
  const versions = versionViews(registry, id, serving);
  const { resolved, reason } = resolvedOf(registry, id);
  const inUse = resolved?.entry.place.version ?? null;
  const used = versions.find(({ version }) => version === inUse);
  const why = reason ?? used?.fault?.message ?? used?.serving?.failure ?? null;
  const isDown = !used || used.state === 'refused' || used.serving?.state === 'failed';
  const isDegraded = versions.some(({ state }) => state === 'refused');
  return {
    id,
    title: (resolved?.entry ?? entries[0])?.manifest.body.title ?? null,
    aliases: [...new Set(entries.flatMap(({ manifest }) => manifest.body.aliases))].sort(),
    health: isDown ? 'down' : isDegraded ? 'degraded' : 'ready',
    inUse,
    chosenBy: choice.version === null ? 'newest' : 'choice',
    reason: why,
    canary: choice.canary && canaryView(registry, id, choice.canary),
    rolledBack: choice.rolledBack,
    versions,
  };
}

function versionViews(registry: ModelRegistry, id: string, serving: ServingByRef): ModelVersionView[] {
  const isOf = (fault: ModelFault): boolean => fault.id === id;
  const refused = registry.catalogue.faults
    .filter(isOf)
    .map(({ version, origin, code, message }): ModelVersionView => ({
      version,
      ref: null,
      origin,
      state: 'refused',
      fault: { code, message },
      serving: null,
    }));
  const held = (registry.catalogue.versions.get(id) ?? []).map((entry): ModelVersionView => {
    const { version } = entry.place;
    const fault = registry.faults.find((one) => isOf(one) && one.version === version);
    return {
      version,
      ref: entry.ref,
      origin: entry.origin,
      state: registry.stateOf(entry),
      fault: fault ? { code: fault.code, message: fault.message } : null,
      serving: serving.get(entry.ref) ?? null,
    };
  });
  return [...held, ...refused].sort((a, b) => compareVersions(b.version, a.version));
}

function canaryView(
  registry: ModelRegistry,
  id: string,
  canary: NonNullable<ReturnType<typeof choiceOf>['canary']>,
): CanaryView {
  const name = versionName({ id, version: canary.version });
  const { textCount, differenceSum, largestDifference, ...counts } = registry.comparisonOf(name);
  const meanDifference = textCount === 0 ? 0 : differenceSum / textCount;
  const largest = textCount === 0 ? null : largestDifference;
  return { ...canary, ...counts, textCount, meanDifference, largestDifference: largest };
}

function resolvedOf(
  registry: ModelRegistry,
  id: string,
): { readonly resolved?: ResolvedModel; readonly reason?: string } {
  try {
    return { resolved: registry.resolve(id) };
  } catch (error) {
    if (error instanceof WitanError) return { reason: error.message };
    throw error;
  }
}
