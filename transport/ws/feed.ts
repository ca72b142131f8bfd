/** One numbered stream of events, encoded once for all its viewers. */
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';

/** What a feed keeps. */
export interface FeedLimits {
  /** Events held for viewers that lag or come back. */
  readonly heldMaxCount: number;
  readonly heldMaxBytes: number;
}

/** The picture that new viewers start from: told of each event, written when it is asked for. */
export interface FeedPicture {
  fold(event: DecisionEvent, bytes: Buffer): void;
  /** JSON of `events`, `view` and `decisions` of a snapshot, without braces. */
  write(): readonly Buffer[];
}

/** A message ready to be sent, and the sequence that its reader then stands at. */
export interface FeedFrame {
  readonly bytes: Buffer;
  readonly sequence: number;
}

// One event goes to several feeds and to many viewers.
const encodings = new WeakMap<DecisionEvent, Buffer>();

/** Events numbered without gaps as they come; a reader is a sequence and holds nothing else. */
export class Feed {
  readonly id: string;
  readonly decisionId: DecisionId | null;
  readonly #limits: FeedLimits;
  readonly #picture: FeedPicture;
  /** Newest last; `#held[0]` has the sequence `#head - #held.length + 1`. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #head = 0;
  #hasEnded = false;
  /** Frames up to the head by their first sequence, and the snapshot; made when first asked for. */
  readonly #frames = new Map<number, FeedFrame>();
  #snapshot: FeedFrame | undefined;

  constructor(
    id: string,
    options: { decisionId: DecisionId | null; limits: FeedLimits; picture: FeedPicture },
  ) {
    this.id = id;
    this.decisionId = options.decisionId;
    this.#limits = options.limits;
    this.#picture = options.picture;
  }

  /** Sequence of the newest event. */
  get head(): number {
    return this.#head;
  }

  /** Whether nothing will follow. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Adds an event; `sequence` may jump, then everything before it is no longer held. */
  push(event: DecisionEvent, sequence = this.#head + 1): void {
    if (sequence <= this.#head) return;
    if (sequence !== this.#head + 1) this.#forget();
    const bytes = encode(event);
    this.#picture.fold(event, bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#head = sequence;
    const { heldMaxCount, heldMaxBytes } = this.#limits;
    while (this.#held.length > heldMaxCount || (this.#heldBytes > heldMaxBytes && this.#held.length > 1)) {
      this.#heldBytes -= this.#held.shift()!.length;
    }
    this.#changed();
  }

  /** Events that nobody here will see: whoever reads gets a new snapshot. */
  skip(count: number): void {
    this.#head += Math.max(1, count);
    this.#forget();
    this.#changed();
  }

  /** The picture has changed without an event. */
  redraw(): void {
    this.#snapshot = undefined;
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** Whether everything after `sequence` is held. */
  holdsAfter(sequence: number): boolean {
    return sequence <= this.#head && sequence >= this.#head - this.#held.length;
  }

  /** Events after `sequence` up to the head as one message; everyone who stands there gets the same bytes. */
  frameAfter(sequence: number): FeedFrame {
    const known = this.#frames.get(sequence);
    if (known) return known;
    const events = this.#held.slice(this.#held.length - (this.#head - sequence));
    const head = `{"type":"events","feed":"${this.id}","from":${sequence + 1},"to":${this.#head},"events":[`;
    const frame = { bytes: join(head, events, ']}'), sequence: this.#head };
    this.#frames.set(sequence, frame);
    return frame;
  }

  /** The picture at the head as one message. */
  snapshot(): FeedFrame {
    if (this.#snapshot) return this.#snapshot;
    const decision = JSON.stringify(this.decisionId);
    const head = `{"type":"snapshot","feed":"${this.id}","decisionId":${decision},"sequence":${this.#head},`;
    const bytes = Buffer.concat([Buffer.from(head), ...this.#picture.write(), CLOSE]);
    this.#snapshot = { bytes, sequence: this.#head };
    return this.#snapshot;
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  #changed(): void {
    this.#frames.clear();
    this.#snapshot = undefined;
  }
}

const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');

/** Bytes of a JSON list with text before and after it. */
export function join(before: string, items: readonly Buffer[], after: string): Buffer {
  const parts: Buffer[] = [Buffer.from(before)];
  items.forEach((item, at) => (at === 0 ? parts.push(item) : parts.push(COMMA, item)));
  parts.push(Buffer.from(after));
  return Buffer.concat(parts);
}

function encode(event: DecisionEvent): Buffer {
  const known = encodings.get(event);
  if (known) return known;
  const bytes = Buffer.from(JSON.stringify(event));
  encodings.set(event, bytes);
  return bytes;
}
