/** Keys of the same seats on other nodes: told by each node, frozen into the terms of every session. */
import { KeyFollower } from '../../../cluster/membership/follow-keys.ts';
import { isEligible } from '../../../cluster/placement/eligibility.ts';
import { seatsKey, SEATS_PREFIX } from '../../../contracts/cluster-names.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { SeatsRecord } from '../../../contracts/messages/cluster/seats-record.ts';
import type { KeyId } from '../../../contracts/messages/ids.ts';
import type { FrozenSeat, SeatKey } from '../../../contracts/messages/session.ts';
import type { KvChange } from '../../kernel/ports/kv.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import type { Random, TimerHandle } from '../../kernel/clock.ts';
import { evaluatorRef } from '../../kernel/ports/evaluator.ts';
import type { SeatedPlan } from '../tree/council-plans.ts';
import { DECIDES } from './decision-shards.ts';
import type { NodeCluster } from './node-cluster.ts';
import { processClock } from './process-clock.ts';

/** What the book is kept with. */
export interface SeatKeyBookOptions {
  readonly cluster: NodeCluster;
  readonly seats: readonly SeatedPlan[];
  readonly keys: KeysPort;
  readonly random: Random;
  /** Told of what the store refused; it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** A key that was rotated is told of after this time at most, ms. */
const TELL_EVERY_MS = 1_000;

/** See the head of the file. Closed with the node. */
export class SeatKeyBook {
  readonly #options: SeatKeyBookOptions;
  readonly #records = new Map<string, SeatsRecord>();
  readonly #follower: KeyFollower;
  #told = '';
  #timer: TimerHandle | undefined;
  #isClosed = false;

  constructor(options: SeatKeyBookOptions) {
    this.#options = options;
    this.#follower = new KeyFollower({
      kv: options.cluster.kv,
      clock: processClock,
      random: options.random,
      prefix: SEATS_PREFIX,
      onChange: (change) => this.#note(change),
      onBroken: options.onFailure,
    });
  }

  /** Tells the others of this node's seats and begins to hear of theirs. @throws unavailable */
  async start(): Promise<void> {
    this.#follower.start();
    await this.#tell();
    this.#tellLater();
  }

  /**
   * Keys of a seat on the other nodes that decide, or soon may, and judge as this one does, sorted by id. One
   * that is just coming back may have to go on with what is opened now.
   */
  othersOf(seat: Pick<FrozenSeat, 'seat' | 'evaluators' | 'calibration'>): readonly SeatKey[] {
    const { members, node } = this.#options.cluster;
    const keys: SeatKey[] = [];
    for (const { record } of members.list()) {
      if (record.node === node || !isEligible({ ...record, state: 'up' }, DECIDES)) continue;
      const other = this.#records.get(record.node)?.seats.find((one) => one.seat === seat.seat);
      if (!other || other.calibration !== seat.calibration) continue;
      if (other.evaluators.join(' ') !== seat.evaluators.join(' ')) continue;
      keys.push({ keyId: other.keyId, publicKey: other.publicKey });
    }
    return keys.sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  }

  /** Ends the watch. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#follower.stop();
  }

  #tellLater(): void {
    if (this.#isClosed) return;
    this.#timer = processClock.setTimer(TELL_EVERY_MS, () => {
      void this.#tell()
        .catch(this.#options.onFailure)
        .finally(() => this.#tellLater());
    });
  }

  async #tell(): Promise<void> {
    const { cluster, seats, keys } = this.#options;
    const record: SeatsRecord = {
      format: 'witan-seats/1',
      node: cluster.node,
      seats: seats.map(({ plan }) => {
        const { keyId, publicKey } = keys.active(`seat/${plan.seat}`);
        return {
          seat: plan.seat,
          keyId: keyId as KeyId,
          publicKey: toHex(publicKey),
          evaluators: plan.evaluators.map(evaluatorRef),
          calibration: plan.calibration.id,
        };
      }),
    };
    const text = JSON.stringify(record);
    if (text === this.#told) return;
    await cluster.kv.put(seatsKey(cluster.node), new TextEncoder().encode(text));
    this.#told = text;
  }

  #note({ key, value }: KvChange): void {
    const node = key.slice(SEATS_PREFIX.length);
    if (value === undefined) return void this.#records.delete(node);
    try {
      const record = SeatsRecord.parse(JSON.parse(new TextDecoder().decode(value)));
      if (record.node === node) this.#records.set(node, record);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
