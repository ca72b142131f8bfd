/** What more machines would give, from the processor time that a decision costs. Pure. */

/** One measured size of the cluster. */
export interface MeasuredSize {
  readonly nodeCount: number;
  /** Processor time of all nodes together for one decision, ms. */
  readonly cpuMsEach: number;
}

/** Processor time of a decision: deciding it, and holding its record on one node more. */
export interface DecisionCost {
  readonly decideMs: number;
  readonly copyMs: number;
}

/** Line of least squares through the measured sizes; a copy costs at least nothing. */
export function decisionCost(sizes: readonly MeasuredSize[]): DecisionCost {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanCount = meanOf(sizes.map(({ nodeCount }) => nodeCount));
  const meanMs = meanOf(sizes.map(({ cpuMsEach }) => cpuMsEach));
  const spread = sizes.reduce((sum, { nodeCount }) => sum + (nodeCount - meanCount) ** 2, 0);
  const slope =
    spread === 0
      ? 0
      : sizes.reduce(
          (sum, { nodeCount, cpuMsEach }) => sum + (nodeCount - meanCount) * (cpuMsEach - meanMs),
          0,
        ) / spread;
  const copyMs = Math.max(0, slope);
  return { decideMs: meanMs - copyMs * (meanCount - 1), copyMs };
}

/** Machines of a cluster that is thought of. */
export interface Machines {
  readonly count: number;
  /** Cores that one node keeps busy when it decides as much as it can. */
  readonly busyCores: number;
  /** Nodes with the role `ledger`; each holds the whole record. */
  readonly ledgerCount: number;
}

/**
 * Decisions a second of `count` machines with a node each, when nothing but their processors is the limit.
 *
 * Two bounds, the lower one counts: the work of all by the cores of all, and the copies that each node of the
 * record takes in, which do not become fewer with more nodes.
 */
export function estimatedRate({ decideMs, copyMs }: DecisionCost, machines: Machines): number {
  const { count, busyCores, ledgerCount } = machines;
  const copies = Math.max(0, Math.min(ledgerCount, count) - 1);
  const byAll = (count * busyCores * 1_000) / (decideMs + copyMs * copies);
  const byOneCopy = copyMs === 0 || copies === 0 ? Infinity : (busyCores * 1_000) / copyMs;
  return Math.min(byAll, byOneCopy);
}
