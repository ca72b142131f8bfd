/** Checked contents of models: each version read once, and what keeps one from being read. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import type { LoadedModel } from '../model-runner.ts';
import { faultError } from './catalogue.ts';
import type { ModelCatalogue, ModelEntry, ModelFault } from './catalogue.ts';
import { entryOf } from './choice/resolve.ts';
import { checkModelFiles, readModelFiles } from './files/model-folder.ts';

/** Where a version stands; `known`: its manifest holds, its files were not read yet. */
export type ModelState = 'loaded' | 'known' | 'refused';

/** What a loader tells. */
export interface LoaderNews {
  loaded(ref: string): void;
  refused(fault: ModelFault): void;
}

/** Reads the files of models and keeps those that hold. */
export class ModelLoader {
  readonly #catalogue: ModelCatalogue;
  readonly #news: LoaderNews;
  readonly #loading = new Map<string, Promise<LoadedModel>>();
  readonly #loaded = new Map<string, LoadedModel>();
  readonly #faults = new Map<string, ModelFault>();

  constructor(catalogue: ModelCatalogue, news: LoaderNews) {
    this.#catalogue = catalogue;
    this.#news = news;
  }

  /** Versions whose files did not hold when they were read last. */
  get faults(): readonly ModelFault[] {
    return [...this.#faults.values()];
  }

  /** Where a version stands. */
  stateOf(entry: ModelEntry): ModelState {
    const name = versionName(entry.place);
    if (this.#faults.has(name)) return 'refused';
    return this.#loaded.has(name) ? 'loaded' : 'known';
  }

  /** What was read already. @throws what reading threw; unavailable before it was read */
  loaded(entry: ModelEntry): LoadedModel {
    const name = versionName(entry.place);
    const model = this.#loaded.get(name);
    if (model) return model;
    const fault = this.#faults.get(name);
    if (fault) throw faultError(fault);
    throw new WitanError('unavailable', `model ${name} is being read`, { model: name });
  }

  /** Reads and checks all files, once. @throws verification_failed, not_found, too_large: nothing of it is kept */
  load(entry: ModelEntry): Promise<LoadedModel> {
    const name = versionName(entry.place);
    const running = this.#loading.get(name);
    if (running) return running;
    const loading = this.#read(entry).then(
      (model) => {
        this.#loaded.set(name, model);
        this.#faults.delete(name);
        this.#news.loaded(entry.ref);
        return model;
      },
      (error: unknown) => {
        // Asked again, it is read again: the operator may have put the right file there.
        this.#loading.delete(name);
        const { id, version } = entry.place;
        const { code, message } = toWitanError(error);
        const fault: ModelFault = { id, version, origin: entry.origin, code, message };
        this.#faults.set(name, fault);
        this.#news.refused(fault);
        throw error;
      },
    );
    this.#loading.set(name, loading);
    return loading;
  }

  /** Holds the files of a version, and of its encoder, against their manifests; keeps nothing. @throws as load */
  async check(entry: ModelEntry): Promise<void> {
    const base = this.#baseOf(entry);
    if (base) await this.check(base);
    await checkModelFiles(entry.place, entry.manifest.body.files);
  }

  async #read(entry: ModelEntry): Promise<LoadedModel> {
    const base = this.#baseOf(entry);
    const under = base && (await this.load(base));
    const { body } = entry.manifest;
    const files = await readModelFiles(entry.place, body.files);
    return { manifest: body, ref: entry.ref, files, ...(under && { base: under }) };
  }

  /** The encoder that a head names, exactly that version. */
  #baseOf({ manifest: { body } }: ModelEntry): ModelEntry | undefined {
    if (body.base === undefined) return undefined;
    const at = body.base.lastIndexOf('@');
    const base = entryOf(this.#catalogue, body.base.slice(0, at), body.base.slice(at + 1));
    if (base.manifest.body.runner === 'sentence-encoder') return base;
    throw new WitanError('verification_failed', `${body.base} under ${versionName(body)} is no encoder`, {
      path: 'body.base',
      model: versionName(body),
    });
  }
}
