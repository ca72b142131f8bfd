/** Everything that a simulated cluster shows to outsiders; what can be judged at once is judged at once. */
import { FenceBook } from '../../../cluster/leases/lease-world.ts';
import { FaultCounter } from '../../faults/fault-counter.ts';
import { Trace } from '../../world/trace.ts';
import type { ClusterInvariantName, ClusterViolation } from '../invariants/names.ts';

/** Most violations that one run reports. */
const MAX_VIOLATIONS = 10;

/** Notes of one run. */
export class ClusterRecord {
  readonly trace: Trace;
  readonly faults = new FaultCounter();
  readonly fences: FenceBook;
  readonly violations: ClusterViolation[] = [];
  /** What the workload counted. */
  readonly counts: Record<string, number> = {};
  /** How long an owner may go on beside its successor, ms: none at all, unless its clock is far off. */
  overlapMs = 0;
  readonly #nowMs: () => number;
  #overlapFromMs: number | undefined;
  /** Highest generation that acted under a name. */
  readonly #acted = new Map<
    string,
    { readonly generation: number; readonly by: string; readonly sinceMs: number }
  >();

  constructor(nowMs: () => number, made: { readonly seed: number; readonly keepTrace: boolean }) {
    this.trace = new Trace(nowMs, made.keepTrace);
    this.#nowMs = nowMs;
    this.fences = new FenceBook(made.seed);
  }

  /** Notes something that must not be. */
  broken(invariant: ClusterInvariantName, what: string): void {
    this.trace.note('BROKEN', invariant, what);
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push({ invariant, what });
  }

  count(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  /** A fault begins. */
  fault(kind: string, ...details: readonly (string | number)[]): void {
    this.faults.add(kind);
    this.trace.note('fault', kind, ...details);
  }

  /** Somebody acts under a name of which there is one in the cluster. */
  acts(name: string, generation: number, by: string): void {
    const last = this.#acted.get(name);
    const sinceMs = this.#nowMs();
    if (last !== undefined && last.generation > generation && sinceMs - last.sinceMs >= this.overlapMs) {
      const newer = `${last.by} under ${last.generation}`;
      this.broken('acts-in-order', `${name}: ${by} under ${generation} after ${newer}`);
    }
    if (last === undefined || last.generation < generation)
      this.#acted.set(name, { generation, by, sinceMs });
  }

  /** Throws nothing: two holders of one claim are a violation. */
  checkFences(): void {
    if (this.violations.length > 0) return;
    try {
      this.fences.assertOne();
      this.#overlapFromMs = undefined;
    } catch (error) {
      const nowMs = this.#nowMs();
      this.#overlapFromMs ??= nowMs;
      if (nowMs - this.#overlapFromMs < this.overlapMs) return;
      this.broken('one-holder', (error as Error).message);
    }
  }
}
