/** Sharded virtual actors: told by id from any node, alive once, made by their first message. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import { spawnStateless, stop } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef, Fence } from '../../runtime/kernel/index.ts';
import { Parcel } from '../../runtime/kernel/messaging/envelope.ts';
import { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import { Kernel } from '../../runtime/kernel/system.ts';
import { shardOf } from '../placement/rendezvous.ts';
import type { NewerOwner, OwnerGate, ReturnedLetter } from '../remote/owner-gate.ts';
import type { NodeRemoting } from '../remote/start-remoting.ts';
import type { EntityKind } from './entity-kind.ts';
import { ENTITY_PREFIX, readEntityPath, wirePath } from './entity-path.ts';
import type { EntityAddress } from './entity-path.ts';
import { EntityRef } from './entity-ref.ts';
import { LocalShard } from './local-shard.ts';
import { Remembered } from './remembered.ts';
import { WaitingRoom } from './waiting-room.ts';
import type { EntityLetter, WaitingLimits } from './waiting-room.ts';

/** What this node owns of a shard; a `HeldClaim` is one. */
export interface ShardClaimed {
  readonly generation: number;
  readonly fence: Fence;
}

/** What a shard keeper calls. */
export interface EntityHooks {
  taken(shard: number, claim: ShardClaimed): Promise<void>;
  drain(shard: number): Promise<void>;
  lost(shard: number): void;
}

/** Settings of entities. */
export interface EntitiesOptions {
  readonly system: ActorSystem;
  readonly remoting: NodeRemoting;
  /** Keeps the lists of remembered entities; needed for kinds that remember. */
  readonly journal?: JournalPort;
  readonly limits?: Partial<WaitingLimits>;
}

/** Entities of one node. */
export interface Entities {
  /** Makes a kind known; the hooks are for its shard keeper. @throws already_exists, invalid_argument */
  register<M>(kind: EntityKind<M>): EntityHooks;
  /** Address of an entity of a registered kind. Asks through it name the system (`via`). @throws not_found */
  ref<M>(kind: string, id: string): ActorRef<M>;
  /** Entities of a shard that are active here. */
  activeIn(kind: string, shard: number): readonly string[];
  /** Messages that wait for an owner of their shard. */
  readonly waitingCount: number;
  /** Stops all entities of this node. Idempotent. */
  close(): Promise<void>;
}

const LIMITS: WaitingLimits = { maxPerShard: 1_000, maxInAll: 10_000, waitMs: 10_000 };
const MAX_WAITING_PER_ENTITY = 1_024;

/** Starts entities below `/entities`. @throws already_exists when there are some */
export function startEntities(options: EntitiesOptions): Entities {
  return new NodeEntities(options);
}

interface Registered {
  readonly kind: EntityKind;
  readonly region: AnyRef;
  readonly shards: Map<number, LocalShard>;
  readonly room: WaitingRoom;
  readonly refs: Map<string, WeakRef<EntityRef>>;
  readonly stopListening: () => void;
}

interface Addressed {
  readonly address: EntityAddress;
  readonly registered: Registered;
  readonly entity: EntityRef;
  readonly ref: AnyRef;
}

class NodeEntities implements Entities, OwnerGate {
  readonly prefix = ENTITY_PREFIX;
  private readonly options: EntitiesOptions;
  private readonly kernel: Kernel;
  private readonly root: AnyRef;
  private readonly kinds = new Map<string, Registered>();
  private readonly forgotten = new FinalizationRegistry<{ refs: Registered['refs']; id: string }>(
    ({ refs, id }) => {
      if (refs.get(id)?.deref() === undefined) refs.delete(id);
    },
  );
  private isClosed = false;

  constructor(options: EntitiesOptions) {
    const { system, remoting } = options;
    if (!(system instanceof Kernel)) throw new TypeError('entities need a system of this kernel');
    this.options = options;
    this.kernel = system;
    this.root = spawnStateless(system, () => {}, 'entities', { behaviorName: 'entities' }) as AnyRef;
    remoting.setGate(this);
  }

  get waitingCount(): number {
    let count = 0;
    for (const { room } of this.kinds.values()) count += room.size;
    return count;
  }

