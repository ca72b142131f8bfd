/** The work of a thread with a runner: opens it, then answers one batch after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunnerHost } from '../../../agents/inference/pool/runner-host.ts';
import type { RowFault } from '../../../agents/inference/pool/runner-life.ts';
import type { ModelRunnerKind } from '../../../contracts/messages/models/manifest.ts';
import type { OpenRunner } from '../../../agents/inference/model-runner.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import { threadName } from '../evaluation/hang-watch.ts';
import { FINISHED, processMs, STARTED } from './thread-messages.ts';
import type { FromInferenceThread, InferenceWorkerData, RunRequest } from './thread-messages.ts';

/** Loads what opens models of a kind; nothing else is loaded. */
export type FindOpener = (kind: ModelRunnerKind) => Promise<OpenRunner>;

/** Serves the model that the thread was started for until it is ended; call it once, from the thread's entry. */
export function serveInference(findOpener: FindOpener): void {
  // Text of the thread that nobody reads would keep the whole process alive.
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.write = () => true;
  const { marks } = workerData as InferenceWorkerData;
  const server = new InferenceServer(new Int32Array(marks));
  let turn: Promise<void> = server.open(findOpener);
  parentPort!.on('message', (message: RunRequest) => {
    turn = turn.then(() => server.answer(message));
  });
}

class InferenceServer {
  readonly #marks: Int32Array;
  #host: RunnerHost | undefined;

  constructor(marks: Int32Array) {
    this.#marks = marks;
  }

  async open(findOpener: FindOpener): Promise<void> {
    const { model, devices } = workerData as InferenceWorkerData;
    const onProbe = (device: (typeof devices)[number]): void => post({ type: 'probing', device });
    try {
      const open = await findOpener(model.manifest.runner);
      this.#host = await RunnerHost.open({ model, open, devices, onProbe });
      post({ type: 'ready', info: this.#host.info, thread: threadName() });
    } catch (error) {
      const { code, message } = toWitanError(error);
      post({ type: 'failed', code, message });
    }
  }

  async answer({ batch, texts, untilMs }: RunRequest): Promise<void> {
    if (!this.#host) return;
    const startMs = processMs();
    if (startMs >= untilMs) return post({ type: 'expired', batch });
    Atomics.store(this.#marks, STARTED, batch);
    const rows = await this.#host.answer(texts);
    const message = packed(batch, rows, { width: this.#host.info.width, startMs });
    post(message, [message.values.buffer as ArrayBuffer]);
    Atomics.store(this.#marks, FINISHED, batch);
  }
}

/** One buffer for all rows: it is moved to the node, not copied. */
function packed(
  batch: number,
  rows: readonly (Float32Array | RowFault)[],
  { width, startMs }: { readonly width: number; readonly startMs: number },
): Extract<FromInferenceThread, { type: 'rows' }> {
  const values = new Float32Array(rows.length * width);
  let faults: (RowFault | null)[] | null = null;
  for (const [at, row] of rows.entries()) {
    if (!('fault' in row)) values.set(row, at * width);
    else (faults ??= rows.map(() => null))[at] = row;
  }
  return { type: 'rows', batch, values, faults, elapsedMs: processMs() - startMs };
}

function post(message: FromInferenceThread, moved: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, moved);
}
