/** `/inference/pool/<model>/worker-<n>`: owns one runner, and crashes with it so that its pool starts another. */
import type { ActorContext, Behavior } from '../../../runtime/kernel/actor.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../../runtime/kernel/ref.ts';
import type { FromWorker, WorkerMessage } from './pool-messages.ts';
import type { LifeEnd, RunnerLife } from './runner-life.ts';

/** What a worker is made with. */
export interface WorkerOptions {
  readonly index: number;
  readonly pool: ActorRef<FromWorker>;
  /** Starts the runner; called at the start and after each end. */
  readonly start: () => RunnerLife;
}

interface WorkerState {
  readonly life: RunnerLife;
  /** Batches given to the life and not back. */
  heldCount: number;
  end: LifeEnd | undefined;
}

const STOP_GRACE_MS = 5_000;
/** More than a pool ever gives at once. */
const MAILBOX_CAPACITY = 64;

/** Spawns a worker below its pool. */
export function spawnWorker(parent: AnyRef, options: WorkerOptions): ActorRef<WorkerMessage> {
  const { index, pool } = options;
  // A reset calls no `afterStop`: the runner of the crashed incarnation is closed before the next is started.
  let owned: RunnerLife | undefined;
  const behavior: Behavior<WorkerState, WorkerMessage> = (state, message, ctx) => {
    if (message.type === 'run') return run(state, message, ctx);
    if (message.type === 'ran') pool.tell({ type: 'worker-answered', index, ...answerOf(message) });
    // News of a life that an operator's restart has replaced.
    if (message.life !== state.life) return state;
    if (message.type === 'opened') pool.tell({ type: 'worker-ready', index, info: message.info });
    else if (message.type === 'ran') state.heldCount -= 1;
    else state.end = message.end;
    if (state.end && state.heldCount === 0) {
      pool.tell({ type: 'worker-ended', index, end: state.end });
      throw state.end.error;
    }
    return state;
  };
  return spawn<WorkerState, WorkerMessage>(parent, behavior, `worker-${index}`, {
    behaviorName: 'inference-worker',
    mailbox: { capacity: MAILBOX_CAPACITY },
    initialStateFunc: ({ self }) => {
      void owned?.close();
      const life = (owned = options.start());
      void life.ready.then((info) => self.tell({ type: 'opened', life, info }));
      void life.ended.then((end) => self.tell({ type: 'ended', life, end }));
      return { life, heldCount: 0, end: undefined };
    },
    afterStop: () => owned?.close(),
    stopGraceMs: STOP_GRACE_MS,
    stateName: ({ heldCount, end }) => (end ? 'ended' : `${heldCount} held`),
    onCrash: () => 'escalate',
  });
}

function run(
  state: WorkerState,
  { number, batch }: Extract<WorkerMessage, { type: 'run' }>,
  ctx: ActorContext<WorkerMessage>,
): WorkerState {
  const { life } = state;
  state.heldCount += 1;
  ctx.pipeToSelf(
    () => life.run(batch),
    (settled) => {
      // It never rejects; were it to, the pool must learn of the batch all the same.
      if (settled.status === 'rejected') throw settled.reason;
      return { type: 'ran', life, number, result: settled.value };
    },
  );
  return state;
}

function answerOf({ number, result }: Extract<WorkerMessage, { type: 'ran' }>) {
  return { batch: number, result };
}
