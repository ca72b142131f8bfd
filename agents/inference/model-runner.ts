/** What runs one model on one thread: the contract of workers, real ones and fakes. */
import type { ModelManifestBody } from '../../contracts/messages/models/manifest.ts';

/** Devices in the order in which they are tried. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

/** A model whose files were checked against their hashes. */
export interface LoadedModel {
  readonly manifest: ModelManifestBody;
  /** `id@version#first 12 hex digits of the hash over its files`. */
  readonly ref: string;
  /** Contents of its files by their path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The encoder under a head. */
  readonly base?: LoadedModel;
}

/** A model that is ready. One `run` at a time. */
export interface ModelRunner {
  /** Numbers in a row. */
  readonly width: number;
  readonly provider: string;
  /** Why the devices before `provider` were passed over, for people; empty when none was. */
  readonly passedOver: readonly string[];
  /** What a text costs in a batch (tokens, or characters); batches are bounded by the sum. */
  costOf(text: string): number;
  /** One row for each text. @throws invalid_argument, too_large */
  run(texts: readonly string[]): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** Makes a runner ready, on the first device that takes it. @throws not_supported, unavailable */
export type OpenRunner = (model: LoadedModel, devices: readonly Device[]) => Promise<ModelRunner>;
