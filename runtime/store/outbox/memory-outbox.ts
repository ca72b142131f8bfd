/** An outbox and texts that live as long as the process: for nodes that keep nothing, and for tests. */
import type { NumberedTexts, OutboxPort } from '../../kernel/ports/outbox.ts';

/** See {@link OutboxPort}. Records pass through JSON, as they would through a file. */
export class MemoryOutbox implements OutboxPort {
  #records: unknown[] = [];

  records(): readonly unknown[] {
    return this.#records;
  }

  async append(record: unknown): Promise<void> {
    this.#records.push(JSON.parse(JSON.stringify(record)));
  }

  async compact(records: readonly unknown[]): Promise<void> {
    this.#records = JSON.parse(JSON.stringify(records)) as unknown[];
  }

  async close(): Promise<void> {}
}

/** See {@link NumberedTexts}. */
export class MemoryTexts implements NumberedTexts {
  readonly #texts = new Map<number, string>();

  async put(number: number, text: string): Promise<void> {
    this.#texts.set(number, text);
  }

  atLeast(number: number): number | undefined {
    const fitting = [...this.#texts.keys()].filter((kept) => kept >= number);
    return fitting.length === 0 ? undefined : Math.min(...fitting);
  }

  async get(number: number): Promise<string | undefined> {
    return this.#texts.get(number);
  }
}
