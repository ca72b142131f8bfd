/** Where the time of a decision goes: steps as recorded, evaluators per seat, and a profile of the main thread. */
import type { Verdict } from '../../index.ts';
import type { Row } from '../report/row.ts';
import type { BenchHost } from './bench-host.ts';
import { closedLoop } from './load.ts';
import { profiled } from './profile.ts';

/** Open decisions while it is measured: enough to fill the node, few enough not to queue. */
const OPEN_COUNT = 4;

/** Rows of the case `breakdown`, all per decision. */
export async function breakdown(node: BenchHost, durationMs: number): Promise<Row[]> {
  const steps = new Map<string, { ms: number; count: number }>();
  let decided = 0;
  const submit = async (): Promise<void> => {
    const verdict = await node.submit();
    decided += 1;
    addSteps(steps, verdict);
  };
  node.takeSeatTimes();
  const { result, busyMs, parts } = await profiled(() => closedLoop(submit, OPEN_COUNT, durationMs));
  const seatTimes = node.takeSeatTimes();
  const row = (subject: string, metric: string, value: number): Row => ({
    bench: 'council',
    case: 'breakdown',
    subject,
    metric,
    value,
    unit: 'ms',
  });
  return [
    row('whole decision', 'elapsed, p50', result.p50Ms),
    ...[...steps].map(([step, { ms, count }]) => row(`step ${step}`, 'elapsed, mean', ms / count)),
    row('main thread', 'busy', busyMs / decided),
    ...parts.map(({ part, share }) => row(part, 'profile', (share * busyMs) / decided)),
    ...greatestFirst(seatTimes.threads).map(([seat, ms]) =>
      row(`evaluators of ${seat}`, 'on a thread', ms / decided),
    ),
    ...greatestFirst(seatTimes.ownLoop).map(([seat, ms]) =>
      row(`evaluators of ${seat}`, 'in the own loop', ms / decided),
    ),
  ];
}

function greatestFirst(times: Readonly<Record<string, number>>): readonly [seat: string, ms: number][] {
  return Object.entries(times).sort((left, right) => right[1] - left[1]);
}

/** Mean by step; the three checks run side by side, so the slowest stands for them. */
function addSteps(steps: Map<string, { ms: number; count: number }>, { body }: Verdict): void {
  const slowest = new Map<string, number>();
  for (const { step, elapsedMs } of body.steps)
    slowest.set(step, Math.max(slowest.get(step) ?? 0, elapsedMs));
  for (const [step, ms] of slowest) {
    const sum = steps.get(step) ?? { ms: 0, count: 0 };
    steps.set(step, { ms: sum.ms + ms, count: sum.count + 1 });
  }
}
