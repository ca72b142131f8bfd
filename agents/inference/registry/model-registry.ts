/** The registry of one node: which models there are, which version serves, and their checked files. */
import { toWitanError } from '../../../contracts/errors.ts';
import type { ModelChangeRequest, ModelChoices } from '../../../contracts/messages/models/choices.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import type { LoadedModel } from '../model-runner.ts';
import { catalogueOf } from './catalogue.ts';
import type { ModelCatalogue, ModelEntry, ModelFault, ModelOrigin } from './catalogue.ts';
import { changeChoices } from './choice/change.ts';
import type { ChangedModel } from './choice/change.ts';
import { readChoices, writeChoices } from './choice/choice-store.ts';
import type { ChoiceStore } from './choice/choice-store.ts';
import { addComparison, NOTHING_COMPARED } from './choice/comparison.ts';
import type { ComparisonSums } from './choice/comparison.ts';
import { DEFAULT_BOUNDS, OutcomeWatch } from './choice/outcome-watch.ts';
import type { ModelOutcome, RollbackBounds } from './choice/outcome-watch.ts';
import { pickModel, resolveModel } from './choice/resolve.ts';
import type { PickedModel, ResolvedModel } from './choice/resolve.ts';
import { findModels } from './files/find-models.ts';
import { modelRef, readManifest } from './files/read-manifest.ts';
import { ModelLoader } from './model-loader.ts';
import type { ModelState } from './model-loader.ts';
import type { ModelTrust } from './trust/model-trust.ts';

/** A folder of models and who may vouch for what lies in it. */
export interface ModelRoot {
  readonly folder: string;
  readonly origin: ModelOrigin;
  readonly trust: ModelTrust;
}

/** Something that people should be told of. */
export type ModelEvent =
  | { readonly kind: 'refused'; readonly fault: ModelFault }
  | { readonly kind: 'loaded'; readonly ref: string }
  | {
      readonly kind: 'changed';
      readonly change: ModelChangeRequest['change'];
      readonly by: string;
      readonly id: string;
      readonly from: string | null;
      readonly to: string;
    }
  | {
      /** The node went back by itself. */
      readonly kind: 'rolled-back';
      readonly id: string;
      readonly from: string;
      /** Null: there was no way back, and `from` goes on serving. */
      readonly to: string | null;
      readonly why: string;
    };

/** What a registry is opened with. */
export interface ModelRegistryOptions {
  readonly roots: readonly ModelRoot[];
  readonly store: ChoiceStore;
  readonly clock: { monotonicMs(): number; wallMs(): number };
  readonly bounds?: RollbackBounds;
  readonly onEvent?: (event: ModelEvent) => void;
}

/**
 * Reads all manifests and what was chosen; files are read when a model is asked for. A model that is refused
 * keeps nobody from the others.
 * @throws config_invalid for a root that cannot be read, verification_failed for damaged choices
 */
export async function openModelRegistry(options: ModelRegistryOptions): Promise<ModelRegistry> {
  const found: ModelEntry[] = [];
  const faults: ModelFault[] = [];
  for (const { folder, origin, trust } of options.roots) {
    for (const place of await findModels(folder)) {
      try {
        const manifest = await readManifest(place, trust);
        found.push({ place, origin, manifest, ref: modelRef(manifest.body) });
      } catch (error) {
        const { code, message } = toWitanError(error);
        faults.push({ id: place.id, version: place.version, origin, code, message });
      }
    }
  }
  const catalogue = catalogueOf(found, faults);
  for (const fault of catalogue.faults) options.onEvent?.({ kind: 'refused', fault });
  return new ModelRegistry(options, { catalogue, choices: await readChoices(options.store) });
}

/** See {@link openModelRegistry}. */
export class ModelRegistry {
  readonly catalogue: ModelCatalogue;
  readonly #options: ModelRegistryOptions;
  readonly #loader: ModelLoader;
  readonly #watch: OutcomeWatch;
  readonly #comparisons = new Map<string, ComparisonSums>();
  #choices: ModelChoices;
  /** Changes one after the other: each is made from the state that the one before stored. */
  #changing: Promise<unknown> = Promise.resolve();
  readonly #leaving = new Set<string>();

