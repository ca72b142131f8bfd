/** How a message enters a mailbox when it is not a plain push: bounds, lanes, reserved slots, parking. */
import { WitanError } from '../../../contracts/errors.ts';
import type { MailboxOptions } from '../actor.ts';
import { ReplyRef } from '../messaging/reply-ref.ts';
import { Parcel } from '../messaging/envelope.ts';
import type { Cell } from './cell.ts';
import {
  BLOCKED,
  DRAINING,
  ENVELOPES,
  NO_WAKE,
  SCHEDULED,
  SPECIAL_MAILBOX,
  STOPPED,
  STOPPING,
  WATCHED,
} from './flags.ts';
import { entering } from './measure.ts';
import { NO_RING, Ring } from './ring.ts';

/** Messages that wait in a mailbox unless its options say otherwise. */
export const DEFAULT_CAPACITY = 1_024;
const DEFAULT_LANES = 3;
// Parking bounds the harm of a sender that is no actor and so cannot be made to wait.
const PARKED_PER_CAPACITY = 8;

/** Capacity of a cell's mailbox in messages. */
export function capacityOf(cell: Cell): number {
  return cell.options?.mailbox?.capacity ?? DEFAULT_CAPACITY;
}

/**
 * Whether the mailbox options need the slow path. @throws invalid_argument when they contradict each other
 */
export function isSpecialMailbox(options: MailboxOptions<unknown> | undefined): boolean {
  if (options === undefined) return false;
  const capacity = options.capacity ?? DEFAULT_CAPACITY;
  const reserved = options.reserved ?? 0;
  const lanes = options.lanes ?? DEFAULT_LANES;
  if (!Number.isInteger(capacity) || capacity < 1) throw invalid('mailbox.capacity', 'an integer ≥ 1');
  if (!Number.isInteger(reserved) || reserved < 0 || reserved >= capacity) {
    throw invalid('mailbox.reserved', 'an integer ≥ 0 and below the capacity');
  }
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > 16) {
    throw invalid('mailbox.lanes', 'an integer from 1 to 16');
  }
  return options.priority !== undefined || reserved > 0;
}

function invalid(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `${path} is not ${expected}`, { path, expected });
}

/** Opens or grows the ring of a plain mailbox; false when the message was dealt with because it is full. */
export function makeRoom(cell: Cell, message: unknown, origin: unknown): boolean {
  if (cell.ring === NO_RING) cell.ring = new Ring();
  if (cell.ring.grow(capacityOf(cell))) return true;
  return overflow(cell, message, origin);
}

/** Takes a message on the slow path: never throws, never blocks. */
export function admit(cell: Cell, message: unknown, origin: unknown): void {
  if ((cell.flags & (STOPPING | STOPPED)) !== 0 || ((cell.flags & DRAINING) !== 0 && isFromOutside(cell))) {
    cell.core.deadLetter(cell.ref, { message, origin, reason: 'stopped' });
    return;
  }
  if ((cell.flags & WATCHED) !== 0) entering(cell);
  if ((cell.flags & SPECIAL_MAILBOX) === 0) {
    if (cell.ring.size >= cell.ring.limit && !makeRoom(cell, message, origin)) return;
    cell.ring.push(message, origin);
  } else if (!admitSpecial(cell, message, origin)) {
    return;
  }
  wakeAfterTell(cell);
}

/** Marks that some message in the mailbox is a {@link Parcel}, then admits it. */
export function admitParcel(cell: Cell, message: unknown, parcel: Parcel): void {
  cell.flags |= ENVELOPES;
  cell.ref.tell(message, parcel as never);
}

function wakeAfterTell(cell: Cell): void {
  if ((cell.flags & NO_WAKE) !== 0) return;
  cell.flags |= SCHEDULED;
  cell.core.dispatcher.enqueue(cell);
}

/** While the system drains, what comes from no turn of an actor comes from outside. */
function isFromOutside(cell: Cell): boolean {
  const core = cell.core;
  return core.dispatcher.current === undefined && core.openTurns.size === 0 && core.openPipes === 0;
}

function admitSpecial(cell: Cell, message: unknown, origin: unknown): boolean {
  const extras = cell.more();
  if (extras.parked !== undefined && extras.parked.length > extras.parkedHead) {
    park(cell, message, origin);
    return false;
  }
  const options = cell.options?.mailbox;
  const capacity = capacityOf(cell);
  const reserved = options?.reserved ?? 0;
  const room = capacity - cell.depth();
  if (room <= 0 || (room <= reserved && !isReserved(cell, message))) {
    if (!overflow(cell, message, origin)) return false;
  }
  pushInto(laneFor(cell, message, origin), message, origin);
  return true;
}

function pushInto(ring: Ring, message: unknown, origin: unknown): void {
  if (ring.size >= ring.limit) ring.grow(Infinity);
  ring.push(message, origin);
}

function isReserved(cell: Cell, message: unknown): boolean {
  try {
    return cell.options?.mailbox?.isReserved?.(message) === true;
  } catch (error) {
    cell.core.callbackFailed(cell, 'isReserved', error);
    return false;
  }
}

function laneFor(cell: Cell, message: unknown, origin: unknown): Ring {
  const options = cell.options?.mailbox;
  if (options?.priority === undefined) {
    if (cell.ring === NO_RING) cell.ring = new Ring();
    return cell.ring;
  }
  const extras = cell.more();
  const lanes = (extras.lanes ??= Array.from({ length: options.lanes ?? DEFAULT_LANES }, () => new Ring()));
  const last = lanes.length - 1;
  let lane = last;
  try {
    const stated = origin instanceof Parcel ? origin.options.priority : undefined;
    lane = Math.trunc(stated ?? options.priority(message));
  } catch (error) {
    cell.core.callbackFailed(cell, 'priority', error);
  }
  // A lane that is no number is the least urgent one.
  return lanes[lane >= 0 ? Math.min(lane, last) : lane < 0 ? 0 : last]!;
}

