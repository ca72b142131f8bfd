/** Entry of the thread that keeps this node's lease: its own connection, its own loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { Heartbeat } from '../../../cluster/membership/heartbeat.ts';
import { LeaseCell } from '../../../cluster/membership/lease-cell.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import type { TimerHandle } from '../../kernel/clock.ts';
import { connectNats } from '../../../transport/nats/index.ts';
import type { NatsPorts } from '../../../transport/nats/index.ts';
import type { FromHeartbeatThread, HeartbeatWorkerData, ToHeartbeatThread } from './heartbeat-messages.ts';
import { PULSE_MS } from './heartbeat-messages.ts';
import { MainLoopWatch } from './main-loop-watch.ts';
import { processClock } from './process-clock.ts';

const data = workerData as HeartbeatWorkerData;
const port = parentPort!;
const tell = (message: FromHeartbeatThread): void => port.postMessage(message);
const failed = (thrown: unknown, isFatal: boolean): void => {
  const { code, message } = toWitanError(thrown);
  tell({ type: 'failed', code, message, isFatal });
};

/** Keeps the lease until it is told to stop. */
async function run(): Promise<void> {
  const { beatMs, leaseMs } = data.times;
  const ports = await connectNats({
    reconnectWaitMs: beatMs / 4,
    // A server that was stopped keeps its connections: another one is looked for within the lease.
    pingIntervalMs: beatMs,
    jetStreamTimeoutMs: leaseMs,
    ...data.connect,
    clock: processClock,
    onError: (error) => failed(error, false),
  });
  try {
    await serve(ports);
  } finally {
    await ports.close();
  }
}

async function serve(ports: NatsPorts): Promise<void> {
  const kv = await ports.openKv(data.kv);
  const heartbeat = new Heartbeat({
    kv,
    clock: processClock,
    cell: new LeaseCell(data.cell),
    identity: data.identity,
    times: data.times,
    onOutput: (output) => tell({ type: 'output', output }),
    onFailure: (error) => failed(error, false),
  });
  const loop = { counter: new Int32Array(data.pulse), everyMs: PULSE_MS, memoryMs: data.times.beatMs };
  const watch = new MainLoopWatch(loop, processClock.monotonicMs());
  let input: Extract<ToHeartbeatThread, { type: 'update' }>['input'] = { state: 'joining', load: 0 };
  let timer: TimerHandle | undefined;
  const look = (): void => {
    timer = processClock.setTimer(PULSE_MS, look);
    // Only a loop that runs renews: after `hungMs` without a bump the heartbeat stops by itself.
    if (watch.look(processClock.monotonicMs())) heartbeat.update({ ...input, lagMs: watch.lagMs });
  };
  const stopped = new Promise<void>((resolve) => {
    port.on('message', (message: ToHeartbeatThread) => {
      if (message.type === 'stop') return resolve();
      input = message.input;
      heartbeat.update({ ...input, lagMs: watch.lagMs });
    });
  });
  heartbeat.start();
  look();
  tell({ type: 'ready' });
  await stopped;
  timer?.cancel();
  await heartbeat.stop();
  await kv.close();
}

run()
  .catch((error: unknown) => failed(error, true))
  .finally(() => port.close());
