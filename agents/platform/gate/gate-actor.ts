/** `/platform/gate`: owns keys and the book of denials; while it lives the gate is open, and no longer. */
import { toWitanError } from '../../../contracts/errors.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../runtime/kernel/index.ts';
import type { ApiKeyRecord } from '../../../runtime/kernel/ports/admission/identity-store.ts';
import { snapshotOf } from './credentials/identity-snapshot.ts';
import { KeyDesk } from './credentials/key-desk.ts';
import type { KeyDeskPorts } from './credentials/key-desk.ts';
import type { Gate, GateListener } from './gate.ts';
import type { GateMessage, KeyChange, KeyReply } from './messages.ts';

/** What the actor works with. */
export interface GateActorPorts extends Omit<KeyDeskPorts, 'snapshot'> {
  readonly gate: Gate;
  /** Called once the gate is closed for good. */
  onEnd?(): Promise<void> | undefined;
}

type Ctx = ActorContext<GateMessage>;

/** Window of the book of denials: repetitions inside it become one entry. */
const WINDOW_MS = 60_000;
/** How often used credits are stored: as much may be lost in a crash, or used twice on two nodes. */
const CREDITS_MS = 2_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Slots for the gate's own notices, so that a flood of changes cannot hold them up. */
const OWN_SLOTS = 4_096;
const CHANGES: ReadonlySet<string> = new Set<KeyChange['type']>([
  'create-key',
  'rotate-key',
  'revoke-key',
  'bootstrap',
]);

/** Starts `<parent>/gate`. The gate opens when the keys are known. */
export function spawnGate(parent: Parent, ports: GateActorPorts): ActorRef<GateMessage> {
  let current: GateKeeper | undefined;
  return spawn<GateKeeper, GateMessage>(
    parent,
    (state, message, ctx) => state.receive(message, ctx),
    'gate',
    {
      initialStateFunc: async (ctx) => {
        current?.end();
        current = new GateKeeper(ports, ctx.self);
        await current.begin(ctx);
        return current;
      },
      behaviorName: 'gate',
      stateName: (state) => state.name,
      mailbox: {
        capacity: 256 + OWN_SLOTS,
        reserved: OWN_SLOTS,
        isReserved: (message) => !CHANGES.has(message.type),
      },
      afterStop: async () => {
        const keeper = current;
        keeper?.end();
        if (!ports.gate.isOpen) ports.gate.endStreams();
        await keeper?.writeLast();
        await ports.onEnd?.();
      },
      onCrash: () => 'reset',
    },
  );
}

class GateKeeper {
  readonly #ports: GateActorPorts;
  readonly #desk: KeyDesk;
  readonly #listener: GateListener;
  #records: readonly ApiKeyRecord[] = [];
  #retryMs = FIRST_RETRY_MS;
  #isWriting = false;
  #isKnown = false;

