/** Makes the planned faults happen, each at its time, to whoever is there by then. */
import { stop } from '../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import type { SupervisorMessage } from '../../../supervisors/supervisor.ts';
import { SEATS } from '../scenario/minds.ts';
import type { PlannedFault, TimedFault } from '../scenario/scenario.ts';
import { forge } from './forger.ts';
import type { World } from '../world/world.ts';

type Run = (world: World, fault: PlannedFault) => boolean;

/** Faults that count themselves where they bite. */
const COUNTED_ELSEWHERE: ReadonlySet<TimedFault> = new Set([
  'disk-full',
  'write-error',
  'sync-error',
  'disk-slow',
  'reply-lost',
  'reply-silent',
  'journal-failing',
  'index-failing',
  'forged-ballot',
  'session-crash-at-append',
  'node-crash-at-append',
]);

/** Plans every fault of the world's scenario. */
export function startFaults(world: World): void {
  for (const fault of world.scenario.faults) {
    world.sim.clock.setTimer(fault.atMs, () => {
      const hasHappened = RUNS[fault.kind](world, fault);
      world.trace.note('fault', fault.kind, hasHappened);
      if (hasHappened && !COUNTED_ELSEWHERE.has(fault.kind)) world.faults.add(fault.kind);
    });
  }
}

const RUNS: Readonly<Record<TimedFault, Run>> = {
  'seat-killed': (world, { choice }) => stopAt(world, `/council/${seatOf(choice)}`),
  'seat-stopped-for-good': (world, { choice }) => {
    const supervisor = world.node?.system.find('/system/seats') as ActorRef<SupervisorMessage> | undefined;
    if (!supervisor) return false;
    supervisor.tell({ type: 'stop-child', id: seatOf(choice) });
    world.node!.removedSeats.push(seatOf(choice));
    return true;
  },
  'council-session-crash': (world, { choice }) => stopChildOf(world, '/council/session', choice),
  'decision-session-crash': (world, { choice }) =>
    stopChildOf(world, '/platform/orchestrator/decision', choice),
  'orchestrator-crash': (world) => stopAt(world, '/platform/orchestrator'),
  'orchestrator-restart': (world) => restartAt(world, '/platform/orchestrator'),
  'council-restart': (world) => restartAt(world, '/council'),
  'node-crash': (world) => {
    world.crash();
    return true;
  },
  'session-crash-at-append': (world) =>
    atNextFinal(world, (decisionId) => {
      if (!stopAt(world, `/platform/orchestrator/decision/${decisionId}`)) return;
      world.faults.add('session-crash-at-append');
    }),
  'node-crash-at-append': (world, { choice }) =>
    atNextFinal(world, () => {
      // Some time into the write or the sync, or right after it.
      world.sim.clock.setTimer((choice % 8) * (world.scenario.diskMaxMs / 8), () => {
        world.faults.add('node-crash-at-append');
        world.crash();
      });
    }),
  'node-stop': (world, { forMs }) => {
    if (!world.node) return false;
    void world.restart(forMs);
    return true;
  },
  'disk-full': (world, { forMs }) => forAWhile(world, forMs, (on) => (world.conditions.isDiskFull = on)),
  'write-error': (world) => atNextFinal(world, () => (world.conditions.isWriteErrorDue = true)),
  'sync-error': (world) => (world.conditions.isSyncErrorDue = true),
  'disk-slow': (world, { forMs }) => forAWhile(world, forMs, (on) => (world.conditions.isDiskSlow = on)),
  'reply-lost': (world) => {
    world.conditions.nextReply = 'lost';
    return true;
  },
  'reply-silent': (world, { choice }) => {
    world.conditions.nextReply = choice % 2 === 0 ? 'silent' : 'late';
    return true;
  },
  'journal-failing': (world, { forMs }) =>
    forAWhile(world, forMs, (on) => (world.conditions.isJournalFailing = on)),
  'index-failing': (world, { forMs }) =>
    forAWhile(world, forMs, (on) => (world.conditions.isIndexFailing = on)),
  'policy-stopped': (world) => stopAt(world, '/platform/policy'),
  'policy-late': (world, { forMs }) => pauseAt(world, '/platform/policy', forMs),
  'check-crash': (world, { choice }) => stopAt(world, `/platform/${checkOf(choice)}`),
  'check-late': (world, { choice, forMs }) => pauseAt(world, `/platform/${checkOf(choice)}`, forMs),
  'wall-jump': (world, { choice }) => {
    const jumps = [-3_600_000, -1_500, 1_500, 86_400_000];
    world.conditions.wallOffsetMs += jumps[choice % jumps.length]!;
    return true;
  },
  'key-rotated': (world, { choice }) => {
    void world.keys.rotate(`seat/${seatOf(choice)}`, 'routine');
    return true;
  },
  'forged-ballot': (world, { choice }) => forge(world, choice),
  'admission-closed': (world, { forMs }) => {
    const { node, scenario } = world;
    if (!node) return false;
    node.admission.setCredits(0);
    world.sim.clock.setTimer(forMs, () => node.admission.setCredits(scenario.creditCount));
    return true;
  },
};

function seatOf(choice: number): string {
  return SEATS[choice % SEATS.length]!;
}

function checkOf(choice: number): string {
  return ['safety', 'bias', 'privacy'][choice % 3]!;
}

function stopAt({ node }: World, path: string): boolean {
  const ref = node?.system.find(path);
  if (!ref) return false;
  void stop(ref);
  return true;
}

function stopChildOf(world: World, path: string, choice: number): boolean {
  const children = (world.node?.system.inspect(path) ?? []).filter((info) => info.path !== path);
  const target = children[choice % Math.max(1, children.length)];
  return target !== undefined && stopAt(world, target.path);
}

function restartAt({ node }: World, path: string): boolean {
  if (!node?.system.find(path)) return false;
  node.system.restart(path);
  return true;
}

function pauseAt({ node, sim }: World, path: string, forMs: number): boolean {
  if (!node?.system.find(path)) return false;
  node.system.pause(path);
  sim.clock.setTimer(forMs, () => {
    if (node.system.find(path)) node.system.resume(path);
  });
  return true;
}

function atNextFinal({ conditions }: World, strike: (decisionId: string) => unknown): boolean {
  conditions.onFinalAppend = strike;
  return true;
}

function forAWhile(world: World, forMs: number, set: (on: boolean) => void): boolean {
  set(true);
  world.sim.clock.setTimer(forMs, () => set(false));
  return true;
}
