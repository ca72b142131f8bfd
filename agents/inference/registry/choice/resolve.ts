/** Which version answers: pure, from the catalogue, the choices and the id of the request. */
import { hash } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ModelChoice, ModelChoices } from '../../../../contracts/messages/models/choices.ts';
import { compareVersions, faultError } from '../catalogue.ts';
import type { ModelCatalogue, ModelEntry } from '../catalogue.ts';

/** Why this version. */
export type ResolvedBy = 'name' | 'choice' | 'newest';

/** What a name stands for now. */
export interface ResolvedModel {
  readonly entry: ModelEntry;
  readonly by: ResolvedBy;
  /** The other version and its share; absent where the name says a version, and where there is none. */
  readonly canary?: { readonly entry: ModelEntry; readonly shareBp: number };
}

/** Which version answers one request. */
export interface PickedModel {
  readonly entry: ModelEntry;
  /** The version in use, where the canary answers: it is asked too, and compared. */
  readonly compareWith?: ModelEntry;
}

const WHOLE_BP = 10_000;
const NO_CHOICE: ModelChoice = { version: null, former: null, canary: null, rolledBack: null };

/** Choice for a model; without one, its newest version serves. */
export function choiceOf(choices: ModelChoices, id: string): ModelChoice {
  return Object.hasOwn(choices.models, id) ? choices.models[id]! : NO_CHOICE;
}

/**
 * Id that an id or alias means. An id is never taken by somebody's alias.
 * @throws not_found, config_invalid for an alias that several models claim
 */
export function idOf(catalogue: ModelCatalogue, name: string): string {
  if (catalogue.versions.has(name) || catalogue.faults.some(({ id }) => id === name)) return name;
  const ids = catalogue.aliases.get(name) ?? [];
  if (ids.length === 1) return ids[0]!;
  if (ids.length > 1)
    throw new WitanError('config_invalid', `the alias ${name} is claimed by ${ids.join(' and ')}`, {
      path: 'model',
      expected: 'an id, or an alias of one model',
      model: name,
    });
  throw missing(name, 'an id, id@version or alias that `witan models list` shows');
}

/**
 * What a name (`id`, `id@version`, alias, `alias@version`) stands for.
 *
 * A version that is refused is never replaced by another one: who damages the newest would otherwise choose
 * an older one for everybody.
 * @throws not_found, config_invalid, verification_failed for a refused version
 */
export function resolveModel(catalogue: ModelCatalogue, choices: ModelChoices, name: string): ResolvedModel {
  const at = name.lastIndexOf('@');
  if (at > 0) {
    const id = idOf(catalogue, name.slice(0, at));
    return { entry: entryOf(catalogue, id, name.slice(at + 1)), by: 'name' };
  }
  const id = idOf(catalogue, name);
  const { version, canary } = choiceOf(choices, id);
  const entry = version === null ? newestOf(catalogue, id) : entryOf(catalogue, id, version);
  const by = version === null ? 'newest' : 'choice';
  const other = canary && catalogue.versions.get(id)?.find((one) => one.place.version === canary.version);
  // A canary that is refused takes no request; the status says that it is refused.
  if (!other || other.place.version === entry.place.version) return { entry, by };
  return { entry, by, canary: { entry: other, shareBp: canary.shareBp } };
}

/** Which version answers the request of this id: the same on every node with the same choices. */
export function pickModel({ entry, canary }: ResolvedModel, requestId: string): PickedModel {
  if (!canary || bucketOf(canary.entry, requestId) >= canary.shareBp) return { entry };
  return { entry: canary.entry, compareWith: entry };
}

/** One version. @throws not_found, verification_failed, config_invalid */
export function entryOf(catalogue: ModelCatalogue, id: string, version: string): ModelEntry {
  const entry = catalogue.versions.get(id)?.find((one) => one.place.version === version);
  if (entry) return entry;
  const fault = catalogue.faults.find((one) => one.id === id && one.version === version);
  if (fault) throw faultError(fault);
  throw missing(`${id}@${version}`, 'a version that `witan models list` shows');
}

function newestOf(catalogue: ModelCatalogue, id: string): ModelEntry {
  const newest = catalogue.versions.get(id)?.[0];
  const newer = catalogue.faults
    .filter((fault) => fault.id === id)
    .find((fault) => !newest || compareVersions(fault.version, newest.place.version) > 0);
  if (newer) throw faultError(newer);
  if (newest) return newest;
  throw missing(id, 'a model that has a version that is not refused');
}

/**
 * Place of a request in 10,000, uniform over ids. Salted with the version, so that another canary meets other
 * requests.
 */
function bucketOf({ place }: ModelEntry, requestId: string): number {
  const digest = hash('sha256', `witan-canary/1\n${place.id}@${place.version}\n${requestId}`, 'buffer');
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * WHOLE_BP);
}

function missing(name: string, expected: string): WitanError {
  return new WitanError('not_found', `there is no model ${name}`, { path: 'model', expected, model: name });
}
