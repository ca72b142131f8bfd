/** State of the anchor on one chain: the fold of its outbox. Pure. */
import { WitanError } from '../../../../../contracts/errors.ts';
import type {
  AnchorEvent,
  AnchorPlace,
  AnchorRecord,
  AnchorStepRecord,
  LaneIdentity,
  QueuedHead,
  SignedTransaction,
} from './anchor-event.ts';

/** Head of a log as the chain is believed to have it. */
export interface LaneHead {
  readonly size: number;
  readonly root: string;
  /** Size under the newest final root. */
  readonly finalSize: number;
}

/** See the head of the file. Never changed in place. */
export interface LaneState {
  /** Null before the first look at the chain. */
  readonly identity: LaneIdentity | null;
  readonly nextId: number;
  /** Newest closed head of each log that has no transaction yet, by log id. */
  readonly queue: ReadonlyMap<string, QueuedHead>;
  /** By nonce, ascending: all that are not final, and the last final ones. */
  readonly records: readonly AnchorRecord[];
  readonly heads: ReadonlyMap<string, LaneHead>;
  /** Wei by day for records that are no longer kept. */
  readonly spent: ReadonlyMap<string, bigint>;
}

/** A lane that has done nothing. */
export const EMPTY_LANE: LaneState = {
  identity: null,
  nextId: 0,
  queue: new Map(),
  records: [],
  heads: new Map(),
  spent: new Map(),
};

const NOTHING: LaneHead = { size: 0, root: '0'.repeat(64), finalSize: 0 };

/** Final records that are kept, for a chain that goes back behind its own finality (a dev chain does). */
const FINAL_KEPT_COUNT = 32;
/** Days whose spending is remembered. */
const DAYS_KEPT_COUNT = 8;

/** Whether a transaction is in no block: it is sent again until it is in one. */
export function isOpen({ state }: AnchorRecord): boolean {
  return state === 'signed' || state === 'sent';
}

/** Newest bytes of a record: those that are sent. */
export function newestTx(record: AnchorRecord): SignedTransaction {
  return record.txs.at(-1)!;
}

/** State after one more step. @throws verification_failed for a step that cannot follow */
export function foldLane(state: LaneState, event: AnchorEvent): LaneState {
  switch (event.type) {
    case 'snapshot':
      return ofSnapshot(event);
    case 'queued':
      return { ...state, queue: withHead(state.queue, event.head) };
    case 'identity': {
      const { chainId, genesisHash, codeHash } = event;
      return { ...state, identity: { chainId, genesisHash, codeHash } };
    }
    case 'head':
      return atHead(state, event);
    case 'signed':
      return signed(state, event.record);
    default:
      return changed(state, event);
  }
}

/** The fewest records from which the same state comes. */
export function snapshotOf(state: LaneState): AnchorEvent {
  const { nextId, queue, heads } = state;
  const finals = state.records.filter((record) => record.state === 'final');
  const gone = new Set(finals.slice(0, Math.max(0, finals.length - FINAL_KEPT_COUNT)));
  const spent = new Map(state.spent);
  for (const { place } of gone) if (place) spend(spent, place);
  const days = [...spent.keys()].sort().slice(-DAYS_KEPT_COUNT);
  return {
    type: 'snapshot',
    identity: state.identity,
    nextId,
    queue: [...queue.values()],
    records: state.records.filter((record) => !gone.has(record)),
    heads: [...heads].map(([logId, head]) => ({ logId, ...head })),
    spent: Object.fromEntries(days.map((day) => [day, String(spent.get(day)!)])),
  };
}

/** Head of a log; nothing at all before the first anchor. */
export function headOf(state: LaneState, logId: string): LaneHead {
  return state.heads.get(logId) ?? NOTHING;
}

/** Wei spent on a day and promised by transactions that are in no block yet. */
export function spentOn(state: LaneState, day: string): bigint {
  let wei = state.spent.get(day) ?? 0n;
  for (const record of state.records) {
    if (record.place) wei += record.place.day === day ? BigInt(record.place.costWei) : 0n;
    else wei += worstCostWei(newestTx(record));
  }
  return wei;
}

