/** The load, in a process of its own so that it never takes a turn of the loop that it measures. */
import { create, toBinary } from '@bufbuild/protobuf';
import { parseDecisionRequest } from '../../contracts/parse-message.ts';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import {
  EvaluateRequestSchema,
  EvaluateStreamRequestSchema,
} from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { RequestMix } from '../council/inputs.ts';
import { percentile } from '../report/figure.ts';
import { openLanes } from './lanes/open-lanes.ts';
import type { Lane, LaneCall } from './lanes/lane.ts';
import type { LoadFigures, LoadJob, LoadSays } from './load-job.ts';

const say = (message: LoadSays): void => void process.send!(message);

process.on('message', (job: LoadJob) => {
  run(job).then(
    (figures) => say({ type: 'done', figures }),
    (error: unknown) => say({ type: 'failed', error: String((error as Error)?.stack ?? error) }),
  );
});
say({ type: 'ready' });

async function run(job: LoadJob): Promise<LoadFigures> {
  const lanes = await openLanes(job.target, job.openCount);
  try {
    const calls = callsOf(job);
    if (job.warmUpMs > 0) await closed(lanes, calls, job.warmUpMs);
    say({ type: 'measuring' });
    const { ratePerSecond, durationMs } = job;
    if (ratePerSecond === undefined) return await closed(lanes, calls, durationMs);
    return await offered(lanes, calls, { ratePerSecond, durationMs });
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Gives calls one by one; undefined when there are no more. */
type Calls = () => LaneCall | undefined;

function callsOf({ what, target, tokens, seed = 1 }: LoadJob): Calls {
  if (tokens) {
    let at = 0;
    return () => {
      const token = tokens[at++];
      return token === undefined ? undefined : { headers: { authorization: `Bearer ${token}` } };
    };
  }
  const plain: LaneCall = {};
  if (what === 'health') return () => plain;
  const mix = new RequestMix(seed);
  let count = 0;
  return () => {
    const input = mix.next();
    if (target.wire === 'http' || target.wire === 'nats') return { body: Buffer.from(JSON.stringify(input)) };
    const decision = WIRE.decisionRequest.encode(parseDecisionRequest(input));
    const body =
      target.wire === 'grpc'
        ? toBinary(EvaluateRequestSchema, create(EvaluateRequestSchema, { decision }))
        : toBinary(
            EvaluateStreamRequestSchema,
            create(EvaluateStreamRequestSchema, { correlationId: String((count += 1)), decision }),
          );
    return { body };
  };
}

async function closed(lanes: readonly Lane[], calls: Calls, durationMs: number): Promise<LoadFigures> {
  const book = new Book();
  const loop = async (lane: Lane): Promise<void> => {
    while (book.elapsedMs() < durationMs) {
      const call = calls();
      if (!call) return;
      const startMs = performance.now();
      book.note(await lane.call(call), startMs);
    }
  };
  await Promise.all(lanes.map(loop));
  return book.figures();
}

async function offered(
  lanes: readonly Lane[],
  calls: Calls,
  { ratePerSecond, durationMs }: { readonly ratePerSecond: number; readonly durationMs: number },
): Promise<LoadFigures> {
  const book = new Book();
  const startMs = performance.now();
  const total = Math.floor((ratePerSecond * durationMs) / 1_000);
  let sent = 0;
  // A request that finds no free lane waits for one; its time runs since it was due.
  const loop = async (lane: Lane): Promise<void> => {
    while (sent < total) {
      const dueMs = startMs + (sent++ * 1_000) / ratePerSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      book.note(await lane.call(calls()!), Math.max(dueMs, startMs));
    }
  };
  await Promise.all(lanes.map(loop));
  return book.figures();
}

class Book {
  readonly #startMs = performance.now();
  readonly #latenciesMs: number[] = [];
  readonly #others: Record<string, number> = {};

  elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  note(outcome: string, startMs: number): void {
    if (outcome === 'ok') this.#latenciesMs.push(performance.now() - startMs);
    else this.#others[outcome] = (this.#others[outcome] ?? 0) + 1;
  }

  figures(): LoadFigures {
    const elapsedMs = this.elapsedMs();
    return {
      doneCount: this.#latenciesMs.length,
      others: this.#others,
      elapsedMs,
      rate: (this.#latenciesMs.length / elapsedMs) * 1_000,
      p50Ms: percentile(this.#latenciesMs, 0.5),
      p99Ms: percentile(this.#latenciesMs, 0.99),
    };
  }
}
