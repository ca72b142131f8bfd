/** Every damage of a broken log: after each one the walk goes on at the next whole frame. */
import { chainNext, chainStart, hashText, parseEntry, peekHeader } from '../../../contracts/ledger/leaf.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { readAll, type LogFileSystem } from '../../store/segment/file-system.ts';
import { FRAME_MAGIC, isZero, readFrame, type Frame } from '../../store/segment/frame.ts';
import {
  decodeSegmentHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentPath,
} from '../../store/segment/segment-file.ts';
import { damageOf, type LogDamage } from './log-damage.ts';

/** Damages that are listed; one that breaks more is no longer read by anyone. */
export const MAX_DAMAGES = 10_000;

/**
 * Reads all segments of the log in `folder`. Memory: one segment.
 * @param knownSize entries that are sealed or signed: fewer are damage, more may be a torn tail
 */
export async function findDamage(
  fs: LogFileSystem,
  folder: string,
  { logId, knownSize }: { readonly logId: string; readonly knownSize: number },
): Promise<LogDamage[]> {
  const numbers = await listSegments(fs, folder);
  const walk = new DamageWalk(chainStart(logId, sha256));
  for (const [place, number] of numbers.entries()) {
    const file = await fs.open(segmentPath(folder, number), 'read');
    try {
      const bytes = Buffer.allocUnsafe(await file.sizeBytes());
      const read = bytes.subarray(0, await readAll(file, bytes, 0));
      walk.segment(number, read, { place, isLast: place === numbers.length - 1 });
    } finally {
      await file.close();
    }
    if (walk.damages.length >= MAX_DAMAGES) break;
  }
  return walk.end(knownSize);
}

class DamageWalk {
  readonly damages: LogDamage[] = [];
  /** Index that the next entry must have. */
  #next = 0;
  /** Hash chain before it; undefined: what came before is not known. */
  #chain: Uint8Array | undefined;
  #segment = -1;
  #offset = 0;
  /** Damage after which the last segment held no whole frame any more. */
  #tail: LogDamage | undefined;
  readonly #unique = new Set<string>();

  constructor(chain: Uint8Array) {
    this.#chain = chain;
  }

  segment(number: number, bytes: Buffer, { place, isLast }: { place: number; isLast: boolean }): void {
    this.#segment = number;
    this.#offset = SEGMENT_HEADER_BYTES;
    const header = decodeSegmentHeader(bytes);
    if (!header && isLast && isZero(bytes)) return;
    if (!header || header.number !== number || number !== place) this.#tell('segment-header', 0, null);
    else if (header.firstIndex > this.#next) this.#gap(header.firstIndex);
    while (this.damages.length < MAX_DAMAGES && this.#step(bytes));
  }

  end(knownSize: number): LogDamage[] {
    // Unfinished bytes at the very end of the log are no damage: nobody was told of that entry.
    const isTorn = this.#tail !== undefined && this.#tail === this.damages.at(-1);
    if (isTorn && this.#next >= knownSize) this.damages.pop();
    else if (isTorn) this.#next += 1;
    if (this.#next < knownSize) this.#tell('missing', this.#offset, null);
    return this.damages;
  }

  /** Takes the next frame; false at the end of the segment. */
  #step(bytes: Buffer): boolean {
    const at = this.#offset;
    const frame = readFrame(bytes, at);
    if (frame === 'empty' && isZero(bytes.subarray(at))) return false;
    if (typeof frame !== 'string') {
      this.#take(frame, at);
      this.#offset = at + frame.byteLength;
      return true;
    }
    const field = frame === 'empty' ? 'frame' : frame === 'crc' ? 'bytes' : `frame-${frame}`;
    const next = nextFrame(bytes, at + 1);
    this.#tell(field, at, decisionAt(bytes, at));
    this.#chain = undefined;
    if (next === undefined) {
      this.#offset = bytes.length;
      this.#tail = this.damages.at(-1);
      return false;
    }
    this.#next += 1;
    this.#offset = next;
    return true;
  }

  #take(frame: Frame, at: number): void {
    const text = frame.text.toString('utf8');
    const decisionId = peekHeader(text.slice(0, 400))?.decisionId ?? null;
    if (frame.index > this.#next) this.#gap(frame.index);
    else if (frame.index < this.#next) this.#tell('index', at, decisionId, frame.index);
    const chain = this.#chain;
    if (chain && !text.includes(`"previous":"${hashText(chain)}"`))
      this.#tell('previous', at, decisionId, frame.index);
    const leaf = sha256(frame.leaf);
    const before = chain ?? previousIn(text);
    if (before && Buffer.compare(chainNext(before, leaf, sha256), frame.chain) !== 0)
      this.#tell('chainHash', at, decisionId, frame.index);
    this.#checkEntry(text, { at, index: frame.index });
    this.#chain = Uint8Array.from(frame.chain);
    this.#next = Math.max(this.#next, frame.index + 1);
  }

  #checkEntry(text: string, { at, index }: { readonly at: number; readonly index: number }): void {
    try {
      const entry = parseEntry(text);
      const decisionId = entry.decisionId ?? null;
      if (entry.index !== index) this.#tell('index', at, decisionId, index);
      if (entry.kind !== 'opened' && entry.kind !== 'final') return;
      const name = `${entry.kind} ${decisionId}`;
      if (this.#unique.has(name)) this.#tell('kind', at, decisionId, index);
      this.#unique.add(name);
    } catch {
      this.#tell('canonical', at, null, index);
    }
  }

  #gap(index: number): void {
    this.#tell('missing', this.#offset, null);
    this.#chain = undefined;
    this.#next = index;
  }

  #tell(field: string, offset: number, decisionId: string | null, index: number = this.#next): void {
    this.damages.push(damageOf({ field, segment: this.#segment, offset, index, decisionId }));
  }
}

function nextFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(FRAME_MAGIC, from); at >= 0; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
    if (typeof readFrame(bytes, at) !== 'string') return at;
  }
  return undefined;
}

function previousIn(text: string): Uint8Array | undefined {
  const found = /"previous":"sha256:([0-9a-f]{64})","tenant":"[^"]*"\}$/.exec(text);
  return found ? Uint8Array.from(Buffer.from(found[1]!, 'hex')) : undefined;
}

function decisionAt(bytes: Buffer, at: number): string | null {
  return /"decisionId":"(d[0-9a-f]{32})"/.exec(bytes.toString('latin1', at, at + 400))?.[1] ?? null;
}
