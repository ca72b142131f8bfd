/**
 * `/platform/audit/witness`: publishes the log's checkpoints and has them witnessed.
 *
 * Nothing of a decision waits for it: where witnesses are away, checkpoints go out without them after a
 * while, and health and metrics say so.
 */
import type { TrustPolicy } from '../../../../contracts/ledger/tlog/trust-policy.ts';
import { hasQuorum } from '../../../../contracts/ledger/tlog/trust-policy.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { LedgerCheckpoint, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type { WitnessStorePort } from '../../../../runtime/kernel/ports/witness/witness-store.ts';
import type { AskPorts } from './ask-witness.ts';
import { keepFork } from './keep-fork.ts';
import type { PublishedCheckpoint, WitnessMessage, WitnessReport } from './witness-messages.ts';
import { runRound, WitnessLane, type RoundResult } from './witness-round.ts';

/** What the actor works with. */
export interface WitnessPorts extends Omit<AskPorts, 'ledger' | 'timeoutMs'> {
  readonly ledger: Pick<LedgerPort, 'append' | 'checkpoint' | 'consistency' | 'size'>;
  readonly store: WitnessStorePort;
  readonly clock: Clock;
  readonly telemetry: Pick<TelemetryPort, 'count' | 'gauge'>;
  /** Null: no witness is asked. */
  readonly policy: TrustPolicy | null;
  readonly settings: WitnessSettings;
  /** Told after each round: whether the newest checkpoint has its quorum, and entries without one. */
  readonly onQuorum?: ((hasQuorum: boolean, lagCount: number) => void) | undefined;
}

/** Times of the actor. */
export interface WitnessSettings {
  /** How often the log is looked at, ms. */
  readonly everyMs: number;
  /** How long one answer of a witness may take, ms. */
  readonly timeoutMs: number;
  /** How long a checkpoint with a quorum stands before a newer one without goes out, ms. */
  readonly staleMs: number;
}

type Ctx = ActorContext<WitnessMessage>;
type Asker = { readonly size: number; readonly replyTo: ActorRef<PublishedCheckpoint> };

const MAX_ASKERS = 10_000;

/** Starts `<parent>/witness`. */
export function spawnWitness(parent: Parent, ports: WitnessPorts): ActorRef<WitnessMessage> {
  return spawn<WitnessKeeper, WitnessMessage>(
    parent,
    (state, message, ctx) => state.receive(message, ctx),
    'witness',
    {
      initialStateFunc: (ctx) => {
        ctx.setTimer('look', 0, { type: 'look' });
        return new WitnessKeeper(ports);
      },
      behaviorName: 'witness',
      stateName: (state) => state.name,
      mailbox: { capacity: 4_096 },
      onCrash: () => 'reset',
    },
  );
}

class WitnessKeeper {
  readonly #ports: WitnessPorts;
  readonly #lanes: readonly WitnessLane[];
  #published: PublishedCheckpoint | undefined;
  #publishedMs = 0;
  /** Cosignatures of the newest checkpoint, by witness. */
  #lines = new Map<string, string>();
  #linesOf = '';
  #faults: ReadonlyMap<string, string> = new Map();
  #looked: { readonly atMs: number; readonly size: number } | undefined;
  #isRunning = false;
  #askers: Asker[] = [];
  #waiting: Asker[] = [];

  constructor(ports: WitnessPorts) {
    this.#ports = ports;
    const { settings, policy } = ports;
    const asked = [...(policy?.witnesses ?? [])].flatMap(([name, { key, url }]) =>
      url === undefined ? [] : [{ name, key, url: url.replace(/\/+$/, '') }],
    );
    const ask: AskPorts = { ...ports, timeoutMs: settings.timeoutMs };
    this.#lanes = asked.map((witness) => new WitnessLane(witness, ask, ports.clock));
  }

  get name(): string {
    const size = this.#published?.size ?? 0;
    return this.#lanes.length === 0
      ? `published ${size}`
      : `published ${size}, ${this.#lines.size} witnesses`;
  }

