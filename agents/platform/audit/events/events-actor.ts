/** `/platform/audit/events`: the one way of every event to the record (AUD-13, AUD-14). */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type {
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../../../runtime/kernel/ports/ledger.ts';
import type { AuditTrail } from './trail.ts';

/** Answer to `record`. */
export type RecordReply =
  | { readonly type: 'recorded'; readonly receipt: LedgerReceipt }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Mailbox of `/platform/audit/events`. */
export type EventsMessage =
  /** Records one event, which has its envelope, and answers when it is durable. */
  | {
      readonly type: 'record';
      readonly entry: LedgerEntryInput;
      readonly term?: WriterTerm | undefined;
      readonly replyTo: ActorRef<RecordReply>;
    }
  /** The note book has something to write. */
  | { readonly type: 'due' }
  | { readonly type: 'write' }
  | { readonly type: 'close-window' }
  | { readonly type: 'done'; readonly finish: () => void };

/** What the actor works with. */
export interface EventsPorts {
  /** The log itself, behind the trail. */
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly trail: Pick<AuditTrail, 'notes' | 'requests' | 'taken' | 'appendNoted'>;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly appendMaxCount: number;
}

type Ctx = ActorContext<EventsMessage>;

/** Notes that are written together; a group commit of the log takes them at once. */
const BATCH_COUNT = 256;
/** Events of a moment wait for each other; nobody waits for them. */
const WRITE_AFTER_MS = 100;
/** Messages of the actor to itself beside the ends of appends. */
const OWN_COUNT = 16;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;

/** Starts `<parent>/events`. */
export function spawnAuditEvents(parent: Parent, ports: EventsPorts): ActorRef<EventsMessage> {
  return spawn<EventsWork, EventsMessage>(
    parent,
    (work, message, ctx) => {
      work.take(message, ctx);
      return work;
    },
    'events',
    {
      initialStateFunc: (ctx) => {
        ctx.setTimer('window', ports.windowMs, { type: 'close-window' });
        const work = new EventsWork(ports);
        work.plan(ctx);
        return work;
      },
      behaviorName: 'audit-events',
      stateName: (work) => work.stateName,
      mailbox: {
        capacity: ports.appendMaxCount * 2 + OWN_COUNT,
        reserved: ports.appendMaxCount + OWN_COUNT - 1,
        isReserved: ({ type }) => type !== 'record',
      },
      // What was counted and noted is written before the log closes.
      afterStop: (work) => work.finish(),
      onCrash: () => 'reset',
    },
  );
}

class EventsWork {
  readonly #ports: EventsPorts;
  #openCount = 0;
  #recordedCount = 0;
  #isPlanned = false;
  #isWriting = false;
  #retryMs = RETRY_MIN_MS;

  constructor(ports: EventsPorts) {
    this.#ports = ports;
  }

  get stateName(): string {
    return `${this.#recordedCount} recorded, ${this.#ports.trail.notes.count} waiting`;
  }

  take(message: EventsMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'record':
        return this.#record(message, ctx);
      case 'due':
        return this.plan(ctx);
      case 'write':
        this.#isPlanned = false;
        return this.#write(ctx);
      case 'close-window':
        ctx.setTimer('window', this.#ports.windowMs, { type: 'close-window' });
        this.#closeWindow();
        return this.plan(ctx);
      case 'done':
        return message.finish();
    }
  }

  /** Writes soon, where there is something to write. */
  plan(ctx: Ctx, afterMs = WRITE_AFTER_MS): void {
    if (this.#isPlanned || this.#isWriting || !this.#ports.trail.notes.isDue) return;
    this.#isPlanned = true;
    ctx.setTimer('write', afterMs, { type: 'write' });
  }

  async finish(): Promise<void> {
    this.#closeWindow();
    while (this.#ports.trail.notes.isDue) await this.#append();
  }

  #record({ entry, term, replyTo }: EventsMessage & { readonly type: 'record' }, ctx: Ctx): void {
    if (this.#openCount >= this.#ports.appendMaxCount) {
      const error = new WitanError('overloaded', 'the trail takes no more events now', { retryAfterMs: 100 });
      return replyTo.tell({ type: 'failed', error });
    }
    this.#openCount += 1;
    ctx.pipeToSelf(
      () => this.#ports.ledger.append(entry, term),
      (result) => ({
        type: 'done',
        finish: () => {
          this.#openCount -= 1;
          if (result.status === 'rejected') {
            return replyTo.tell({ type: 'failed', error: toWitanError(result.reason) });
          }
          this.#recordedCount += 1;
          replyTo.tell({ type: 'recorded', receipt: result.value });
        },
      }),
    );
  }

  #write(ctx: Ctx): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    ctx.pipeToSelf(
      () => this.#append(),
      (result) => ({
        type: 'done',
        finish: () => {
          this.#isWriting = false;
          if (result.status === 'fulfilled') {
            this.#retryMs = RETRY_MIN_MS;
            return this.plan(ctx, 0);
          }
          ctx.log.error('events could not be recorded; trying again', { error: String(result.reason) });
          this.plan(ctx, this.#retryMs);
          this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
        },
      }),
    );
  }

  /** Appends a batch; what failed comes first again. */
  async #append(): Promise<void> {
    const { trail, clock } = this.#ports;
    const { notes } = trail;
    trail.taken();
    const entries = notes.take(BATCH_COUNT, clock.wallMs());
    const appended = await Promise.allSettled(entries.map((entry) => trail.appendNoted(entry)));
    const failed = entries.filter((_, at) => appended[at]!.status === 'rejected');
    this.#recordedCount += entries.length - failed.length;
    if (failed.length === 0) return;
    notes.putBack(failed);
    throw appended.find((one) => one.status === 'rejected')!.reason;
  }

  #closeWindow(): void {
    const { trail, clock } = this.#ports;
    const { notes, requests } = trail;
    for (const entry of requests.closeWindow(clock.wallMs())) notes.note(entry, clock.wallMs());
  }
}
