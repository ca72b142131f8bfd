/** The last messages that were not handled, in bounded memory, and how many there were by reason. */
import type { DeadLetterRecipient, LetterParts } from '../cell/core.ts';
import { messageTypeOf, openEnvelope, senderOf } from '../messaging/envelope.ts';
import type { DeadLetter, DeadLetterReason } from '../inspection-info.ts';

interface StoredLetter extends LetterParts {
  readonly sequence: number;
  readonly recipient: DeadLetterRecipient;
  readonly atWallMs: number;
}

/** Ring of dead letters; paths and envelopes are made when someone reads. */
export class DeadLetterRing {
  private readonly letters: (StoredLetter | undefined)[] = [];
  private readonly capacity: number;
  private readonly node: string;
  private readonly counts = new Map<DeadLetterReason, number>();
  private recorded = 0;

  /** @param capacity Letters kept; older ones are counted but gone. */
  constructor(capacity: number, node: string) {
    this.capacity = Math.max(1, capacity);
    this.node = node;
  }

  /** Dead letters since the start, also those no longer kept. */
  get total(): number {
    return this.recorded;
  }

  /** Adds a letter. O(1). */
  record(recipient: DeadLetterRecipient, letter: LetterParts, atWallMs: number): void {
    const sequence = (this.recorded += 1);
    const { message, origin, reason } = letter;
    this.letters[(sequence - 1) % this.capacity] = { sequence, recipient, message, origin, reason, atWallMs };
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  /** Kept letters, oldest first. O(capacity). */
  list(): readonly DeadLetter[] {
    const kept = this.letters.filter((letter) => letter !== undefined);
    return kept.sort((left, right) => left.sequence - right.sequence).map((letter) => this.show(letter));
  }

  /** Letters by reason since the start. */
  totals(): Readonly<Partial<Record<DeadLetterReason, number>>> {
    return Object.fromEntries(this.counts);
  }

  /** Takes one letter out of the ring, to be sent again; undefined when it is not kept any more. */
  take(sequence: number): StoredLetter | undefined {
    const at = (sequence - 1) % this.capacity;
    const letter = this.letters[at];
    if (letter === undefined || letter.sequence !== sequence) return undefined;
    this.letters[at] = undefined;
    return letter;
  }

  /** Puts a letter back that could not be sent again. */
  putBack(letter: StoredLetter): void {
    const at = (letter.sequence - 1) % this.capacity;
    this.letters[at] ??= letter;
  }

  private elsewhere(recipient: DeadLetterRecipient): { node?: string } {
    if (typeof recipient === 'string' || recipient.node === this.node) return {};
    return { node: recipient.node };
  }

  private show(letter: StoredLetter): DeadLetter {
    const recipient = recipientPath(letter.recipient);
    return {
      sequence: letter.sequence,
      recipient,
      ...this.elsewhere(letter.recipient),
      sender: senderOf(letter.origin)?.path,
      reason: letter.reason,
      message: letter.message,
      messageType: messageTypeOf(letter.message),
      atWallMs: letter.atWallMs,
      envelope: openEnvelope(letter.message, letter.origin, {
        recipient,
        makeId: () => `${this.node}-dead-${letter.sequence}`,
      }),
    };
  }
}

/** Path of whom a dead letter was for. */
export function recipientPath(recipient: DeadLetterRecipient): string {
  return typeof recipient === 'string' ? recipient : recipient.path;
}
