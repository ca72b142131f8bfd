/** Entities that keep sums: durable, sharded, alive once; each change has an id and counts once. */
import { startEntities } from '../../../../cluster/entities/entities.ts';
import type { Entities, ShardClaimed } from '../../../../cluster/entities/entities.ts';
import { claimDirectory } from '../../../../cluster/entities/shard-directory.ts';
import type { HeldClaim } from '../../../../cluster/claims/claims.ts';
import { spawnShardKeeper } from '../../../../cluster/placement/shard-keeper.ts';
import type { ShardKeeper } from '../../../../cluster/placement/shard-keeper.ts';
import { askAgain } from '../../../../cluster/remote/ask-again.ts';
import { spawnPersistent, stop } from '../../../../runtime/kernel/index.ts';
import type { ActorRef, DurableContext, Fence } from '../../../../runtime/kernel/index.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { NodeRun } from '../world/node-run.ts';
import { noteTaken } from './taken.ts';

/** Kind of the entities, and its shards. */
export const ACCOUNT = 'account';
export const ACCOUNT_SHARDS = 8;
/** The entities. */
export const ACCOUNT_IDS = Array.from({ length: 10 }, (_, at) => `acc-${at}`);

/** State of an account: what came of each change, by its id. */
export interface Account {
  readonly total: number;
  /** How often each change was applied. */
  readonly changes: Readonly<Record<string, number>>;
}

interface Change {
  readonly change: string;
  readonly amount: number;
}

/** What an account takes; without a change it only answers. */
export type AccountMessage = Partial<Change> & { readonly replyTo?: ActorRef<Account> };

type Ctx = DurableContext<Account, AccountMessage, Change>;

interface Activation {
  readonly run: NodeRun;
  readonly fence: Fence;
}

/** What one run of a node has of them. */
interface Part {
  readonly entities: Entities;
  readonly keeper: ShardKeeper | undefined;
}