/** Most that a transaction may cost. */
export function worstCostWei({
  gasLimit,
  maxFeeWei,
}: Pick<SignedTransaction, 'gasLimit' | 'maxFeeWei'>): bigint {
  return BigInt(gasLimit) * BigInt(maxFeeWei);
}

function signed(state: LaneState, record: AnchorRecord): LaneState {
  const queue = new Map(state.queue);
  for (const { logId, size } of record.steps) if ((queue.get(logId)?.size ?? 0) <= size) queue.delete(logId);
  const records = [...state.records, record].sort((a, b) => a.nonce - b.nonce || a.id - b.id);
  return { ...state, nextId: record.id + 1, queue, records };
}

type OfRecord = Extract<AnchorEvent, { readonly id: number }>;

function changed(state: LaneState, event: OfRecord): LaneState {
  const record = state.records.find(({ id }) => id === event.id);
  if (!record) {
    const details = { type: event.type, id: event.id };
    throw new WitanError(
      'verification_failed',
      'the outbox speaks of a record that it does not hold',
      details,
    );
  }
  if (event.type === 'dropped') return dropped(state, record, event.place);
  const next = nextRecord(record, event);
  const records = state.records.map((one) => (one === record ? next : one));
  return { ...state, records, heads: headsAfter(state, next, event.type) };
}

function nextRecord(record: AnchorRecord, event: Exclude<OfRecord, { type: 'dropped' }>): AnchorRecord {
  switch (event.type) {
    case 'replaced':
      return { ...record, state: 'signed', txs: [...record.txs, event.tx] };
    case 'sent':
      return { ...record, state: 'sent' };
    case 'mined':
      return { ...record, state: 'mined', place: event.place };
    case 'unmined':
      return { ...record, state: 'sent', place: null };
    case 'safe':
    case 'final':
      return { ...record, state: event.type };
  }
}

function headsAfter(state: LaneState, record: AnchorRecord, type: OfRecord['type']): LaneState['heads'] {
  if (type !== 'mined' && type !== 'final') return state.heads;
  const heads = new Map(state.heads);
  for (const { logId, size, root } of record.steps) {
    const head = headOf(state, logId);
    if (type === 'final') heads.set(logId, { ...head, finalSize: Math.max(head.finalSize, size) });
    else if (size > head.size) heads.set(logId, { ...head, size, root });
  }
  return heads;
}

function dropped(state: LaneState, record: AnchorRecord, place: AnchorPlace | null): LaneState {
  let queue = state.queue;
  for (const step of record.steps) queue = withHead(queue, headOfStep(step));
  const spent = new Map(state.spent);
  if (place) spend(spent, place);
  return { ...state, queue, spent, records: state.records.filter((one) => one !== record) };
}

function atHead(state: LaneState, { logId, size, root }: Extract<AnchorEvent, { type: 'head' }>): LaneState {
  const heads = new Map(state.heads);
  heads.set(logId, { size, root, finalSize: Math.min(headOf(state, logId).finalSize, size) });
  const queue = new Map(state.queue);
  if ((queue.get(logId)?.size ?? Infinity) <= size) queue.delete(logId);
  return { ...state, heads, queue };
}

/** A later head covers the earlier one, so of two the larger waits. */
function withHead(queue: LaneState['queue'], head: QueuedHead): LaneState['queue'] {
  if ((queue.get(head.logId)?.size ?? 0) >= head.size) return queue;
  return new Map(queue).set(head.logId, head);
}

function headOfStep({ prevRoot: _prevRoot, ...head }: AnchorStepRecord): QueuedHead {
  return head;
}

function spend(spent: Map<string, bigint>, { day, costWei }: AnchorPlace): void {
  spent.set(day, (spent.get(day) ?? 0n) + BigInt(costWei));
}

function ofSnapshot(event: Extract<AnchorEvent, { type: 'snapshot' }>): LaneState {
  return {
    identity: event.identity,
    nextId: event.nextId,
    queue: new Map(event.queue.map((head) => [head.logId, head])),
    records: event.records,
    heads: new Map(event.heads.map(({ logId, ...head }) => [logId, head])),
    spent: new Map(Object.entries(event.spent).map(([day, wei]) => [day, BigInt(wei)])),
  };
}
