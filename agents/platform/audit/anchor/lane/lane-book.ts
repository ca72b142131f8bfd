/** The lane's outbox and what it adds up to: a step counts once it is on the disk. */
import { WitanError } from '../../../../../contracts/errors.ts';
import type { OutboxPort } from '../../../../../runtime/kernel/ports/outbox.ts';
import { AnchorEvent } from './anchor-event.ts';
import { EMPTY_LANE, foldLane, snapshotOf } from './lane-state.ts';
import type { LaneState } from './lane-state.ts';

/** See the head of the file. */
export class LaneBook {
  readonly #outbox: OutboxPort;
  #state: LaneState;

  /** @throws verification_failed for a record that cannot stand where it stands */
  constructor(outbox: OutboxPort) {
    this.#outbox = outbox;
    this.#state = outbox.records().reduce<LaneState>((state, record, place) => {
      const event = AnchorEvent.safeParse(record);
      if (event.success) return foldLane(state, event.data);
      const path = `${place}.${event.error.issues[0]?.path.join('.') ?? ''}`;
      throw new WitanError('verification_failed', 'the outbox holds a record that is none', { path });
    }, EMPTY_LANE);
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Writes a step down; when it resolves, the step is on the disk. @throws storage_failed, verification_failed */
  async note(event: AnchorEvent): Promise<void> {
    // What could not be read back must not reach the disk: the next start would stand still at it.
    const { error } = AnchorEvent.safeParse(event);
    if (error) {
      const path = error.issues[0]?.path.join('.') ?? '';
      throw new WitanError('verification_failed', `a step of the anchor is out of bounds: ${path}`, { path });
    }
    // Folded first, for the same reason: an event that cannot follow is a defect.
    const next = foldLane(this.#state, event);
    await this.#outbox.append(event);
    this.#state = next;
  }

  get recordCount(): number {
    return this.#outbox.records().length;
  }

  /** Puts one record in the place of all. @throws storage_failed */
  async compact(): Promise<void> {
    const snapshot = snapshotOf(this.#state);
    await this.#outbox.compact([snapshot]);
    this.#state = foldLane(EMPTY_LANE, snapshot);
  }
}
