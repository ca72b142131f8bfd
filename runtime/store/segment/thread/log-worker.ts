/** Entry of the thread that writes a log. */
import { parentPort, workerData } from 'node:worker_threads';
import { performance } from 'node:perf_hooks';
import { LogCore } from '../core/log-core.ts';
import { codeOf } from '../file-system.ts';
import { blockingFileSystem } from './blocking-file-system.ts';
import type { FromLogThread, LogThreadData, ToLogThread } from './log-messages.ts';

const port = parentPort!;
const { folder, segmentBytes, start } = workerData as LogThreadData;
const clock = { monotonicMs: () => performance.now() };
const opening = LogCore.open({ fs: blockingFileSystem, folder, segmentBytes, clock }, start);
let last: Promise<void> = opening.then(
  () => answer({ request: 0 }),
  (error: unknown) => answer({ request: 0, error: described(error) }),
);

// One after the other, in the order of the calls: a seal then covers what was appended before it.
port.on('message', (message: ToLogThread) => {
  last = last
    .then(() => serve(message))
    .catch((error: unknown) => {
      answer({ request: message.request, error: described(error) });
    });
});

async function serve(message: ToLogThread): Promise<void> {
  const core = await opening;
  const { request } = message;
  if (message.type === 'append') {
    const outcome = await core.append(message);
    // The three columns lie in one piece of memory.
    port.postMessage({ request, outcome } satisfies FromLogThread, [outcome.leaves.buffer as ArrayBuffer]);
  } else if (message.type === 'seal') {
    answer({ request, head: await core.seal() });
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
