/** What models there are, by id and by alias: pure, from what was found in the folders. */
import type { ErrorCode } from '../../../contracts/errors.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ModelManifest } from '../../../contracts/messages/models/manifest.ts';
import { versionName } from '../../../contracts/messages/models/signing.ts';
import type { ModelPlace } from './files/model-folder.ts';

/** Whose folder a model lies in: of the package, built at set-up, or of the operator. */
export type ModelOrigin = 'shipped' | 'built' | 'operator';

/** A version whose manifest somebody who is trusted vouches for. */
export interface ModelEntry {
  readonly place: ModelPlace;
  readonly origin: ModelOrigin;
  readonly manifest: ModelManifest;
  /** `id@version#12 hex digits`. */
  readonly ref: string;
}

/** A version that is refused; whoever asks for it is told why. */
export interface ModelFault {
  readonly id: string;
  readonly version: string;
  readonly origin: ModelOrigin;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Everything that can be asked for. */
export interface ModelCatalogue {
  /** Versions that may serve, newest first. */
  readonly versions: ReadonlyMap<string, readonly ModelEntry[]>;
  /** Ids that claim an alias; more than one: nobody has it. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly faults: readonly ModelFault[];
}

/** Sorts what was found; a version that two folders hold differently is refused in both. O(n log n). */
export function catalogueOf(found: readonly ModelEntry[], faults: readonly ModelFault[]): ModelCatalogue {
  const byName = new Map<string, ModelEntry[]>();
  for (const entry of found) {
    const name = versionName(entry.place);
    byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  const versions = new Map<string, ModelEntry[]>();
  const allFaults = [...faults];
  for (const same of byName.values()) {
    const first = same[0]!;
    const { id, version } = first.place;
    if (same.some((one) => !isSameModel(one, first))) {
      allFaults.push({ id, version, origin: same[1]!.origin, ...heldTwice(same) });
      continue;
    }
    // A version that one folder holds and another holds damaged is not to be had by luck of the order.
    if (faults.some((fault) => fault.id === id && fault.version === version)) continue;
    versions.set(id, [...(versions.get(id) ?? []), first]);
  }
  for (const entries of versions.values())
    entries.sort((a, b) => compareVersions(b.place.version, a.place.version));
  return { versions, aliases: aliasesOf(versions), faults: allFaults };
}

/** Order of versions by their numbers. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  return left[0]! - right[0]! || left[1]! - right[1]! || left[2]! - right[2]!;
}

/** The error that a refused version answers with. */
export function faultError({ code, message, id, version }: ModelFault): WitanError {
  return new WitanError(code, message, { path: 'model', model: versionName({ id, version }) });
}

function isSameModel(a: ModelEntry, b: ModelEntry): boolean {
  return JSON.stringify(a.manifest.body) === JSON.stringify(b.manifest.body);
}

function heldTwice(same: readonly ModelEntry[]): Pick<ModelFault, 'code' | 'message'> {
  const where = same.map(({ origin }) => origin).join(' and ');
  const name = versionName(same[0]!.place);
  const message = `model ${name} is refused: two folders (${where}) hold it differently`;
  return { code: 'config_invalid', message };
}

function aliasesOf(versions: ReadonlyMap<string, readonly ModelEntry[]>): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const [id, entries] of versions) {
    const own = new Set(entries.flatMap(({ manifest }) => manifest.body.aliases));
    for (const alias of own) aliases.set(alias, [...(aliases.get(alias) ?? []), id].sort());
  }
  return aliases;
}
