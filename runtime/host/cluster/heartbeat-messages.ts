/** What the main loop and the thread of the heartbeat say to each other. */
import type {
  HeartbeatInput,
  HeartbeatOutput,
  LeaseTimes,
  MemberIdentity,
} from '../../../cluster/membership/heartbeat.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { ConnectNatsOptions, NatsKvOptions } from '../../../transport/nats/index.ts';

/** What the thread is started with; plain data. */
export interface HeartbeatWorkerData {
  readonly connect: Omit<ConnectNatsOptions, 'clock' | 'onError'>;
  readonly kv: NatsKvOptions;
  readonly identity: MemberIdentity;
  readonly times: LeaseTimes;
  /** Of the lease's cell; the thread writes it. */
  readonly cell: SharedArrayBuffer;
  /** {@link PULSE_BYTES}; the main loop adds one to its first word every {@link PULSE_MS}. */
  readonly pulse: SharedArrayBuffer;
}

/** To the thread. */
export type ToHeartbeatThread =
  { readonly type: 'update'; readonly input: Omit<HeartbeatInput, 'lagMs'> } | { readonly type: 'stop' };

/** From the thread. */
export type FromHeartbeatThread =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly output: HeartbeatOutput }
  /** A renewal failed, or the thread could not begin (`isFatal`). */
  | {
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly isFatal: boolean;
    };

/** How often the main loop shows that it runs, ms. */
export const PULSE_MS = 50;

/** Bytes of the buffer in which it does. */
export const PULSE_BYTES = 4;
