/** One shard that this node owns: its active entities, made by their first message and gone when idle. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import { spawnStateless, stop, tellWith } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef, Clock, Fence, StopReason } from '../../runtime/kernel/index.ts';
import { watchFromOutside } from '../../runtime/kernel/cell/death-watch.ts';
import { nextRing } from '../../runtime/kernel/cell/admission.ts';
import { BUSY, SCHEDULED, STOPPED, STOPPING } from '../../runtime/kernel/cell/flags.ts';
import { LocalRef } from '../../runtime/kernel/cell/local-ref.ts';
import { Parcel } from '../../runtime/kernel/messaging/envelope.ts';
import { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';
import type { EntityKind } from './entity-kind.ts';
import type { EntityRef } from './entity-ref.ts';
import type { Remembered } from './remembered.ts';
import type { EntityLetter } from './waiting-room.ts';

/** What a shard needs. */
export interface LocalShardParts {
  readonly parent: AnyRef;
  readonly kind: EntityKind;
  readonly shard: number;
  readonly generation: number;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly remembered: Remembered | undefined;
  readonly refOf: (id: string) => EntityRef;
  /** Messages that may wait for one entity that is beginning or ending. */
  readonly maxWaiting: number;
  /** Takes what certainly was not handled, for the next owner. */
  readonly resend: (letter: EntityLetter) => void;
  /** What cannot be delivered, and why. */
  readonly refuse: (letter: EntityLetter, error: WitanError) => void;
}

// How often a shard that is handed over looks whether its entities have handled what they had.
const QUIET_LOOK_MS = 5;

/** Entities of one shard under one claim. */
export class LocalShard {
  readonly generation: number;
  /** It is being handed over, or was: nothing new is delivered. */
  isClosed = false;
  private readonly parts: LocalShardParts;
  private readonly ref: AnyRef;
  private readonly active = new Map<string, LocalRef>();
  /** Messages to entities that are about to begin, or to begin again when their end is over. */
  private readonly waiting = new Map<string, EntityLetter[]>();

  constructor(parts: LocalShardParts) {
    this.parts = parts;
    this.generation = parts.generation;
    this.ref = spawnStateless(parts.parent, () => {}, String(parts.shard), {
      behaviorName: 'shard',
    }) as AnyRef;
  }

  /** Ids of active entities. */
  get ids(): readonly string[] {
    return [...this.active.keys()];
  }

  /** Makes the entities again that were active under the last owner. @throws storage_failed */
  async recall(): Promise<void> {
    for (const id of (await this.parts.remembered?.load()) ?? []) {
      if (!this.isClosed && !this.active.has(id)) this.begin(id, []);
    }
  }

  /** Takes a message to its entity, which is made when it is not active. */
  deliver(letter: EntityLetter): void {
    const { id } = letter.ref;
    const line = this.waiting.get(id);
    if (line !== undefined) {
      if (line.length < this.parts.maxWaiting) line.push(letter);
      else this.parts.refuse(letter, new WitanError('overloaded', 'Too much waits for the entity', { id }));
      return;
    }
    const ref = this.active.get(id);
    if (ref === undefined) this.begin(id, [letter]);
    // It goes to sleep: its end is awaited, then it is made again.
    else if ((ref.cell.flags & (STOPPING | STOPPED)) !== 0) this.waiting.set(id, [letter]);
    else hand(ref, letter);
  }

  /** Lets the entities handle what they have, then stops them. Resolves when all are gone. */
  async drain(): Promise<void> {
    this.isClosed = true;
    while (!this.isQuiet() && this.parts.fence.isHeld()) {
      await new Promise<void>((done) => void this.parts.clock.setTimer(QUIET_LOOK_MS, done));
    }
    await this.end();
  }

  /** Stops the entities where they stand; what they have not begun with goes to the next owner. */
  async end(): Promise<void> {
    this.isClosed = true;
    const left = [...this.waiting.values()].flat();
    this.waiting.clear();
    for (const [id, ref] of this.active) left.push(...this.unhandled(id, ref));
    const fromGeneration = this.generation + 1;
    for (const letter of left) this.parts.resend({ ...letter, fromGeneration });
    await stop(this.ref);
  }

  /** Takes the mailbox of an entity out. */
  private unhandled(id: string, { cell }: LocalRef): EntityLetter[] {
    const letters: EntityLetter[] = [];
    for (let ring = nextRing(cell); ring !== undefined; ring = nextRing(cell)) {
      const origin = ring.headOrigin();
      const message = ring.shift();
      const options = origin instanceof Parcel ? origin.options : { sender: origin as AnyRef | undefined };
      const letter = { ref: this.parts.refOf(id), message, options, fromGeneration: 0, isSecond: false };
      letters.push(letter);
    }
    return letters;
  }

  private isQuiet(): boolean {
    if (this.waiting.size > 0) return false;
    for (const { cell } of this.active.values()) {
      if ((cell.flags & (SCHEDULED | BUSY)) !== 0 || cell.depth() > 0) return false;
    }
    return true;
  }

  private begin(id: string, letters: EntityLetter[]): void {
    const { remembered } = this.parts;
    if (remembered === undefined) {
      this.start(id, letters);
      return;
    }
    this.waiting.set(id, letters);
    remembered.began(id).then(
      () => this.open(id),
      (error: unknown) => this.fail(id, toWitanError(error)),
    );
  }

  /** Makes the entity that messages wait for. */
  private open(id: string): void {
    const letters = this.waiting.get(id);
    if (letters === undefined) return;
    this.waiting.delete(id);
    this.start(id, letters);
  }

  private start(id: string, letters: readonly EntityLetter[]): void {
    const { kind, fence } = this.parts;
    const name = encodeURIComponent(id);
    const shutdownAfterMs = kind.passivateAfterMs;
    let ref: ActorRef<never>;
    try {
      ref = kind.start!({ id, parent: this.ref, name, fence, shutdownAfterMs }) as ActorRef<never>;
      if (!(ref instanceof LocalRef))
        throw new WitanError('internal', 'An entity is an actor of its own node');
    } catch (error) {
      for (const letter of letters) this.parts.refuse(letter, toWitanError(error));
      return;
    }
    const entity: LocalRef = ref;
    this.active.set(id, entity);
    watchFromOutside(entity, (reason) => this.ended(id, reason));
    for (const letter of letters) hand(entity, letter);
  }

  private ended(id: string, reason: StopReason): void {
    this.active.delete(id);
    const letters = this.waiting.get(id);
    if (letters !== undefined) {
      this.open(id);
      return;
    }
    // One that crashed comes again with its next message, or where its shard goes.
    if (this.isClosed || reason === 'crashed') return;
    this.parts.remembered?.ended(id).catch(() => undefined);
  }

  private fail(id: string, error: WitanError): void {
    const letters = this.waiting.get(id) ?? [];
    this.waiting.delete(id);
    for (const letter of letters) this.parts.refuse(letter, error);
  }
}

/** Into the mailbox; the entity owes the answer of an ask from now on. */
function hand(ref: LocalRef, { message, options }: EntityLetter): void {
  const { sender } = options;
  if (sender instanceof ReplyRef && !sender.settled && sender.core === ref.cell.core) sender.owe(ref.cell);
  const isPlain = Object.keys(options).every((name) => name === 'sender');
  if (isPlain) ref.tell(message, sender);
  else tellWith(ref as ActorRef<unknown>, message, options);
}
