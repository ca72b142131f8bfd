/** Figures of the actor tree at a scrape: how many live, how deep mailboxes are, how long messages wait. */
import type { ActorInfo } from '../../kernel/inspection-info.ts';
import type { ActorSystem } from '../../kernel/index.ts';
import type { NodeMetrics } from './node-metrics.ts';

interface BehaviorFigures {
  count: number;
  depth: number;
  waitP50Ms: number;
  waitP99Ms: number;
  isTimed: boolean;
}

/**
 * Tells of the tree at each scrape. Waits are measured from the first scrape on and only for actors that live
 * as long as the node (`/council/guardian`, not one decision's): where nobody scrapes, nothing is measured.
 */
export function tellTree(system: Pick<ActorSystem, 'inspect' | 'watchHandling'>, metrics: NodeMetrics): void {
  metrics.onScrape(() => {
    const byBehavior = new Map<string, BehaviorFigures>();
    for (const actor of system.inspect()) {
      add(byBehavior, actor);
      // Watching again begins a new window: the next scrape sees what was between.
      if (isLasting(actor.path) && actor.lifecycle !== 'stopped') system.watchHandling(actor.path, true);
    }
    for (const key of ['actors', 'mailbox_depth', 'mailbox_wait'] as const) metrics.clear(key);
    for (const [behavior, figures] of byBehavior) {
      metrics.gauge('actors', figures.count, { behavior });
      metrics.gauge('mailbox_depth', figures.depth, { behavior });
      if (!figures.isTimed) continue;
      metrics.gauge('mailbox_wait', figures.waitP50Ms / 1_000, { behavior, quantile: '0.5' });
      metrics.gauge('mailbox_wait', figures.waitP99Ms / 1_000, { behavior, quantile: '0.99' });
    }
  });
}

function add(byBehavior: Map<string, BehaviorFigures>, { behavior, mailboxDepth, waiting }: ActorInfo): void {
  let figures = byBehavior.get(behavior);
  if (!figures) {
    figures = { count: 0, depth: 0, waitP50Ms: 0, waitP99Ms: 0, isTimed: false };
    byBehavior.set(behavior, figures);
  }
  figures.count += 1;
  figures.depth = Math.max(figures.depth, mailboxDepth);
  if (!waiting) return;
  figures.isTimed = true;
  figures.waitP50Ms = Math.max(figures.waitP50Ms, waiting.p50Ms);
  figures.waitP99Ms = Math.max(figures.waitP99Ms, waiting.p99Ms);
}

/** Branches and what stands right below them; deeper ones come and go with decisions. */
function isLasting(path: string): boolean {
  return path !== '/' && path.split('/').length <= 3;
}
