/** Evaluators of a node: on threads as its settings say, or in its own loop. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import type { ScreenStep } from '../../../agents/platform/orchestrator/ports.ts';
import { rosterOf } from '../../../config/roster.ts';
import type { Settings } from '../../../config/schema.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { BUILT_IN_SEATS } from '../tree/built-in-seats.ts';
import { reportEnd } from './evaluation-actor.ts';
import { EvaluationThreads } from './evaluation-threads.ts';
import { EvaluationDesk } from './evaluation-desk.ts';
import { screenOnThread, seatsOnThread } from './evaluators-on-thread.ts';
import { plansOnThread, refsOnThread } from './thread-seats.ts';

/** Threads of a node and the seats that use them. */
export interface NodeEvaluation {
  readonly threads: EvaluationThreads;
  /** Built-in plans in roster order, asked on the threads. */
  prepare(plans: readonly SeatPlan[]): readonly SeatPlan[];
  /** The screen, asked on the threads; undefined where it is off. */
  readonly screen: ScreenStep | undefined;
}

/** Threads, not yet open; undefined where the node's roles or settings want none. */
export function nodeEvaluation(
  settings: Settings,
  system: ActorSystem,
  telemetry: TelemetryPort | undefined,
): NodeEvaluation | undefined {
  const { evaluation, actors, node, council, screen } = settings;
  const isNeeded = node.roles.includes('worker') || node.roles.includes('platform');
  if (evaluation.threadCount === 0 || !isNeeded) return undefined;
  const { clock, random } = system;
  const seats = rosterOf(council).map(({ seat }) => seat);
  const threads = new EvaluationThreads({
    clock,
    random,
    entry: { name: 'evaluation-worker', beside: import.meta.url },
    seats,
    screen: screen.patterns,
    evaluators: refsOnThread(plansOnThread(seats, BUILT_IN_SEATS)),
    threadCount: evaluation.threadCount,
    hangMs: evaluation.hangMs,
    jobMaxCount: evaluation.waitingMaxCount,
    backoff: { firstMs: actors.backoffMinMs, maxMs: actors.backoffMaxMs },
    onEnd: (end) => reportEnd(telemetry, end),
  });
  const onElapsed =
    telemetry && ((seat: string, elapsedMs: number) => telemetry.time('evaluation_ms', elapsedMs, { seat }));
  const desk = new EvaluationDesk(seats, { clock, threads, ...(onElapsed && { onElapsed }) });
  return {
    threads,
    prepare: (plans) => seatsOnThread(plans, desk),
    screen: screen.patterns === 'off' ? undefined : screenOnThread(desk),
  };
}
