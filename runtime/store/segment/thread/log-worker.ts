/** Entry of the thread that writes a log. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { performance } from 'node:perf_hooks';
import { LogCore } from '../core/log-core.ts';
import type { EngineWritten } from '../core/log-engine.ts';
import { codeOf } from '../file-system.ts';
import { blockingFileSystem } from './blocking-file-system.ts';
import type { FromLogThread, LogThreadData, ToLogThread } from './log-messages.ts';

const port = parentPort!;
const { folder, segmentBytes, start, tellsWritten } = workerData as LogThreadData;
const clock = { monotonicMs: () => performance.now() };
const fs = blockingFileSystem(takesMore);
const onWritten = (written: EngineWritten): void =>
  port.postMessage({ request: 0, written } satisfies FromLogThread, [written.bytes.buffer as ArrayBuffer]);
const parts = { fs, folder, segmentBytes, clock, onWritten: tellsWritten ? onWritten : undefined };
const opening = LogCore.open(parts, start);
opening.then(
  () => answer({ request: 0 }),
  (error: unknown) => answer({ request: 0, error: described(error) }),
);
port.on('message', take);

/** Takes up what came meanwhile; whether there was anything. */
function takesMore(): boolean {
  let isMore = false;
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    take(next.message as ToLogThread);
    isMore = true;
  }
  return isMore;
}

// The core keeps the order of batches; a head needs none of those that are under way.
function take(message: ToLogThread): void {
  serve(message).catch((error: unknown) => {
    answer({ request: message.request, error: described(error) });
  });
}

async function serve(message: ToLogThread): Promise<void> {
  const core = await opening;
  const { request } = message;
  if (message.type === 'append' || message.type === 'ingest') {
    const outcome = await (message.type === 'append' ? core.append(message) : core.ingest(message));
    // The three columns lie in one piece of memory.
    port.postMessage({ request, outcome } satisfies FromLogThread, [outcome.leaves.buffer as ArrayBuffer]);
  } else if (message.type === 'seal') {
    answer({ request, head: await core.seal() });
  } else if (message.type === 'head') {
    answer({ request, head: await core.head() });
  } else if (message.type === 'save') {
    await core.save(message.head);
    answer({ request });
  } else {
    await core.close();
    answer({ request });
    port.close();
  }
}

function answer(message: FromLogThread): void {
  port.postMessage(message);
}

function described(error: unknown): NonNullable<FromLogThread['error']> {
  return { message: error instanceof Error ? error.message : String(error), code: codeOf(error) };
}