  register<M>(kind: EntityKind<M>): EntityHooks {
    const { kind: name, directory } = kind;
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      throw new WitanError('invalid_argument', 'A kind of entities is kebab-case', { path: 'kind' });
    }
    if (kind.remember === true && this.options.journal === undefined) {
      throw new WitanError('invalid_argument', 'Entities that are remembered need a journal', {
        path: 'journal',
      });
    }
    if (this.kinds.has(name)) throw new WitanError('already_exists', `There is a kind ${name}`);
    const limits = { ...LIMITS, ...this.options.limits };
    const registered: Registered = {
      kind: kind as EntityKind,
      region: spawnStateless(this.root, () => {}, name, { behaviorName: 'region' }) as AnyRef,
      shards: new Map(),
      room: new WaitingRoom(this.kernel.clock, limits, (letter) => {
        this.refuse(letter, new WitanError('unavailable', 'No node owned the shard of the entity in time'));
      }),
      refs: new Map(),
      stopListening: directory.onChange((shards) => {
        for (const shard of shards) this.pump(registered, shard);
      }),
    };
    this.kinds.set(name, registered);
    return {
      taken: (shard, claim) => this.taken(registered, shard, claim),
      drain: (shard) => registered.shards.get(shard)?.drain() ?? Promise.resolve(),
      lost: (shard) => void registered.shards.get(shard)?.end(),
    };
  }

  ref<M>(kind: string, id: string): ActorRef<M> {
    const registered = this.kinds.get(kind);
    if (registered === undefined) throw new WitanError('not_found', `There is no kind ${kind} of entities`);
    return this.entity(registered, id) as ActorRef<M>;
  }

  activeIn(kind: string, shard: number): readonly string[] {
    return this.kinds.get(kind)?.shards.get(shard)?.ids ?? [];
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { room, stopListening } of this.kinds.values()) {
      stopListening();
      for (const letter of room.close())
        this.refuse(letter, new WitanError('stopped', 'This node leaves its cluster'));
    }
    await stop(this.root);
  }

  refOf(path: string): AnyRef | undefined {
    const found = this.addressed(path);
    return found === undefined || found.address.generation !== undefined ? undefined : found.ref;
  }

  decide(path: string): { readonly ref: AnyRef | undefined } | NewerOwner {
    const found = this.addressed(path);
    if (found === undefined) return { ref: undefined };
    const { address, registered, ref } = found;
    const { generation, shard } = address;
    if (generation === undefined) return { ref };
    const local = registered.shards.get(shard);
    const owner = registered.kind.directory.owner(shard);
    const newest = Math.max(local?.generation ?? 0, owner?.generation ?? 0);
    if (newest > generation) {
      return { generation: newest, node: owner?.generation === newest ? owner.node : this.kernel.node };
    }
    // Handed over: the next owner has a newer generation, and nobody knows it yet.
    if (local?.generation === generation && local.isClosed) return { generation };
    // Ours, or about to be: this node may not have heard of it yet.
    return { ref };
  }

  returned(letter: ReturnedLetter): void {
    const found = this.addressed(letter.path);
    if (found === undefined) return;
    const { address, registered, entity } = found;
    const refused = address.generation ?? 0;
    const back: EntityLetter = {
      ref: entity,
      message: letter.message,
      options: letter.options,
      fromGeneration: letter.generation > refused ? letter.generation : refused + 1,
      isSecond: true,
    };
    if (!address.isSecond) this.send(registered, back);
    else
      this.refuse(
        back,
        new WitanError('unavailable', 'The shard of the entity moves', { node: letter.from }),
      );
  }

  private addressed(path: string): Addressed | undefined {
    const address = readEntityPath(path, (kind) => this.kinds.get(kind)?.kind.directory.shardCount ?? 1);
    const registered = address === undefined ? undefined : this.kinds.get(address.kind);
    if (address === undefined || registered === undefined) return undefined;
    const entity = this.entity(registered, address.id);
    return { address, registered, entity, ref: entity as AnyRef };
  }

  private async taken(registered: Registered, shard: number, claim: ShardClaimed): Promise<void> {
    const { kind, region, shards } = registered;
    if (kind.start === undefined)
      throw new WitanError('not_supported', `This node has no entities ${kind.kind}`);
    await shards.get(shard)?.end();
    const { journal } = this.options;
    const place = { kind: kind.kind, shard, generation: claim.generation };
    const local = new LocalShard({
      ...{ parent: region, kind, shard, generation: claim.generation, fence: claim.fence },
      clock: this.kernel.clock,
      remembered: kind.remember === true ? new Remembered(journal!, place) : undefined,
      maxWaiting: MAX_WAITING_PER_ENTITY,
      refOf: (id) => this.entity(registered, id),
      resend: (letter) => this.send(registered, letter),
      refuse: (letter, error) => this.refuse(letter, error),
    });
    try {
      await local.recall();
    } catch (error) {
      // It is given up; what stands of it would be in the way of the next try.
      await local.end();
      throw error;
    }
    shards.set(shard, local);
    this.pump(registered, shard);
  }

  private entity(registered: Registered, id: string): EntityRef {
    const { refs, kind } = registered;
    const known = refs.get(id)?.deref();
    if (known !== undefined) return known;
    const shard = shardOf(kind.kind, id, kind.directory.shardCount);
    const made = { kind: kind.kind, id, shard, node: this.kernel.node };
    const ref = new EntityRef((to, message, options) => {
      this.send(registered, { ref: to, message, options, fromGeneration: 0, isSecond: false });
    }, made);
    refs.set(id, new WeakRef(ref));
    this.forgotten.register(ref, { refs, id });
    return ref;
  }

  private send(registered: Registered, letter: EntityLetter): void {
    const { sender } = letter.options;
    if (sender instanceof ReplyRef) sender.oweElsewhere();
    if (this.isClosed) this.refuse(letter, new WitanError('stopped', 'This node has left its cluster'));
    else if (registered.room.has(letter.ref.shard) || !this.go(registered, letter)) {
      if (registered.room.put(letter)) return;
      this.refuse(letter, new WitanError('overloaded', 'Too much waits for an owner of the shard'));
    }
  }

  /** Sends a letter to the owner of its shard, here or elsewhere; false when there is none to send it to. */
  private go({ shards, kind }: Registered, letter: EntityLetter): boolean {
    const { shard, id } = letter.ref;
    const owner = kind.directory.owner(shard);
    const local = shards.get(shard);
    const isLocal = local !== undefined && !local.isClosed && local.generation >= (owner?.generation ?? 0);
    if (isLocal && local.generation >= letter.fromGeneration) {
      const { sender } = letter.options;
      if (sender instanceof ReplyRef && sender.settled) this.deadLetter(letter, 'expired');
      else local.deliver(letter);
      return true;
    }
    const isElsewhere = owner !== undefined && owner.node !== this.kernel.node;
    if (!isElsewhere || owner.generation < letter.fromGeneration) return false;
    const address = { kind: kind.kind, shard, id, generation: owner.generation, isSecond: letter.isSecond };
    const ref = this.options.remoting.ref<unknown>(owner.node, wirePath(address));
    (ref as unknown as EntityRef).tellWith(letter.message, letter.options);
    return true;
  }

  /** An owner of the shard may be known now: what waits goes on, in its order. */
  private pump(registered: Registered, shard: number): void {
    const { room } = registered;
    for (let letter = room.first(shard); letter !== undefined; letter = room.first(shard)) {
      if (!this.go(registered, letter)) return;
      room.shift(shard);
    }
  }

  private refuse(letter: EntityLetter, error: WitanError): void {
    const { sender } = letter.options;
    const { code, message, details } = toWitanError(error);
    if (sender instanceof ReplyRef) sender.fail(code, message, details);
    this.deadLetter(letter, code === 'overloaded' ? 'mailbox-full' : 'undeliverable');
  }

  private deadLetter(
    { ref, message, options }: EntityLetter,
    reason: 'expired' | 'mailbox-full' | 'undeliverable',
  ): void {
    const origin = new Parcel(options.sender, options);
    this.kernel.deadLetter(ref as AnyRef, { message, origin, reason });
  }
}
