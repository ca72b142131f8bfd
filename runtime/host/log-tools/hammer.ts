/**
 * `witan hammer`: loads a log with many producers and reads it back as a stranger would, all at once.
 *
 * Every acknowledged entry must stand where its receipt says under some later checkpoint, and every
 * checkpoint must extend the one before it; both are shown from tiles, never by a proof of the server.
 */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { verifyConsistency, verifyInclusion } from '../../../contracts/ledger/tree/merkle.ts';
import { TileTree } from '../../../contracts/ledger/tree/tile-tree.ts';
import { parseOpenCheckpoint, type OpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { Clock, Random } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { HammeredEntry, HammerTarget } from './hammer-target.ts';

/** How hard, and for how long. */
export interface HammerOptions {
  readonly target: HammerTarget;
  readonly clock: Clock;
  readonly random: Random;
  readonly producerCount: number;
  readonly readerCount: number;
  readonly seconds: number;
  /** Characters of an entry's text. */
  readonly entryLength: number;
  readonly onProgress?: ((report: HammerReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was done and what was found. */
export interface HammerReport {
  readonly appended: number;
  readonly appendsPerS: number;
  readonly appendP50Ms: number;
  readonly appendP99Ms: number;
  readonly appendFailures: number;
  /** Entries whose inclusion was shown from tiles. */
  readonly proven: number;
  readonly checkpoints: number;
  /** Pairs of checkpoints of which one was shown to extend the other. */
  readonly consistent: number;
  readonly elapsedMs: number;
  /** What must never be: first ones first. */
  readonly violations: readonly string[];
}

const MAX_VIOLATIONS = 100;
const MAX_LATENCIES = 1_000_000;
/** Entries that wait to be read back; the newest take the place of random older ones. */
const MAX_KEPT = 100_000;

/** Runs until the time is over, then reads the last checkpoint back. @throws what the target throws at once */
export async function runHammer(options: HammerOptions): Promise<HammerReport> {
  const run = new HammerRun(options);
  await run.observe();
  const { producerCount, readerCount } = options;
  const producers = Array.from({ length: producerCount }, (_, at) => run.produce(at));
  const readers = Array.from({ length: readerCount }, () => run.read());
  await Promise.all([...producers, ...readers, run.tell()]);
  await run.observe();
  await run.proveSome(readerCount * 16);
  return run.report();
}

class HammerRun {
  readonly #options: HammerOptions;
  readonly #startedMs: number;
  readonly #latencies: number[] = [];
  readonly #kept: HammeredEntry[] = [];
  readonly #violations: string[] = [];
  readonly #given = new PlaceSet();
  #newest: OpenCheckpoint | undefined;
  #appended = 0;
  #failures = 0;
  #proven = 0;
  #checkpoints = 0;
  #consistent = 0;

  constructor(options: HammerOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  /** One producer: appends one entry after the other. */
  async produce(producer: number): Promise<void> {
    const { target, clock, entryLength } = this.#options;
    for (let at = 0; !this.#isOver(); at += 1) {
      const text = `${producer}/${at} `.padEnd(entryLength, 'x').slice(0, entryLength);
      const startedMs = clock.monotonicMs();
      try {
        this.#take(await target.append({ text }));
        if (this.#latencies.length < MAX_LATENCIES) this.#latencies.push(clock.monotonicMs() - startedMs);
      } catch (error) {
        this.#failures += 1;
        await this.#backOff(error);
      }
    }
  }

  /** One reader: looks at the newest checkpoint, then at random entries under it. */
  async read(): Promise<void> {
    while (!this.#isOver()) {
      try {
        await this.observe();
        await this.proveSome(16);
        // A log of this process answers without a turn of the loop, and its disk would never get one.
        await this.#pause(1);
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  /** Reads a checkpoint and holds it against the newest that was seen. */
  async observe(): Promise<void> {
    const { target } = this.#options;
    const seen = parseOpenCheckpoint(await target.checkpoint());
    this.#checkpoints += 1;
    const [from, to] = ordered(this.#newest, seen);
    if (from && from.size > 0) {
      const tree = this.#tree();
      const isSame = from.size === to.size;
      const path = isSame ? [] : await tree.consistencyProof(from.size, to.size);
      const sizes = { fromSize: from.size, toSize: to.size };
      const roots = { fromRoot: fromHex(from.root), toRoot: fromHex(to.root) };
      if (verifyConsistency({ ...sizes, ...roots, path }, sha256)) this.#consistent += 1;
      else this.#violate(`checkpoint ${to.size} does not extend checkpoint ${from.size}`);
    }
    if (!this.#newest || seen.size > this.#newest.size) this.#newest = seen;
  }

  /** Shows that up to `count` random entries stand under the newest checkpoint. */
  async proveSome(count: number): Promise<void> {
    const { random } = this.#options;
    const head = this.#newest;
    if (!head) return;
    const tree = this.#tree();
    for (let at = 0; at < count && this.#kept.length > 0; at += 1) {
      const place = Math.floor(random.next() * this.#kept.length);
      const { index, leafHash } = this.#kept[place]!;
      if (index >= head.size) continue;
      const path = await tree.inclusionProof(index, head.size);
      const claim = { index, size: head.size, leafHash, root: fromHex(head.root), path };
      if (verifyInclusion(claim, sha256)) this.#proven += 1;
      else this.#violate(`entry ${index} is not under checkpoint ${head.size}`);
    }
  }

  /** Tells of the run once a second. */
  async tell(): Promise<void> {
    while (!this.#isOver()) {
      await this.#pause(1_000);
      this.#options.onProgress?.(this.report());
    }
  }

  report(): HammerReport {
    const elapsedMs = this.#options.clock.monotonicMs() - this.#startedMs;
    const sorted = [...this.#latencies].sort((left, right) => left - right);
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      appended: this.#appended,
      appendsPerS: (this.#appended / Math.max(1, elapsedMs)) * 1_000,
      appendP50Ms: at(0.5),
      appendP99Ms: at(0.99),
      appendFailures: this.#failures,
      proven: this.#proven,
      checkpoints: this.#checkpoints,
      consistent: this.#consistent,
      elapsedMs,
      violations: this.#violations,
    };
  }

  #take(entry: HammeredEntry): void {
    this.#appended += 1;
    if (!this.#given.add(entry.index)) this.#violate(`two entries were given the place ${entry.index}`);
    if (this.#kept.length < MAX_KEPT) this.#kept.push(entry);
    else this.#kept[Math.floor(this.#options.random.next() * MAX_KEPT)] = entry;
  }

  #tree(): TileTree {
    const { target } = this.#options;
    return new TileTree(async (level, index, width) => {
      const tile = await target.tile(level, index, width);
      if (tile.length === width * 32) return tile;
      throw new WitanError('verification_failed', `tile ${level}/${index} has ${tile.length} bytes`, {});
    }, sha256);
  }

  /** What says something of the log is a violation; what says something of the way there is waited out. */
  async #backOff(error: unknown): Promise<void> {
    const { code, message, retryable } = toWitanError(error);
    if (code === 'verification_failed' || code === 'bad_encoding' || code === 'not_found')
      this.#violate(`${code}: ${message}`);
    else if (!retryable && !(error instanceof TypeError) && code !== 'internal') throw error;
    await this.#pause(50);
  }

  #violate(text: string): void {
    if (this.#violations.length < MAX_VIOLATIONS) this.#violations.push(text);
  }

  #isOver(): boolean {
    const { clock, seconds, signal } = this.#options;
    return signal?.aborted === true || clock.monotonicMs() - this.#startedMs >= seconds * 1_000;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.setTimer(ms, resolve));
  }
}

/** Places that were given, one bit each. */
class PlaceSet {
  #bits = new Uint8Array(65_536);

  /** False: it was given before. */
  add(place: number): boolean {
    const at = Math.floor(place / 8);
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (place % 8);
    const isNew = (this.#bits[at]! & bit) === 0;
    this.#bits[at]! |= bit;
    return isNew;
  }
}

function ordered(
  left: OpenCheckpoint | undefined,
  right: OpenCheckpoint,
): readonly [OpenCheckpoint | undefined, OpenCheckpoint] {
  return left && left.size > right.size ? [right, left] : [left, right];
}
