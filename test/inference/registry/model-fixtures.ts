/** Folders of small signed models, and a registry over them. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelManifest, ModelManifestBody } from '../../../contracts/messages/models/manifest.ts';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { openModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import type {
  ModelEvent,
  ModelRegistry,
  ModelRegistryOptions,
} from '../../../agents/inference/registry/model-registry.ts';
import { modelSigner, newModelKey } from '../../../agents/inference/registry/trust/sign-model.ts';
import type { ModelSigner } from '../../../agents/inference/registry/trust/sign-model.ts';

/** What a written model may say otherwise. */
export type BodyChanges = Partial<ModelManifestBody>;

/** A temporary root and the key that signs in it. */
export class ModelsFolder {
  readonly root: string = mkdtempSync(join(tmpdir(), 'witan-models-'));
  readonly pem: string = newModelKey();
  readonly signer: ModelSigner = modelSigner(this.pem);

  folderOf(id: string, version: string): string {
    return join(this.root, ...id.split('/'), version);
  }

  /** Writes a signed model of one file; `text` is what the file holds. */
  write(name: string, changes: BodyChanges = {}, text = `weights of ${name}`): ModelManifest {
    const [id = '', version = ''] = name.split('@');
    const manifest = this.signer.sign({ ...bodyOf(id, version, text), ...changes });
    mkdirSync(this.folderOf(id, version), { recursive: true });
    writeFileSync(join(this.folderOf(id, version), 'weights.bin'), text);
    this.writeManifest(name, manifest);
    return manifest;
  }

  writeManifest(name: string, manifest: unknown): void {
    const [id = '', version = ''] = name.split('@');
    writeFileSync(join(this.folderOf(id, version), 'model.json'), JSON.stringify(manifest));
  }

  /** Registry over this root alone. */
  open(options: Partial<ModelRegistryOptions> = {}): Promise<ModelRegistry> {
    const trust = { keys: [this.signer.publicKey], pinned: {} };
    return openModelRegistry({
      roots: [{ folder: this.root, origin: 'operator', trust }],
      store: memoryChoiceStore(),
      clock: { monotonicMs: () => 0, wallMs: () => 0 },
      ...options,
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Body of a model of one file. */
export function bodyOf(id: string, version: string, text: string): ModelManifestBody {
  return {
    format: 'witan-model/1',
    id,
    version,
    aliases: [],
    runner: 'linear-ngram',
    title: `Model ${id}`,
    output: { width: 1, meaning: 'probability of harm' },
    files: [{ path: 'weights.bin', bytes: Buffer.byteLength(text), sha256: sha256Hex(text) }],
    license: { weights: 'Apache-2.0', trainingData: ['own rows, CC0-1.0'] },
    made: { by: 'a test', dataDigest: null },
    measured: [],
    claimed: [],
    limits: [],
  };
}

/** 64 hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Runs `body` on a folder that is gone afterwards. */
export async function withModels(body: (models: ModelsFolder) => Promise<void> | void): Promise<void> {
  const models = new ModelsFolder();
  try {
    await body(models);
  } finally {
    models.remove();
  }
}

/** Events of a registry as they come. */
export function collector(): {
  readonly events: ModelEvent[];
  readonly onEvent: (event: ModelEvent) => void;
} {
  const events: ModelEvent[] = [];
  return { events, onEvent: (event) => void events.push(event) };
}

/** Code and message of what a promise rejects with; undefined: it did not. */
export async function failureOf(
  run: Promise<unknown> | (() => unknown),
): Promise<{ code: string; message: string } | undefined> {
  try {
    await (typeof run === 'function' ? run() : run);
    return undefined;
  } catch (error) {
    return error as { code: string; message: string };
  }
}
