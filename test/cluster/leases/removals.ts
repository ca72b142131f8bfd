/** Fences of leases and claims taken away one by one, for tests that show that each is needed. */
import { FailureDetector } from '../../../cluster/membership/failure-detector.ts';
import type { Suspect } from '../../../cluster/membership/failure-detector.ts';
import type { KvPort } from '../../../runtime/kernel/ports/kv.ts';
import { TIMES } from './lease-world.ts';
import type { Weakening } from './lease-world.ts';

/** A store whose updates of some keys ask for no revision. */
function blindUpdates(isBlind: (key: string) => boolean): (kv: KvPort) => KvPort {
  return (kv) => ({
    ...kv,
    update: (key, value, revision) => (isBlind(key) ? kv.put(key, value) : kv.update(key, value, revision)),
  });
}

/** Fences by name, each with what takes it away. */
export const REMOVALS = {
  'the own clock of the lease': {
    wrapLease: (lease) => ({
      node: lease.node,
      incarnation: lease.incarnation,
      get state() {
        return lease.state;
      },
      isHeld: () => lease.state === 'held' || lease.state === 'suspended',
      onChange: (listener) => lease.onChange(listener),
    }),
  },
  'the fence of what was released': {
    makeFence: ({ generation, lease, seenRevision }) => ({
      generation,
      isHeld: () => lease.isHeld() && seenRevision() <= generation,
    }),
  },
  'compare-and-set of a claim': { wrapKv: blindUpdates((key) => key.startsWith('claims.')) },
  'compare-and-set of a member’s end': { wrapKv: blindUpdates((key) => key.startsWith('members.')) },
} as const satisfies Record<string, Weakening>;

/** Whoever is not known to live is taken for gone. */
export const UNPROVEN: Weakening = {
  wrapMembers: (members) => ({
    self: members.self,
    fate: (node, incarnation) => members.fate(node, incarnation),
    proveGone: async (node, incarnation) => !members.isLiving(node, incarnation),
    onGone: (listener) => members.onGone(listener),
  }),
};

/** A claim's newer owner is not looked at. */
export const BLIND_TO_NEWER: Weakening = {
  makeFence: ({ generation, lease, isReleased }) => ({
    generation,
    isHeld: () => !isReleased() && lease.isHeld(),
  }),
};

/** A detector that takes a store that is away for members that are dead. */
export class WallDetector extends FailureDetector {
  readonly #seen = new Map<string, { revision: number; atMs: number }>();
  #nowMs = 0;

  override seen(key: string, revision: number, nowMs: number): void {
    super.seen(key, revision, nowMs);
    const before = this.#seen.get(key);
    if (before === undefined || before.revision < revision) this.#seen.set(key, { revision, atMs: nowMs });
  }

  override forget(key: string): void {
    super.forget(key);
    this.#seen.delete(key);
  }

  override renewed(nowMs: number): Suspect[] {
    this.#nowMs = nowMs;
    const over = [...this.#seen].filter(([key]) => this.countedMs(key) >= TIMES.leaseMs);
    return over.map(([key, { revision }]) => ({ key, revision }));
  }

  override countedMs(key: string): number {
    return this.#nowMs - (this.#seen.get(key)?.atMs ?? this.#nowMs);
  }
}
