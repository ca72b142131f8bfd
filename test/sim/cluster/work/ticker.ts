/** A singleton that acts now and then, and writes what it does under its generation. */
import type { Fence } from '../../../../runtime/kernel/index.ts';
import { spawn, stop } from '../../../../runtime/kernel/index.ts';
import type { Singleton } from '../../../../cluster/singletons/singleton.ts';
import { spawnSingleton } from '../../../../cluster/singletons/singleton.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { NodeRun } from '../world/node-run.ts';

const NAME = 'ticker';
const EVERY_MS = 40;
type Tick = 'tick';

/** The singleton of one world. */
export class Ticker {
  readonly #world: ClusterWorld;
  readonly #parts = new Map<NodeRun, Singleton>();

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  /** Gives a process its part in it. */
  furnish(node: ClusterNode): void {
    node.eachRun((run) => {
      const { claims, members, lease } = run.lease;
      const singleton = spawnSingleton(node.system, {
        ...{ name: NAME, claims, members, lease, standbyMs: 400 },
        need: { roles: ['worker'] },
        child: (fence) => ({ id: NAME, start: (parent) => this.#child(run, parent, fence) }),
      });
      this.#parts.set(run, singleton);
      return async () => {
        await stop(singleton.ref);
      };
    });
  }

  /** Living processes in which it runs. */
  runningCount(): number {
    return [...this.#parts].filter(([run, one]) => run.isLiving && one.running() !== undefined).length;
  }

  /** Hands it over. */
  async drain({ run }: ClusterNode): Promise<void> {
    await (run && this.#parts.get(run)?.drain());
  }

  #child(run: NodeRun, parent: Parameters<typeof spawn>[0], fence: Fence) {
    const { record, plant } = this.#world;
    const by = `${run.node.name}.${run.incarnation}`;
    record.trace.note('singleton', NAME, fence.generation, by);
    return spawn<undefined, Tick>(
      parent,
      (_state, message, ctx) => {
        ctx.setTimer('tick', EVERY_MS, message);
        record.count('singleton turns');
        record.acts(`singleton ${NAME}`, fence.generation, by);
        return undefined;
      },
      NAME,
      {
        ...(plant?.isSingletonUnfenced ? {} : { fence }),
        initialStateFunc: (ctx) => {
          ctx.self.tell('tick');
          return undefined;
        },
      },
    );
  }
}
