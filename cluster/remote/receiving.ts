/** What comes in: batches of other runs, taken apart, counted, and handled frame by frame. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { AnyRef, StopReason, WatchableRef } from '../../runtime/kernel/index.ts';
import { LocalRef } from '../../runtime/kernel/cell/local-ref.ts';
import { watchFromOutside } from '../../runtime/kernel/cell/death-watch.ts';
import type { ByteCodec } from './codec/byte-codec.ts';
import { errorFrom, revive } from './codec/reviver.ts';
import type { RefReader } from './codec/reviver.ts';
import type { Counters } from './counters.ts';
import type { Delivery } from './delivery.ts';
import type { RemotingLimits } from './limits.ts';
import type { Routes, Versions } from './links/routes.ts';
import { keyOf } from './links/routes.ts';
import type { OpenAsks } from './open-asks.ts';
import { Peer } from './peer.ts';
import type { Sending } from './sending.ts';
import { BatchParts } from './links/shared-parts.ts';
import type { Watches } from './watches.ts';
import { framesOf, readHead, refusedVersions } from './wire/batch.ts';
import type { BatchHead, BatchSender } from './wire/batch.ts';
import { CANCEL, FRAME, readFrame } from './wire/frames.ts';
import type { Frame } from './wire/frames.ts';

/** Parts that receiving works with. */
export interface ReceivingParts {
  readonly versions: Versions;
  readonly limits: RemotingLimits;
  readonly counters: Counters;
  readonly codec: ByteCodec;
  readonly routes: Routes;
  readonly asks: OpenAsks;
  readonly watches: Watches;
  readonly sending: Sending;
  readonly delivery: Delivery;
  readonly readRef: RefReader;
  /** Tells a run that its version is not spoken here. */
  readonly refuse: (run: BatchSender) => void;
  /** Notes what an answer without an asker becomes. */
  readonly lateReply: (id: number, message: unknown) => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** Incoming half of remoting. */
export class Receiving {
  private readonly parts: ReceivingParts;
  private readonly peers = new Map<string, Peer>();

  constructor(parts: ReceivingParts) {
    this.parts = parts;
  }

  /** Handles one message of the bus; nothing that it holds makes this throw. */
  batch(data: Uint8Array): void {
    const { counters } = this.parts;
    try {
      // A Buffer would hand out Buffers as its parts.
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const head = readHead(bytes);
      counters.batchesReceived += 1;
      counters.bytesReceived += bytes.length;
      if (head.isRefusal) this.refusedBy(head, refusedVersions(bytes, head));
      else this.frames(bytes, head);
    } catch (error) {
      this.refuse('a batch was refused', error, {});
    }
  }

  /** A run is over: its asks and watches here are too. */
  runEnded(run: BatchSender): void {
    this.peers.get(keyOf(run))?.end();
    this.peers.delete(keyOf(run));
  }

  /** Fails the open asks of others, who are told, and takes all watches back. */
  close(): void {
    for (const peer of this.peers.values()) {
      for (const ask of [...peer.asks.values()])
        ask.fail('stopped', 'The node that was asked leaves its cluster');
      peer.end();
    }
    this.peers.clear();
  }

  private frames(bytes: Uint8Array, head: BatchHead): void {
    const { counters, versions, routes } = this.parts;
    const run = { node: head.node, incarnation: head.incarnation };
    if (head.version < versions.min || head.version > versions.max) {
      counters.refused += 1;
      this.parts.refuse(run);
      return;
    }
    const peer = routes.isGone(run) ? undefined : this.peerOf(run);
    if (peer === undefined) {
      counters.refused += 1;
      return;
    }
    if (!peer.accepts(head.sequence, counters)) return;
    const shared = new BatchParts();
    for (const frame of framesOf(bytes, head)) {
      counters.framesReceived += 1;
      try {
        const read = readFrame(this.parts.codec.decode(frame));
        if (read.kind === 'part') shared.add(read);
        else this.frame(withParts(read, shared), peer, head.version);
      } catch (error) {
        this.refuse('a frame was refused', error, { node: run.node });
      }
    }
  }