  receive(message: WitnessMessage, ctx: Ctx): this | Promise<this> {
    switch (message.type) {
      case 'look':
        return this.#look(ctx);
      case 'round-ended':
        return this.#ended(message.result, ctx);
      case 'published':
        if (this.#published && this.#published.size >= message.size) message.replyTo.tell(this.#published);
        else this.#ask(this.#askers, message, ctx);
        return this;
      case 'await-quorum':
        if (this.#published?.hasQuorum && this.#published.size >= message.size)
          message.replyTo.tell(this.#published);
        else this.#ask(this.#waiting, message, ctx);
        return this;
      case 'report':
        if (this.#published) message.replyTo.tell(this.#report(this.#published));
        return this;
    }
  }

  /** Whoever asks for what is not published yet is answered by a round that starts now or next. */
  #ask(askers: Asker[], { size, replyTo }: Asker, ctx: Ctx): void {
    askers.push({ size, replyTo });
    // Those who gave up long ago leave nothing behind.
    if (askers.length > MAX_ASKERS) askers.splice(0, askers.length - MAX_ASKERS);
    if (!this.#isRunning) this.#start(ctx);
  }

  #look(ctx: Ctx): this {
    ctx.setTimer('look', this.#ports.settings.everyMs, { type: 'look' });
    this.#tellRate();
    if (!this.#isRunning && this.#isDue()) this.#start(ctx);
    return this;
  }

  #tellRate(): void {
    const { clock, ledger, telemetry } = this.#ports;
    const [atMs, size] = [clock.monotonicMs(), ledger.size()];
    const earlier = this.#looked;
    this.#looked = { atMs, size };
    if (!earlier || atMs <= earlier.atMs) return;
    telemetry.gauge('event_rate', ((size - earlier.size) / (atMs - earlier.atMs)) * 1_000);
  }

  #isDue(): boolean {
    const published = this.#published;
    if (!published || published.size !== this.#ports.ledger.size()) return true;
    // The same size again: for witnesses that were away.
    return this.#lines.size < this.#lanes.length;
  }

  #start(ctx: Ctx): void {
    this.#isRunning = true;
    ctx.pipeToSelf(
      async () => {
        const checkpoint = await this.#ports.ledger.checkpoint();
        const missing =
          checkpoint.note === this.#linesOf
            ? this.#lanes.filter((lane) => !this.#lines.has(lane.witness.name))
            : this.#lanes;
        return runRound(checkpoint, missing);
      },
      (result) => ({ type: 'round-ended', result }),
    );
  }

  async #ended(result: PromiseSettledResult<RoundResult>, ctx: Ctx): Promise<this> {
    this.#isRunning = false;
    if (result.status === 'rejected') {
      ctx.log.error('the log gives no checkpoint', { error: String(result.reason) });
      return this;
    }
    const { checkpoint, lines, forks, faults } = result.value;
    if (checkpoint.note !== this.#linesOf) this.#lines = new Map();
    this.#linesOf = checkpoint.note;
    for (const [name, line] of lines) this.#lines.set(name, line);
    for (const [witness, fault] of faults) {
      // The same fault at each round would be all that the log says.
      if (this.#faults.get(witness) !== fault) ctx.log.warn('a witness has not vouched', { witness, fault });
    }
    this.#faults = faults;
    await this.#keepForks(forks, ctx);
    await this.#publish(checkpoint, ctx);
    this.#tell();
    this.#answer();
    // Entries came while the round was under way, and somebody asks for them.
    const { ledger } = this.#ports;
    const isAskedFor = ({ size }: Asker): boolean => size > checkpoint.size && size <= ledger.size();
    if ([...this.#askers, ...this.#waiting].some(isAskedFor)) this.#start(ctx);
    return this;
  }

  async #keepForks(forks: RoundResult['forks'], ctx: Ctx): Promise<void> {
    const { clock, store, ledger, telemetry } = this.#ports;
    const at = new Date(clock.wallMs()).toISOString();
    for (const fork of forks) {
      const origin = fork.second.slice(0, fork.second.indexOf('\n'));
      await keepFork({ ...fork, origin, at }, { store, ledger, telemetry }, ctx);
    }
  }

  async #publish(checkpoint: LedgerCheckpoint, ctx: Ctx): Promise<void> {
    const { policy, clock, settings, store } = this.#ports;
    const witnesses = [...this.#lines.keys()];
    const met = policy === null || hasQuorum(policy, new Set(witnesses));
    const nowMs = clock.monotonicMs();
    const held = this.#published?.hasQuorum === true && nowMs - this.#publishedMs < settings.staleMs;
    // Readers who demand a quorum keep the last checkpoint that has one, for a while.
    if (!met && held) return;
    const note = checkpoint.note + [...this.#lines.values()].join('');
    this.#published = { ...checkpoint, note, witnesses, hasQuorum: met };
    if (met) this.#publishedMs = nowMs;
    // For readers of the folder; those who ask the node need no file.
    await store.savePublished(note).catch((error: unknown) => {
      ctx.log.warn('the published checkpoint could not be stored', { error: String(error) });
    });
  }

  #tell(): void {
    const { telemetry, ledger } = this.#ports;
    const published = this.#published!;
    if (this.#ports.policy === null) return;
    const lagCount = ledger.size() - (published.hasQuorum ? published.size : 0);
    telemetry.gauge('witness_quorum', this.#hasQuorumNow() ? 1 : 0);
    telemetry.gauge('witness_lag', lagCount);
    this.#ports.onQuorum?.(this.#hasQuorumNow(), lagCount);
  }

  #answer(): void {
    const published = this.#published!;
    this.#askers = answered(this.#askers, published);
    if (published.hasQuorum) this.#waiting = answered(this.#waiting, published);
  }

  #hasQuorumNow(): boolean {
    const { policy } = this.#ports;
    return policy === null || hasQuorum(policy, new Set(this.#lines.keys()));
  }

  #report(published: PublishedCheckpoint): WitnessReport {
    return {
      published,
      quorum: this.#ports.policy?.quorum ?? null,
      hasQuorum: this.#hasQuorumNow(),
      witnesses: this.#lanes.map((lane) => lane.status),
    };
  }
}

/** Answers those whose size is reached; gives the others. */
function answered(askers: readonly Asker[], published: PublishedCheckpoint): Asker[] {
  const left: Asker[] = [];
  for (const asker of askers) {
    if (asker.size <= published.size) asker.replyTo.tell(published);
    else left.push(asker);
  }
  return left;
}
