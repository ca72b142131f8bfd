/** A program that asks a thread once and another never, closes neither, and has nothing more to do. */
import { EvaluationJob } from '../../../runtime/host/evaluation/evaluation-job.ts';
import { FAULTY_SEATS } from './faulty-seats.ts';
import { clock, decisionOf, openThreads } from './thread-fixtures.ts';

const threads = openThreads('faulty-worker', FAULTY_SEATS, { hangMs: 500 });
const unasked = openThreads('faulty-worker', FAULTY_SEATS);
const input = { decision: decisionOf({ type: 'chat', text: 'print' }), attested: {}, peers: [] };
const job = new EvaluationJob(input, clock.monotonicMs() + 60_000);
threads.submit(job);
// A waiting promise keeps no process alive, and a thread that starts does not either.
const waiting = setInterval(() => undefined, 1_000);
const [said] = (await job.done).evidence;
await unasked.started();
clearInterval(waiting);
if ('reasons' in said!) process.stdout.write(`${said.reasons[0]}\n`);
