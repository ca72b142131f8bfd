/** Labelled sets for training: only what their README marks *train*, grouped by where they come from. */
import { existsSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { WitanError } from '../../contracts/errors.ts';

/** One row as it stands in a set; fields beyond text and label depend on the set. */
export interface SetRow {
  readonly text: string;
  readonly label: 0 | 1;
  readonly cat?: string;
  readonly src?: string;
  readonly kind?: string;
  readonly lang?: string;
  readonly ctx?: string;
  readonly msg?: string;
  readonly system?: string;
}

/** Folder of the sets, with what its README permits. */
export class Sets {
  readonly folder: string;
  readonly #uses: ReadonlyMap<string, string>;
  readonly #hash = createHash('sha256');
  readonly #read: string[] = [];

  /** @throws data_missing where the folder has no README.md */
  constructor(folder: string) {
    this.folder = folder;
    const readme = join(folder, 'README.md');
    if (!existsSync(readme)) {
      throw new WitanError('data_missing', `there is no README.md with the uses of the sets in ${folder}`);
    }
    const uses = new Map<string, string>();
    for (const line of readFileSync(readme, 'utf8').split('\n')) {
      const cells = line.split('|').map((cell) => cell.trim());
      if (cells.length > 6) uses.set(cells[2]!, cells[5]!);
    }
    this.#uses = uses;
  }

  /** Whether weights and thresholds may rest on the set. */
  mayTrain(name: string): boolean {
    return this.#uses.get(name) === 'train, evaluate';
  }

  /** Rows for training. @throws invalid_argument where the README does not permit it */
  train(name: string): readonly SetRow[] {
    if (!this.mayTrain(name)) {
      throw new WitanError('invalid_argument', `${name} is not marked for training`, { path: name });
    }
    const { rows, bytes } = readSet(this.folder, name);
    if (!this.#read.includes(name)) {
      this.#hash.update(name).update(createHash('sha256').update(bytes).digest());
      this.#read.push(name);
    }
    return rows;
  }

  /** Rows for measuring only. */
  evaluate(name: string): readonly SetRow[] {
    return readSet(this.folder, name).rows;
  }

  /** SHA-256 over what was read for training so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  get read(): readonly string[] {
    return this.#read;
  }
}

function readSet(folder: string, name: string): { rows: readonly SetRow[]; bytes: Uint8Array } {
  const file = join(folder, name, 'data.jsonl.gz');
  if (!existsSync(file)) throw new WitanError('data_missing', `there is no ${name} in ${folder}`);
  const bytes = gunzipSync(readFileSync(file));
  const lines = bytes.toString('utf8').trim().split('\n');
  return { rows: lines.map((line) => JSON.parse(line) as SetRow), bytes };
}

/** Folder named by WITAN_DATA, or `../shared/data` beside the project. */
export function dataFolder(): string {
  return process.env['WITAN_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
}
