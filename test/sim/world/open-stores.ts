/** Stores of one incarnation: the real log on the simulated disk; journal and index in memory or kept. */
import type { DecisionEventBody, DecisionEvent } from '../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type {
  DecisionEventsPort,
  DecisionSubscriber,
} from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { DecisionIndexPort } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { JournalPort } from '../../../runtime/kernel/ports/journal.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import { MemoryDecisionEvents } from '../../../runtime/store/memory/memory-decision-events.ts';
import { MemoryDecisionIndex } from '../../../runtime/store/memory/memory-decision-index.ts';
import { MemoryJournal } from '../../../runtime/store/memory/memory-journal.ts';
import { openSegmentLedger } from '../../../runtime/store/segment/segment-ledger.ts';
import { FailingIndex, FailingJournal } from '../faults/failing-stores.ts';
import type { NodeTime } from './node-clock.ts';
import { ForgetfulLedger, WatchedLedger } from './watched-ledger.ts';
import type { World } from './world.ts';

/** Folder of the log on the simulated disk. */
export const LOG_FOLDER = '/log';
/** Name of the simulated log. */
export const LOG_ID = 'witan/sim';

/** Stores of one incarnation. */
export interface SimStores {
  readonly ledger: LedgerPort;
  readonly journal: JournalPort;
  readonly index: DecisionIndexPort;
  readonly events: DecisionEventsPort;
}

/** Opens them. @throws storage_failed while the disk refuses */
export async function openSimStores(world: World, time: NodeTime, incarnation: number): Promise<SimStores> {
  const { conditions, scenario, plant, keys, disk } = world;
  disk.fault = conditions.diskFault(time);
  const opened = await openSegmentLedger({
    folder: LOG_FOLDER,
    logId: LOG_ID,
    keys,
    clock: time,
    segmentBytes: scenario.segmentBytes,
    fs: plant?.disk?.(disk) ?? disk,
  });
  const watched = new WatchedLedger(opened, {
    onAppend: ({ kind, decisionId }) => {
      if (kind === 'final') conditions.finalAppended(decisionId!);
    },
    onDurable: (entry, isNew) => world.durable(entry, isNew),
    onUnknown: () => {
      conditions.isLogBroken = true;
    },
  });
  const forgetful = new ForgetfulLedger(watched, time, () => conditions.takeReplyFate());
  world.kept.journal = (scenario.isJournalKept ? world.kept.journal : undefined) ?? new MemoryJournal(time);
  world.kept.index = (scenario.isIndexKept ? world.kept.index : undefined) ?? new MemoryDecisionIndex();
  const journalMs = scenario.diskMaxMs / 4;
  const wait = async (): Promise<void> => {
    if (journalMs > 0) await new Promise<void>((done) => time.setTimer(journalMs, done));
  };
  return {
    ledger: plant?.ledger?.(forgetful) ?? forgetful,
    journal: new FailingJournal(world.kept.journal, conditions.checkJournal, wait),
    index: new FailingIndex(world.kept.index, conditions.checkIndex),
    events: followed(world, incarnation, new MemoryDecisionEvents({ clock: time })),
  };
}

/** Streams whose every event is seen by the world, as a follower sees it. */
function followed(world: World, incarnation: number, inner: DecisionEventsPort): DecisionEventsPort {
  const planted = world.plant?.events?.(inner) ?? inner;
  planted.subscribeAll({
    onEvent: (event) => world.followedEvent(incarnation, event),
    onGap: (count) => world.history.stuck.push(`${count} events were dropped`),
    onEnd: () => undefined,
  });
  return {
    publish: (decisionId: DecisionId, body: DecisionEventBody): DecisionEvent => {
      const event = planted.publish(decisionId, body);
      world.publishedEvent(event);
      return event;
    },
    subscribe: (decisionId: DecisionId, afterSequence: number, subscriber: DecisionSubscriber) =>
      planted.subscribe(decisionId, afterSequence, subscriber),
    subscribeAll: (subscriber) => planted.subscribeAll(subscriber),
    history: (decisionId) => planted.history(decisionId),
  };
}
