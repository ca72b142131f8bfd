/**
 * Feeds the index from the log, in order and without gaps, after the fact: a failing index holds nobody up.
 */
import type { ActorContext, ActorOptions } from '../../../../runtime/kernel/actor.ts';
import type { DecisionIndexPort } from '../../../../runtime/kernel/ports/decision/decision-index.ts';
import type { LedgerEntry, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ActorRef } from '../../../../runtime/kernel/ref.ts';
import type { FeederMessage, FeederReply } from '../messages.ts';

/** Entries of one `apply`. */
const BATCH_COUNT = 256;
// A transaction of a database costs about as much for one entry as for fifty: fed entry by entry, an
// embedded one
// took a whole core from the decisions. Who needs the index current asks with `sync`, which does not wait.
const FEED_EVERY_MS = 250;
/** Between two looks for entries that somebody waits for and this node does not have. */
const LOOK_MS = 20;
/** Entries kept in memory until their turn; beyond it they are read from the log. */
const PENDING_MAX_COUNT = 4_096;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 10_000;

interface FeederState {
  readonly pending: Map<number, LedgerEntry>;
  /** Entries that are known to exist: the position to reach. */
  targetCount: number;
  /** Of the index, when it was last fed. */
  position: number;
  isFeeding: boolean;
  /** A timer will feed. */
  isPlanned: boolean;
  retryMs: number;
  readonly waiters: { readonly untilCount: number; readonly replyTo: ActorRef<FeederReply> }[];
}

interface FeedParts {
  readonly ledger: LedgerPort;
  readonly index: DecisionIndexPort;
  readonly recordedOf: (entry: LedgerEntry) => LedgerEntry;
}

/**
 * Behavior and options of `/platform/orchestrator/index`.
 * @param recordedOf entries as they stand on the record: the index never holds what is sealed there
 */
export function indexFeeder(
  ledger: LedgerPort,
  index: DecisionIndexPort,
  recordedOf: (entry: LedgerEntry) => LedgerEntry = (entry) => entry,
): {
  behavior: (state: FeederState, message: FeederMessage, ctx: ActorContext<FeederMessage>) => FeederState;
  options: ActorOptions<FeederState, FeederMessage>;
} {
  const start = (state: FeederState, ctx: ActorContext<FeederMessage>): FeederState => {
    if (state.isFeeding) return state;
    state.isFeeding = true;
    ctx.pipeToSelf(
      () => feed({ ledger, index, recordedOf }, state),
      (result) => ({ type: 'fed', result }),
    );
    return state;
  };
  const behavior = (
    state: FeederState,
    message: FeederMessage,
    ctx: ActorContext<FeederMessage>,
  ): FeederState => {
    switch (message.type) {
      case 'entry':
        state.targetCount = Math.max(state.targetCount, message.entry.index + 1);
        if (state.pending.size < PENDING_MAX_COUNT) state.pending.set(message.entry.index, message.entry);
        return later(state, ctx);
      case 'sync':
        state.targetCount = Math.max(state.targetCount, ledger.size());
        state.waiters.push({ untilCount: state.targetCount, replyTo: message.replyTo });
        return start(state, ctx);
      case 'feed':
        state.isPlanned = false;
        return start(state, ctx);
      case 'fed':
        return fed(state, message.result, ctx);
    }
  };
  const fed = (
    state: FeederState,
    result: PromiseSettledResult<number>,
    ctx: ActorContext<FeederMessage>,
  ): FeederState => {
    state.isFeeding = false;
    if (result.status === 'rejected') return notFed(state, result.reason, ctx);
    state.retryMs = RETRY_MIN_MS;
    const position = result.value;
    const isFurther = position > state.position;
    state.position = position;
    while (state.waiters.length > 0 && state.waiters[0]!.untilCount <= position) {
      state.waiters.shift()!.replyTo.tell({ isCurrent: true });
    }
    if (position >= state.targetCount) return state;
    if (state.waiters.length === 0) return later(state, ctx);
    if (isFurther) return start(state, ctx);
    // Known elsewhere in the cluster, and not here yet.
    return inAWhile(state, ctx, LOOK_MS);
  };
  const options: ActorOptions<FeederState, FeederMessage> = {
    initialStateFunc: nothingFed,
    behaviorName: 'index-feeder',
    onCrash: () => 'reset',
  };
  return { behavior, options };
}

function notFed(state: FeederState, error: unknown, ctx: ActorContext<FeederMessage>): FeederState {
  const { retryMs } = state;
  ctx.log.warn('the index is behind the log', { error: String(error), retryMs });
  state.retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  for (const { replyTo } of state.waiters.splice(0)) replyTo.tell({ isCurrent: false });
  return inAWhile(state, ctx, retryMs);
}

function inAWhile(state: FeederState, ctx: ActorContext<FeederMessage>, ms: number): FeederState {
  state.isPlanned = true;
  ctx.setTimer('feed', ms, { type: 'feed' });
  return state;
}

function later(state: FeederState, ctx: ActorContext<FeederMessage>): FeederState {
  if (state.isFeeding || state.isPlanned) return state;
  state.isPlanned = true;
  ctx.setTimer('feed', FEED_EVERY_MS, { type: 'feed' });
  return state;
}

function nothingFed(): FeederState {
  return {
    pending: new Map(),
    targetCount: 0,
    position: 0,
    isFeeding: false,
    isPlanned: false,
    retryMs: RETRY_MIN_MS,
    waiters: [],
  };
}

/**
 * Applies everything up to the target; entries that were not told are read from the log. Gives the
 * position.
 */
async function feed({ ledger, index, recordedOf }: FeedParts, state: FeederState): Promise<number> {
  let position = await index.position();
  for (const known of state.pending.keys()) if (known < position) state.pending.delete(known);
  while (position < state.targetCount) {
    const batch: LedgerEntry[] = [];
    while (batch.length < BATCH_COUNT && position + batch.length < state.targetCount) {
      const next = position + batch.length;
      const entry = state.pending.get(next) ?? (await ledger.entry(next));
      if (!entry) break;
      batch.push(entry);
    }
    if (batch.length === 0) break;
    await index.apply(batch.map(recordedOf));
    for (const entry of batch) state.pending.delete(entry.index);
    position += batch.length;
  }
  return position;
}