/** Accounts of one world. */
export class Accounts {
  readonly #world: ClusterWorld;
  readonly #parts = new Map<NodeRun, Part>();
  readonly #activations = new Map<string, Activation[]>();
  /** Changes that were sent, and whether somebody was told that they are in. */
  readonly #sent = new Map<string, Change & { readonly id: string; acknowledgedMs: number }>();
  #openAsks = 0;

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  /** Gives a process its part in them. */
  furnish(node: ClusterNode): void {
    node.eachRun((run) => this.#begin(node, run));
  }

  /** Sends a change from a node, again and again under its id until its time is over. */
  async change(node: ClusterNode, id: string, { change, amount }: Change): Promise<void> {
    const part = node.run && this.#parts.get(node.run);
    const remoting = node.run?.remoting;
    if (!part || !remoting) return;
    const sent = { id, change, amount, acknowledgedMs: Infinity };
    this.#sent.set(change, sent);
    const { record } = this.#world;
    record.count('changes sent');
    this.#openAsks += 1;
    try {
      const account = await askAgain<AccountMessage, Account>(
        part.entities.ref<AccountMessage>(ACCOUNT, id),
        (replyTo) => ({ change, amount, replyTo }),
        { system: node.system, remoting, timeoutMs: 4_000, attemptMs: 900, idempotencyId: change },
      );
      sent.acknowledgedMs = this.#world.nowMs;
      record.count('changes acknowledged');
      record.trace.note('changed', id, change, account.total);
      if (account.changes[change] !== 1)
        record.broken('entity-keeps-all', `${id} answered to ${change} without it, or with it twice`);
    } catch (error) {
      record.trace.note('not changed', id, change, toWitanError(error).code);
    } finally {
      this.#openAsks -= 1;
    }
  }

  /** Brings a change to its account; resolves when it is in. @throws what the ask throws */
  async apply(node: ClusterNode, id: string, { change, amount }: Change): Promise<void> {
    const part = node.run && this.#parts.get(node.run);
    const remoting = node.run?.remoting;
    if (!part || !remoting) throw new WitanError('unavailable', 'this node is in no cluster now');
    await askAgain<AccountMessage, Account>(
      part.entities.ref<AccountMessage>(ACCOUNT, id),
      (replyTo) => ({ change, amount, replyTo }),
      { system: node.system, remoting, timeoutMs: 2_500, attemptMs: 900, idempotencyId: change },
    );
  }

  /** A change that must be in, once, when all is quiet. */
  expect(id: string, { change, amount }: Change): void {
    this.#sent.set(change, { id, change, amount, acknowledgedMs: this.#world.nowMs });
  }

  /** Shards that no living process owns, or that two own. */
  unowned(): number[] {
    const counts = new Array<number>(ACCOUNT_SHARDS).fill(0);
    for (const [run, { keeper }] of this.#parts) {
      if (!run.isLiving || !keeper) continue;
      for (let shard = 0; shard < ACCOUNT_SHARDS; shard++)
        if (keeper.owned(shard)?.fence.isHeld()) counts[shard]! += 1;
    }
    return counts.flatMap((count, shard) => (count === 1 ? [] : [shard]));
  }

  /** Hands over what a node owns. */
  async drain(node: ClusterNode): Promise<void> {
    await (node.run && this.#parts.get(node.run)?.keeper?.drain());
  }

  /** Reads all accounts through a node; undefined where one does not answer. */
  async read(node: ClusterNode): Promise<(Account | undefined)[]> {
    const part = node.run && this.#parts.get(node.run);
    const remoting = node.run?.remoting;
    if (!part || !remoting) return ACCOUNT_IDS.map(() => undefined);
    const options = {
      system: node.system,
      remoting,
      timeoutMs: 3_000,
      attemptMs: 800,
      idempotencyId: 'read',
    };
    return Promise.all(
      ACCOUNT_IDS.map((id) =>
        askAgain<AccountMessage, Account>(
          part.entities.ref<AccountMessage>(ACCOUNT, id),
          (replyTo) => ({ replyTo }),
          options,
        ).catch((error: unknown) => {
          this.#world.record.trace.note(
            'not read',
            node.name,
            id,
            toWitanError(error).code,
            toWitanError(error).message,
          );
          return undefined;
        }),
      ),
    );
  }

  /** Says what is wrong with the accounts as they are read. */
  judge(accounts: readonly (Account | undefined)[], readFromMs: number): void {
    const { record } = this.#world;
    for (const [change, { id, amount, acknowledgedMs }] of this.#sent) {
      const account = accounts[ACCOUNT_IDS.indexOf(id)];
      // One that does not answer is another matter.
      if (account === undefined) continue;
      const times = account.changes[change] ?? 0;
      if (acknowledgedMs < readFromMs && times === 0)
        record.broken('entity-keeps-all', `${id} lost the acknowledged ${change} of ${amount}`);
      if (times > 1) record.broken('entity-keeps-all', `${id} has ${change} ${times} times`);
    }
  }

  /** Each change stands in the journal once, whatever came late. */
  async judgeJournal(): Promise<void> {
    const { record, journal } = this.#world;
    for (const id of ACCOUNT_IDS) {
      const seen = new Set<string>();
      for await (const { payload } of journal.read(`account.${id}`, 0)) {
        const { change } = payload as Change;
        if (seen.has(change))
          record.broken('entity-keeps-all', `${change} stands in the journal of ${id} twice`);
        seen.add(change);
      }
    }
  }

  #begin(node: ClusterNode, run: NodeRun): () => Promise<void> {
    const { system, journal } = node;
    const { members, claims, lease } = run.lease;
    const plant = this.#world.plant;
    const entities = startEntities({ system, remoting: run.remoting!, journal });
    const isOwner = node.machine.roles.includes('worker');
    const plain = entities.register<AccountMessage>({
      kind: ACCOUNT,
      directory: claimDirectory({ kind: ACCOUNT, shardCount: ACCOUNT_SHARDS, claims, members }),
      passivateAfterMs: 1_500,
      remember: true,
      ...(isOwner && {
        start: ({ id, parent, name, fence, shutdownAfterMs }) =>
          spawnPersistent<Account, AccountMessage, Change>(
            parent,
            (state, message, ctx) => this.#handle({ id, run, fence }, { state, message, ctx }),
            `account.${id}`,
            name,
            {
              journal,
              initialState: { total: 0, changes: {} },
              apply: (state, { change, amount }) => ({
                total: state.total + amount,
                changes: { ...state.changes, [change]: (state.changes[change] ?? 0) + 1 },
              }),
              eventType: () => 'changed',
              ...(plant?.isEntityUnfenced ? {} : { fence }),
              ...(shutdownAfterMs !== undefined && { shutdownAfterMs }),
              afterStop: () => this.#ended(id, run),
              onCrash: () => 'stop',
            },
          ),
      }),
    });
    const hooks = plant?.wrapHooks?.(plain) ?? plain;
    const keeper = isOwner
      ? spawnShardKeeper(system, {
          ...{ kind: ACCOUNT, shardCount: ACCOUNT_SHARDS, claims, members, lease, clock: node.clock },
          need: { roles: ['worker'] },
          hooks: {
            ...hooks,
            taken: (shard: number, claim: HeldClaim & ShardClaimed) => {
              noteTaken(this.#world, run, claim);
              return hooks.taken(shard, claim);
            },
          },
        })
      : undefined;
    this.#parts.set(run, { entities, keeper });
    return async () => {
      await Promise.all([entities.close(), keeper && stop(keeper.ref)]);
    };
  }

  #handle(
    { id, run, fence }: Activation & { readonly id: string },
    { state, message, ctx }: { state: Account; message: AccountMessage; ctx: Ctx },
  ): void {
    const { record } = this.#world;
    record.acts(`account ${id}`, fence.generation, `${run.node.name}.${run.incarnation}`);
    this.#only(id, { run, fence });
    const { change, amount, replyTo } = message;
    record.count('entity turns');
    if (change === undefined || amount === undefined || state.changes[change] !== undefined) {
      replyTo?.tell(state);
      return;
    }
    void ctx.persist({ change, amount });
    ctx.effect(() => replyTo?.tell(ctx.state));
  }

  /** Whether another activation could act at this moment. */
  #only(id: string, own: Activation): void {
    const all = this.#activations.get(id) ?? [];
    if (!all.some(({ run, fence }) => run === own.run && fence === own.fence)) all.push(own);
    const acting = all.filter(({ run, fence }) => run.isLiving && !run.node.clock.isPaused && fence.isHeld());
    this.#activations.set(id, all.slice(-6));
    // Who holds fences beside each other is looked at there where a clock is far off.
    if (acting.length < 2 || this.#world.record.overlapMs > 0) return;
    const names = acting.map(({ run, fence }) => `${run.node.name} under ${fence.generation}`);
    this.#world.record.broken('one-activation', `account ${id} lives on ${names.join(' and ')}`);
  }

  #ended(id: string, run: NodeRun): void {
    const all = this.#activations.get(id) ?? [];
    this.#activations.set(
      id,
      all.filter((one) => one.run !== run),
    );
  }

  /** Asks that are not answered yet. */
  get openCount(): number {
    return this.#openAsks;
  }
}