  constructor(ports: GateActorPorts, self: ActorRef<GateMessage>) {
    this.#ports = ports;
    this.#desk = new KeyDesk({ ...ports, snapshot: () => ports.gate.snapshot });
    this.#listener = {
      onDenial: () => self.tell({ type: 'write-denials' }),
      onKeyUsed: (id, day) => self.tell({ type: 'key-used', id, day }),
      onCreditsUsed: () => self.tell({ type: 'credits-used' }),
    };
  }

  get name(): string {
    return this.#isKnown
      ? `${this.#records.length} keys, ${this.#ports.gate.openCount} calls`
      : 'keys unknown';
  }

  async begin(ctx: Ctx): Promise<void> {
    await this.#refresh(ctx);
    this.#ports.gate.open(this.#listener);
    ctx.setTimer('window', WINDOW_MS, { type: 'close-window' });
    if (this.#isKnown && !this.#desk.isAdministered()) {
      ctx.log.warn('no identity is configured: only callers on this machine are served', {
        expected: 'witan keys bootstrap',
      });
    }
  }

  end(): void {
    this.#ports.gate.close(this.#listener);
  }

  receive(message: GateMessage, ctx: Ctx): this | Promise<this> {
    switch (message.type) {
      case 'write-denials':
        this.#write(ctx);
        return this;
      case 'close-window':
        this.#ports.gate.denials.closeWindow();
        ctx.setTimer('window', WINDOW_MS, { type: 'close-window' });
        this.#write(ctx);
        return this;
      case 'credits-used':
        ctx.setTimer('credits', CREDITS_MS, { type: 'store-credits' });
        return this;
      case 'store-credits':
        return this.#storeCredits(ctx).then(() => this);
      case 'refresh':
        return this.#refresh(ctx).then(() => {
          message.replyTo?.tell({ keyCount: this.#records.length });
          return this;
        });
      case 'key-used':
        return this.#keyUsed(message, ctx).then(() => this);
      case 'done':
        message.finish();
        return this;
      default:
        return this.#change(message).then(() => this);
    }
  }

  /** Writes what is left of the book when the actor ends. */
  async writeLast(): Promise<void> {
    const { denials } = this.#ports.gate;
    denials.closeWindow();
    await this.#append();
    await this.#addCredits();
  }

  async #change(message: Extract<GateMessage, KeyChange>): Promise<void> {
    let reply: KeyReply;
    try {
      reply = await this.#changed(message);
      await this.#read();
      await this.#desk.keepToken();
    } catch (error) {
      reply = { type: 'failed', error: toWitanError(error) };
    }
    message.replyTo.tell(reply);
  }

  async #changed(change: KeyChange): Promise<KeyReply> {
    switch (change.type) {
      case 'create-key':
        return { type: 'key-made', made: await this.#desk.create(change.by, change.request) };
      case 'rotate-key':
        return { type: 'key-made', made: await this.#desk.rotate(change.by, change.id, change.graceMs) };
      case 'revoke-key':
        return { type: 'key-changed', record: await this.#desk.revoke(change.by, change.id, change.reason) };
      case 'bootstrap':
        return { type: 'key-made', made: await this.#desk.bootstrap(change.by, change.token) };
    }
  }

  /** Reads the keys; where that fails, goes on with those that were known and tries again. */
  async #refresh(ctx: Ctx): Promise<void> {
    const { store, settings } = this.#ports;
    try {
      await this.#read();
      await this.#desk.keepToken();
      this.#retryMs = FIRST_RETRY_MS;
      if (store.isShared) ctx.setTimer('refresh', settings.refreshMs, { type: 'refresh' });
    } catch (error) {
      ctx.log.error('the keys cannot be read; trying again', { error: String(error) });
      ctx.setTimer('refresh', this.#retryMs, { type: 'refresh' });
      this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    }
  }

  async #read(): Promise<void> {
    const { store, settings, gate } = this.#ports;
    this.#records = await store.keys();
    this.#isKnown = true;
    gate.use(snapshotOf(settings, this.#records));
  }

  async #keyUsed({ id, day }: { readonly id: string; readonly day: number }, ctx: Ctx): Promise<void> {
    try {
      await this.#ports.store.change(id, { lastUsedDay: day });
    } catch (error) {
      ctx.log.warn('the day of use of a key could not be kept', { keyId: id, error: String(error) });
    }
  }

  async #storeCredits(ctx: Ctx): Promise<void> {
    try {
      await this.#addCredits();
    } catch (error) {
      ctx.log.warn('used credits could not be stored; trying again', { error: String(error) });
      ctx.setTimer('credits', CREDITS_MS, { type: 'store-credits' });
    }
  }

  async #addCredits(): Promise<void> {
    const { gate, store } = this.#ports;
    const unstored = gate.credits.takeUnstored();
    for (const [at, credits] of unstored.entries()) {
      try {
        gate.credits.stored(credits, await store.addCredits(credits.tenant, credits.period, credits.count));
      } catch (error) {
        for (const left of unstored.slice(at)) gate.credits.putBack(left);
        throw error;
      }
    }
  }

  #write(ctx: Ctx): void {
    if (this.#isWriting || this.#ports.gate.denials.dueCount === 0) return;
    this.#isWriting = true;
    ctx.pipeToSelf(
      () => this.#append(),
      (result) => ({
        type: 'done',
        finish: () => {
          this.#isWriting = false;
          if (result.status === 'fulfilled') return this.#write(ctx);
          ctx.log.error('denials could not be recorded; trying again', { error: String(result.reason) });
          ctx.setTimer('denials', FIRST_RETRY_MS, { type: 'write-denials' });
        },
      }),
    );
  }

  async #append(): Promise<void> {
    const { denials } = this.#ports.gate;
    const entries = denials.take();
    for (const [at, payload] of entries.entries()) {
      try {
        await this.#ports.ledger.append({ kind: 'event', tenant: payload.tenant, payload });
      } catch (error) {
        denials.putBack(entries.slice(at));
        throw error;
      }
    }
  }
}
