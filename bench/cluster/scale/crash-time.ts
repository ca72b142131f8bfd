/** How long a crashed node counts as living: the real failure detector on simulated beats. */
import { declarerDelayMs, FailureDetector } from '../../../cluster/membership/failure-detector.ts';
import type { Random } from '../../../runtime/kernel/clock.ts';

/** Times of the lease. */
export interface LeaseSetting {
  readonly beatMs: number;
  readonly leaseMs: number;
}

/** Watchers that may act first; all others wait for longer and change nothing. */
const FIRST_DECLARERS = 3;

/**
 * Time from a crash until another node declares it, ms. Beats of the watchers fall at random; the crash falls
 * anywhere between two renewals of the node. Writes and watches take no time here.
 */
export function crashToDeclaredMs({ beatMs, leaseMs }: LeaseSetting, random: Random): number {
  const keys = ['victim', ...Array.from({ length: FIRST_DECLARERS }, (_, index) => `watcher-${index}`)];
  const crashMs = random.next() * beatMs;
  const ends = keys.slice(1).map((self) => {
    const detector = new FailureDetector({ beatMs, leaseMs });
    const delayMs = declarerDelayMs('victim', { self, keys, beatMs });
    // The last renewal is at 0; the watcher has been there for a while.
    let atMs = -random.next() * beatMs;
    detector.renewed(atMs);
    detector.seen('victim', 1, 0);
    for (;;) {
      atMs += beatMs;
      detector.renewed(atMs);
      if (detector.countedMs('victim') >= leaseMs + delayMs) return atMs;
    }
  });
  return Math.min(...ends) - crashMs;
}