/** The mailbox is full. True when room was made for the new message. */
function overflow(cell: Cell, message: unknown, origin: unknown): boolean {
  const policy = cell.options?.mailbox?.overflow ?? 'reject';
  if (policy === 'drop-oldest') {
    const ring = leastUrgent(cell);
    const oldest = ring.headOrigin();
    cell.core.deadLetter(cell.ref, { message: ring.shift(), origin: oldest, reason: 'dropped-oldest' });
    return true;
  }
  if (policy === 'backpressure') park(cell, message, origin);
  else cell.core.deadLetter(cell.ref, { message, origin, reason: 'mailbox-full' });
  return false;
}

function leastUrgent(cell: Cell): Ring {
  const lanes = cell.extras?.lanes;
  if (lanes !== undefined) {
    for (let lane = lanes.length - 1; lane >= 0; lane -= 1) if (lanes[lane]!.size > 0) return lanes[lane]!;
  }
  return cell.ring;
}

/** Keeps a message outside the full mailbox; the actor that sent it waits until it is admitted. */
function park(cell: Cell, message: unknown, origin: unknown): void {
  const extras = cell.more();
  const parked = (extras.parked ??= []);
  if ((parked.length - extras.parkedHead) / 3 >= capacityOf(cell) * PARKED_PER_CAPACITY) {
    cell.core.deadLetter(cell.ref, { message, origin, reason: 'mailbox-full' });
    return;
  }
  const current = cell.core.dispatcher.current;
  const sending = current === cell || current?.parent === undefined ? undefined : current;
  parked.push(message, origin, sending);
  cell.flags |= SPECIAL_MAILBOX;
  if (sending !== undefined) {
    sending.more().blockedCount += 1;
    sending.flags |= BLOCKED;
  }
}

/** Moves parked messages into the room that a taken message left. */
export function admitParked(cell: Cell): void {
  const extras = cell.extras;
  const parked = extras?.parked;
  if (extras === undefined || parked === undefined) return;
  const capacity = capacityOf(cell);
  while (extras.parkedHead < parked.length && cell.depth() < capacity) {
    const at = extras.parkedHead;
    extras.parkedHead += 3;
    const message = parked[at];
    const origin = parked[at + 1];
    pushInto(laneFor(cell, message, origin), message, origin);
    release(parked[at + 2] as Cell | undefined);
    parked[at] = parked[at + 1] = parked[at + 2] = undefined;
  }
  if (extras.parkedHead < parked.length) {
    if (extras.parkedHead > 3_072) {
      parked.splice(0, extras.parkedHead);
      extras.parkedHead = 0;
    }
    return;
  }
  extras.parked = undefined;
  extras.parkedHead = 0;
  if (isSpecialMailbox(cell.options?.mailbox)) return;
  cell.flags &= ~SPECIAL_MAILBOX;
  cell.ring.limit = Math.min(cell.ring.limit, capacity);
}

function release(sending: Cell | undefined): void {
  if (sending === undefined) return;
  const extras = sending.more();
  extras.blockedCount -= 1;
  if (extras.blockedCount > 0) return;
  sending.flags &= ~BLOCKED;
  sending.core.wake(sending);
}

/** Takes the next message out of lanes or ring into the context; undefined origin and message are legal. */
export function nextRing(cell: Cell): Ring | undefined {
  const lanes = cell.extras?.lanes;
  if (lanes !== undefined) {
    for (const lane of lanes) if (lane.size > 0) return lane;
  }
  return cell.ring.size > 0 ? cell.ring : undefined;
}

/** Empties the mailbox, its parked and stashed messages into dead letters; their asks fail. */
export function drainToDeadLetters(cell: Cell): void {
  const { core, ref, extras } = cell;
  const stash = extras?.stash;
  if (stash !== undefined) {
    extras!.stash = undefined;
    for (let at = 0; at < stash.length; at += 2) {
      core.deadLetter(ref, { message: stash[at], origin: stash[at + 1], reason: 'stopped' });
    }
  }
  for (let ring = nextRing(cell); ring !== undefined; ring = nextRing(cell)) {
    const origin = ring.headOrigin();
    core.deadLetter(ref, { message: ring.shift(), origin, reason: 'stopped' });
  }
  const parked = extras?.parked;
  if (parked === undefined) return;
  const from = extras!.parkedHead;
  extras!.parked = undefined;
  extras!.parkedHead = 0;
  for (let at = from; at < parked.length; at += 3) {
    core.deadLetter(ref, { message: parked[at], origin: parked[at + 1], reason: 'stopped' });
    release(parked[at + 2] as Cell | undefined);
  }
}

/** Open asks whose message still waits in the mailbox or the stash. O(mailbox). */
export function queuedAsks(cell: Cell): Set<ReplyRef> {
  const queued = new Set<ReplyRef>();
  const note = (origin: unknown): void => {
    const sender = origin instanceof Parcel ? origin.sender : origin;
    if (sender instanceof ReplyRef) queued.add(sender);
  };
  for (const ring of [cell.ring, ...(cell.extras?.lanes ?? [])]) {
    for (let index = 0; index < ring.size; index += 1) note(ring.originAt(index));
  }
  const { stash, parked } = cell.extras ?? {};
  if (stash !== undefined) for (let at = 1; at < stash.length; at += 2) note(stash[at]);
  if (parked === undefined) return queued;
  for (let at = cell.extras!.parkedHead + 1; at < parked.length; at += 3) note(parked[at]);
  return queued;
}