  constructor(
    options: ModelRegistryOptions,
    { catalogue, choices }: { readonly catalogue: ModelCatalogue; readonly choices: ModelChoices },
  ) {
    this.#options = options;
    this.catalogue = catalogue;
    this.#choices = choices;
    this.#watch = new OutcomeWatch(options.bounds ?? DEFAULT_BOUNDS);
    this.#loader = new ModelLoader(catalogue, {
      loaded: (ref) => options.onEvent?.({ kind: 'loaded', ref }),
      refused: (fault) => options.onEvent?.({ kind: 'refused', fault }),
    });
  }

  /** What was chosen; a whole that never changes. */
  get choices(): ModelChoices {
    return this.#choices;
  }

  /** Everything that is refused: manifests, and files that were read. */
  get faults(): readonly ModelFault[] {
    return [...this.catalogue.faults, ...this.#loader.faults];
  }

  /** What a name stands for now. @throws not_found, config_invalid, verification_failed */
  resolve(name: string): ResolvedModel {
    return resolveModel(this.catalogue, this.#choices, name);
  }

  /** Which version answers the request of this id. @throws as {@link resolve} */
  pick(name: string, requestId: string): PickedModel {
    return pickModel(this.resolve(name), requestId);
  }

  /**
   * A model by `id`, `id@version` or alias, its files checked and in memory, its encoder below it. Read once;
   * every caller gets the same. A canary is asked for by its version.
   * @throws not_found, config_invalid, too_large, verification_failed: then nothing of it is kept
   */
  async lookup(name: string): Promise<LoadedModel> {
    return this.#loader.load(this.resolve(name).entry);
  }

  /**
   * As {@link lookup}, for who cannot wait: what was read already; undefined where there is no such model.
   * @throws config_invalid, verification_failed; unavailable before it was read, which begins then
   */
  loaded(name: string): LoadedModel | undefined {
    let entry: ModelEntry;
    try {
      entry = this.resolve(name).entry;
    } catch (error) {
      if (toWitanError(error).code === 'not_found') return undefined;
      throw error;
    }
    // Who asks next time finds it; what was refused is told by the fault.
    if (this.stateOf(entry) === 'known') this.#loader.load(entry).catch(() => undefined);
    return this.#loader.loaded(entry);
  }

  /** Reads what serves and its canaries. Never rejects: what is refused is among the faults. */
  async loadServing(): Promise<void> {
    for (const id of this.catalogue.versions.keys()) {
      try {
        const { entry, canary } = this.resolve(id);
        await this.#loader.load(entry);
        if (canary) await this.#loader.load(canary.entry);
      } catch (error) {
        // Told by the event of the fault; the next one is read all the same.
        toWitanError(error);
      }
    }
  }

  /** Holds the files of a version against its manifest anew. @throws verification_failed, too_large */
  check(entry: ModelEntry): Promise<void> {
    return this.#loader.check(entry);
  }

  /** Where a version stands; one whose files did not hold is refused until they do. */
  stateOf(entry: ModelEntry): ModelState {
    return this.#loader.stateOf(entry);
  }

  /** What was compared of a canary, by its `id@version`, since this process knows it. */
  comparisonOf(name: string): ComparisonSums {
    return this.#comparisons.get(name) ?? NOTHING_COMPARED;
  }

  /**
   * Changes what serves. What would serve is read and checked first; resolves when the choice is stored, and
   * holds from then on.
   * @throws as changeChoices, storage_failed: then everything is as it was
   */
  change(request: ModelChangeRequest, by: string): Promise<ChangedModel> {
    const run = this.#changing.then(() => this.#change(request, by));
    this.#changing = run.catch(() => undefined);
    return run;
  }

  /** Tells what came of a request to a version, by its `id@version` or `ref`; too many failures take it back. */
  note(versionOrRef: string, outcome: ModelOutcome): void {
    const [name = ''] = versionOrRef.split('#', 1);
    const why = this.#watch.note(name, outcome, this.#options.clock.monotonicMs());
    if (why !== undefined && !this.#leaving.has(name)) this.#leave(name, why);
  }

  /** Tells what canary and version in use said to one request; `undefined`: the canary refused. */
  noteCompared(
    canary: ModelEntry,
    said: readonly Float32Array[] | undefined,
    inUse: readonly Float32Array[],
  ): void {
    const name = versionName(canary.place);
    const sums = this.comparisonOf(name);
    const next = said ? addComparison(sums, said, inUse) : { ...sums, failedCount: sums.failedCount + 1 };
    this.#comparisons.set(name, next);
  }

  /** Resolves when changes that were begun are stored or refused. */
  async settled(): Promise<void> {
    await this.#changing;
  }

  async #change(request: ModelChangeRequest, by: string): Promise<ChangedModel> {
    const { store, clock, onEvent } = this.#options;
    const at = new Date(clock.wallMs()).toISOString();
    const now = { catalogue: this.catalogue, choices: this.#choices };
    const changed = changeChoices(now, request, { by, at });
    const { id, from, to, choices } = changed;
    // Files that do not hold must not get into service and be missed there.
    const { entry, canary } = resolveModel(this.catalogue, choices, id);
    await this.#loader.load(entry);
    if (canary) await this.#loader.load(canary.entry);
    await writeChoices(store, choices);
    this.#choices = choices;
    // Judged anew: what it did before it was chosen again is what somebody looked at.
    for (const { place } of this.catalogue.versions.get(id) ?? []) {
      const name = versionName(place);
      this.#watch.forget(name);
      this.#leaving.delete(name);
      if (request.change === 'canary') this.#comparisons.delete(name);
    }
    onEvent?.({ kind: 'changed', change: request.change, by, id, from, to });
    return changed;
  }

  /** Only what serves can be left, and only where there is something to go back to. */
  #leave(name: string, why: string): void {
    this.#leaving.add(name);
    const at = name.lastIndexOf('@');
    const [id, from] = [name.slice(0, at), name.slice(at + 1)];
    const run = this.#changing.then(async () => {
      const { entry, canary } = this.resolve(id);
      const isInUse = entry.place.version === from;
      if (!isInUse && canary?.entry.place.version !== from) return undefined;
      // A way back takes the canary first; here it is not the canary that failed.
      const endCanary = { change: 'canary', model: id, version: null, shareBp: 1 } as const;
      if (isInUse && canary) await this.#change(endCanary, 'node');
      return this.#change({ change: 'rollback', model: id, why }, 'node');
    });
    const tell = (to: string | null, reason: string): void =>
      this.#options.onEvent?.({ kind: 'rolled-back', id, from, to, why: reason });
    this.#changing = run.then(
      (changed) => changed && tell(changed.to, why),
      // No way back, or no disk: said once; the next change has the version judged anew.
      (error: unknown) => tell(null, `${why}; it goes on serving: ${toWitanError(error).message}`),
    );
  }
}
