/** Case `viewers`: how much a thousand viewers that hardly read slow a decision down, and what they hold. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Row } from '../report/row.ts';
import { startBenchNode } from './bench-node.ts';
import { medianRows, pairedRows } from './isolation.ts';
import type { PairPace } from './isolation.ts';
import { scriptBeside } from './load-process.ts';
import type { LoadProcess, ServedFigures } from './load-process.ts';
import type { ViewerJob, ViewerSays } from './viewer-child.ts';

const VIEWER_COUNT = 1_000;
const DECISION_RATE = 20;
/** What a viewer may hold at most: the frame on its way. */
const VIEWER_MAX_BYTES = 262_144;
const MEBIBYTE = 1_048_576;

/** Pairs of stretches: without viewers, with them. */
export async function viewerRows(load: LoadProcess, pace: PairPace): Promise<Row[]> {
  const { pairCount, durationMs, progress } = pace;
  await using node = await startBenchNode();
  const apiKey = await node.key('acme');
  const decisions = {
    target: {
      wire: 'http',
      port: node.ports.http,
      path: '/api/v1/decisions/evaluate',
      headers: { 'x-api-key': apiKey },
    },
    what: 'decisions',
    openCount: 64,
    warmUpMs: 0,
    durationMs,
    ratePerSecond: DECISION_RATE,
  } as const;
  const viewers = fork(scriptBeside('viewer-child'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    progress('viewers, warming up …');
    await load.run(decisions);
    const alone: ServedFigures[] = [];
    const watched: ServedFigures[] = [];
    const grownBytes: number[] = [];
    let leftCount = VIEWER_COUNT;
    for (let pair = 1; pair <= pairCount; pair += 1) {
      progress(`viewers, pair ${pair} …`);
      alone.push(await load.run({ ...decisions, seed: pair }));
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      await ask(viewers, { port: node.ports.http, count: VIEWER_COUNT, apiKey });
      watched.push(await load.run({ ...decisions, seed: pair }));
      globalThis.gc?.();
      grownBytes.push(process.memoryUsage().rss - before);
      leftCount = Math.min(leftCount, (await ask(viewers, 'end')).openCount);
    }
    const memory = Math.max(...grownBytes);
    const limit = VIEWER_COUNT * VIEWER_MAX_BYTES;
    return [
      ...medianRows('viewers', 'without viewers', alone),
      ...pairedRows('viewers', `${VIEWER_COUNT} slow viewers`, { runs: watched, peers: alone }),
      {
        bench: 'doors',
        case: 'viewers',
        subject: `${VIEWER_COUNT} slow viewers`,
        metric: 'memory more',
        value: memory / MEBIBYTE,
        unit: 'MiB',
        target: `≤ ${limit / MEBIBYTE} MiB, was ${Math.round(memory / MEBIBYTE)} MiB`,
        isReached: memory <= limit,
        note: `at least ${leftCount} viewers were still connected at the end of each stretch`,
      },
    ];
  } finally {
    viewers.kill('SIGKILL');
  }
}

async function ask(viewers: ChildProcess, job: ViewerJob | 'end'): Promise<ViewerSays> {
  viewers.send(job);
  const [said] = (await once(viewers, 'message')) as [ViewerSays];
  return said;
}
