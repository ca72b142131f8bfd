/** Texts by number, a file each: `<number, 16 digits>.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { NumberedTexts } from '../../kernel/ports/outbox.ts';
import { makePrivateFolder, writeSyncedFile } from '../synced-file.ts';

const NAME = /^(\d{16})\.json$/;

/** Opens the folder; makes it where it is missing. @throws storage_failed */
export async function openFileTexts(folder: string): Promise<NumberedTexts> {
  await makePrivateFolder(folder);
  const names = await readdir(folder);
  const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  return new FileTexts(
    folder,
    numbers.sort((a, b) => a - b),
  );
}

class FileTexts implements NumberedTexts {
  readonly #folder: string;
  /** Ascending. */
  readonly #numbers: number[];

  constructor(folder: string, numbers: number[]) {
    this.#folder = folder;
    this.#numbers = numbers;
  }

  async put(number: number, text: string): Promise<void> {
    await writeSyncedFile(this.#path(number), text);
    const place = this.#placeOf(number);
    if (this.#numbers[place] !== number) this.#numbers.splice(place, 0, number);
  }

  atLeast(number: number): number | undefined {
    return this.#numbers[this.#placeOf(number)];
  }

  async get(number: number): Promise<string | undefined> {
    if (this.#numbers[this.#placeOf(number)] !== number) return undefined;
    try {
      return await readFile(this.#path(number), 'utf8');
    } catch (cause) {
      const path = this.#path(number);
      throw new WitanError('storage_failed', 'a kept text cannot be read', { path }, cause);
    }
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(16, '0')}.json`);
  }

  /** Place of the first number that is at least `number`. */
  #placeOf(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
