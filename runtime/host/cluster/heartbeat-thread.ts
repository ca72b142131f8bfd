/**
 * The lease of this node, kept by a thread with a connection of its own: a main loop that is busy must not
 * look dead to the others, and says how late it runs instead.
 */
import type { Worker } from 'node:worker_threads';
import { CellLease } from '../../../cluster/membership/cell-lease.ts';
import type {
  HeartbeatInput,
  HeartbeatOutput,
  LeaseTimes,
  MemberIdentity,
} from '../../../cluster/membership/heartbeat.ts';
import { LeaseCell } from '../../../cluster/membership/lease-cell.ts';
import type { NodeLease } from '../../../cluster/membership/node-lease.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ConnectNatsOptions, NatsKvOptions } from '../../../transport/nats/index.ts';
import type { TimerHandle } from '../../kernel/clock.ts';
import { startThread } from '../../store/thread-entry.ts';
import type { FromHeartbeatThread, HeartbeatWorkerData, ToHeartbeatThread } from './heartbeat-messages.ts';
import { PULSE_BYTES, PULSE_MS } from './heartbeat-messages.ts';
import { processClock } from './process-clock.ts';

/** What a thread is started with. */
export interface HeartbeatThreadOptions {
  /** How the thread connects; files of credentials are read by it. */
  readonly connect: Omit<ConnectNatsOptions, 'clock' | 'onError'>;
  /** Bucket of the cluster, the one that members and claims are in. */
  readonly kv: NatsKvOptions;
  readonly identity: MemberIdentity;
  readonly times: LeaseTimes;
  /** After each renewal and each change of state, once the lease has taken it in. */
  readonly onOutput?: (output: HeartbeatOutput) => void;
  /** Told of each renewal that failed; the thread goes on. */
  readonly onFailure?: (error: WitanError) => void;
  /** The thread ended by itself: this incarnation is over. Told at most once, never after `stop`. */
  readonly onEnd?: (error: WitanError) => void;
}

const START_MS = 30_000;
const STOP_MS = 5_000;

/** One incarnation's thread. */
export class HeartbeatThread {
  readonly #options: HeartbeatThreadOptions;
  readonly #cell = new LeaseCell();
  readonly #lease: CellLease;
  readonly #pulse = new Int32Array(new SharedArrayBuffer(PULSE_BYTES));
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  #pulseTimer: TimerHandle | undefined;
  #isReady = false;
  #isStopping = false;
  #fault: WitanError | undefined;
  #onReady: (error?: WitanError) => void = () => undefined;

  private constructor(options: HeartbeatThreadOptions) {
    this.#options = options;
    const { connect, kv, identity, times } = options;
    const { node, incarnation } = identity;
    this.#lease = new CellLease({ node, incarnation, cell: this.#cell, clock: processClock });
    const pulse = this.#pulse.buffer as SharedArrayBuffer;
    const workerData: HeartbeatWorkerData = { connect, kv, identity, times, cell: this.#cell.buffer, pulse };
    // The process's own output is its embedder's.
    const output = { stdout: true, stderr: true };
    this.#worker = startThread('heartbeat-worker', import.meta.url, {
      workerData,
      name: 'witan-heartbeat',
      ...output,
    });
    this.#worker.on('message', (message: FromHeartbeatThread) => this.#heard(message));
    this.#worker.on('error', (error) => {
      this.#fault ??= new WitanError('unavailable', 'the thread of the heartbeat crashed', {}, error);
    });
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#ended();
        resolve();
      });
    });
    this.#beatPulse();
  }

  /** Starts the thread; resolves when it is connected and begins to join. @throws what connecting throws */
  static async start(options: HeartbeatThreadOptions): Promise<HeartbeatThread> {
    const thread = new HeartbeatThread(options);
    let timer: TimerHandle | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        thread.#onReady = (error) => (error ? reject(error) : resolve());
        const late = new WitanError('unavailable', `the heartbeat did not begin within ${START_MS} ms`);
        timer = processClock.setTimer(START_MS, () => reject(late));
      });
    } catch (error) {
      await thread.stop();
      throw error;
    } finally {
      timer?.cancel();
    }
    return thread;
  }

  /** Reads shared memory and a clock; to be asked before each thing that only an owner may do. */
  get lease(): NodeLease {
    return this.#lease;
  }

  /** The thread's clock as this thread reads it. */
  get clock(): typeof processClock {
    return processClock;
  }

  /** Tells of another state or load; another state is written at once. */
  update(input: Omit<HeartbeatInput, 'lagMs'>): void {
    this.#post({ type: 'update', input });
  }

  /** Gives the lease up, removes the key where the store answers, ends the thread. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#post({ type: 'stop' });
    }
    const timer = processClock.setTimer(STOP_MS, () => void this.#worker.terminate());
    await this.#gone;
    timer.cancel();
  }

  #post(message: ToHeartbeatThread): void {
    this.#worker.postMessage(message);
  }

  #beatPulse(): void {
    Atomics.add(this.#pulse, 0, 1);
    this.#pulseTimer = processClock.setTimer(PULSE_MS, () => this.#beatPulse());
  }

  #heard(message: FromHeartbeatThread): void {
    if (message.type === 'ready') {
      this.#isReady = true;
      return this.#onReady();
    }
    if (message.type === 'output') {
      this.#lease.note(message.output);
      return this.#options.onOutput?.(message.output);
    }
    const error = new WitanError(message.code, message.message);
    if (message.isFatal) this.#fault ??= error;
    else this.#options.onFailure?.(error);
  }

  #ended(): void {
    this.#pulseTimer?.cancel();
    // Nobody else writes the cell any more, and nobody renews this incarnation again.
    this.#cell.write('lost', -Infinity);
    const output: HeartbeatOutput = { state: 'lost', heldUntilMs: -Infinity, revision: 0 };
    this.#lease.note(output);
    const error = this.#fault ?? new WitanError('unavailable', 'the thread of the heartbeat ended');
    this.#onReady(error);
    if (this.#isReady && !this.#isStopping) this.#options.onEnd?.(error);
    this.#lease.close();
  }
}
