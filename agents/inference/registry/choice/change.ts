/** Changes of choices: pure. Each gives the whole next state, or refuses; nothing is changed in place. */
import { WitanError } from '../../../../contracts/errors.ts';
import type {
  ModelChangeRequest,
  ModelChoice,
  ModelChoices,
} from '../../../../contracts/messages/models/choices.ts';
import { compareVersions } from '../catalogue.ts';
import type { ModelCatalogue } from '../catalogue.ts';
import { choiceOf, entryOf, idOf, resolveModel } from './resolve.ts';

/** Who asks, and when. */
export interface ChangeOf {
  /** `node` where its own bounds ask. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What a change brought. */
export interface ChangedModel {
  readonly choices: ModelChoices;
  readonly id: string;
  /** Version in use before and after; null before: it was refused or is gone. */
  readonly from: string | null;
  readonly to: string;
}

/** State before anybody chose. */
export const NO_CHOICES: ModelChoices = { format: 'witan-model-choices/1', generation: 0, models: {} };

/**
 * The state after a change.
 * @throws not_found, config_invalid, verification_failed for a version that is refused, conflict for a canary
 *   of the version in use and for a way back where there is none
 */
export function changeChoices(
  now: { readonly catalogue: ModelCatalogue; readonly choices: ModelChoices },
  request: ModelChangeRequest,
  of: ChangeOf,
): ChangedModel {
  const { catalogue, choices } = now;
  const id = idOf(catalogue, request.model);
  const choice = choiceOf(choices, id);
  const from = inUse(catalogue, choices, id);
  const next = nextChoice({ ...now, id, choice, from }, request, of);
  const models = { ...choices.models, [id]: next };
  const changed = { ...choices, generation: choices.generation + 1, models };
  // A state in which the model is refused is never entered on purpose.
  return { choices: changed, id, from, to: resolveModel(catalogue, changed, id).entry.place.version };
}

interface Now {
  readonly catalogue: ModelCatalogue;
  readonly id: string;
  readonly choice: ModelChoice;
  readonly from: string | null;
}

function nextChoice(now: Now, request: ModelChangeRequest, of: ChangeOf): ModelChoice {
  const { catalogue, id, choice, from } = now;
  if (request.change === 'use') {
    if (request.version !== null) entryOf(catalogue, id, request.version);
    // The version that became the chosen one is no canary any more.
    const canary = choice.canary?.version === request.version ? null : choice.canary;
    const isSame = request.version === from;
    return { ...choice, version: request.version, former: isSame ? choice.former : from, canary };
  }
  if (request.change === 'rollback') return rolledBack(now, request.why, of);
  if (request.version === null) return { ...choice, canary: null };
  entryOf(catalogue, id, request.version);
  if (request.version === from) throw noWay(id, `${from} is the version in use`, 'another version');
  return { ...choice, canary: { version: request.version, shareBp: request.shareBp, since: of.at } };
}

/** A canary is taken back first: what it is compared with has done nothing. */
function rolledBack({ catalogue, id, choice, from }: Now, why: string, of: ChangeOf): ModelChoice {
  if (choice.canary && from !== null) {
    const note = { from: choice.canary.version, to: from, why, ...of };
    return { ...choice, version: from, canary: null, rolledBack: note };
  }
  const to = choice.former ?? olderThan(catalogue, id, from);
  if (to === undefined || to === from)
    throw noWay(id, 'there is no former version', '`witan models use` with a version');
  entryOf(catalogue, id, to);
  // No way forward again by another rollback: the version that was left has shown itself unfit.
  return { version: to, former: null, canary: null, rolledBack: { from, to, why, ...of } };
}

/** Where nothing is in use, because it is refused, the newest that is not refused. */
function olderThan(catalogue: ModelCatalogue, id: string, version: string | null): string | undefined {
  const versions = (catalogue.versions.get(id) ?? []).map(({ place }) => place.version);
  return versions.find((one) => version === null || compareVersions(one, version) < 0);
}

function inUse(catalogue: ModelCatalogue, choices: ModelChoices, id: string): string | null {
  try {
    return resolveModel(catalogue, choices, id).entry.place.version;
  } catch (error) {
    if (error instanceof WitanError) return null;
    throw error;
  }
}

function noWay(id: string, why: string, expected: string): WitanError {
  return new WitanError('conflict', `model ${id}: ${why}`, { path: 'version', expected, model: id });
}