  private frame(frame: Exclude<Frame, { kind: 'part' }>, peer: Peer, version: number): void {
    const { parts } = this;
    switch (frame.kind) {
      case 'letter':
        parts.delivery.letter(frame.letter, peer, version);
        return;
      case 'reply':
        this.reply(frame.id, frame.isTagged ? revive(frame.content, parts.readRef) : frame.content);
        return;
      case 'failed': {
        const details = frame.isTagged ? revive(frame.details, parts.readRef) : frame.details;
        const error = errorFrom(frame.code, frame.message, details);
        parts.asks.answered(frame.id)?.fail(error.code, error.message, error.details);
        return;
      }
      case 'watch':
        this.watch(frame, peer, version);
        return;
      case 'unwatch':
        peer.unwatch(frame.id);
        return;
      case 'ended':
        parts.watches.ended(peer.run, frame.id, frame.reason);
        return;
      case 'moved':
        parts.delivery.returned(frame, peer);
        return;
      case 'cancel': {
        const ask = peer.asks.get(frame.id);
        if (frame.what === CANCEL.budget)
          ask?.endBudget?.abort(new WitanError('cancelled', 'The asker gave up'));
        else ask?.giveUp('cancelled');
        if (frame.what !== CANCEL.budget) peer.asks.delete(frame.id);
      }
    }
  }

  private reply(id: number, message: unknown): void {
    const ask = this.parts.asks.answered(id);
    if (ask !== undefined) {
      ask.tell(message);
      return;
    }
    this.parts.counters.lateReplies += 1;
    this.parts.lateReply(id, message);
  }

  private watch({ id, path }: { id: number; path: string }, peer: Peer, version: number): void {
    const { routes, sending, delivery, limits } = this.parts;
    if (peer.isWatching(id)) return;
    const to = routes.back(peer.run, version);
    if (to === undefined) return;
    const say = (reason: StopReason): void => void sending.postPlain(to, [FRAME.ended, id, reason]);
    const known = peer.endOf(id);
    if (known !== undefined) {
      say(known);
      return;
    }
    const onEnd = (reason: StopReason): void => {
      peer.watchEnded(id, reason);
      say(reason);
    };
    if (peer.watchCount >= limits.maxWatches) {
      onEnd('unreachable');
      return;
    }
    const ref = delivery.find(path);
    const watchable = ref === undefined ? undefined : watchOf(ref);
    if (watchable === undefined) {
      onEnd('never-existed');
      return;
    }
    let isOver = false;
    const undo = watchable((reason) => {
      isOver = true;
      onEnd(reason);
    });
    if (!isOver) peer.watching(id, undo);
  }

  private refusedBy(run: BatchSender, versions: Versions): void {
    const { routes, asks, watches } = this.parts;
    const over = routes.refused({ node: run.node, incarnation: run.incarnation }, versions);
    if (over === undefined) return;
    const message = `The node ${run.node} does not speak our version of the protocol`;
    asks.failAt(over, new WitanError('not_supported', message, { node: run.node, theirs: { ...versions } }));
    watches.runEnded(over);
  }

  private peerOf(run: BatchSender): Peer | undefined {
    const key = keyOf(run);
    const known = this.peers.get(key);
    if (known !== undefined) return known;
    if (this.peers.size >= this.parts.limits.maxPeers) return undefined;
    const peer = new Peer(run);
    this.peers.set(key, peer);
    return peer;
  }

  private refuse(message: string, error: unknown, fields: Record<string, unknown>): void {
    this.parts.counters.refused += 1;
    const { code, details } = toWitanError(error);
    this.parts.log(message, { ...fields, code, ...details });
  }
}

type WatchStart = (onEnd: (reason: StopReason) => void) => () => void;

function watchOf(ref: AnyRef): WatchStart | undefined {
  if (ref instanceof LocalRef) return (onEnd) => watchFromOutside(ref, onEnd);
  return 'watchEnd' in ref ? (onEnd) => (ref as WatchableRef).watchEnd(onEnd) : undefined;
}

/** A letter with the parts that it names. @throws bad_encoding when its batch lacks one */
function withParts<T extends Frame>(frame: T, parts: BatchParts): T {
  if (frame.kind !== 'letter' || frame.letter.shared === undefined) return frame;
  return { ...frame, letter: { ...frame.letter, parts: parts.of(frame.letter.shared) } };
}
