/** `/platform/dev-chain`: the dev chain's process as an actor; when the process ends, the actor crashes. */
import { rm } from 'node:fs/promises';
import { WitanError } from '../../../contracts/errors.ts';
import { actorChild } from '../../../supervisors/child-spec.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { ActorContext, ActorRef } from '../../kernel/index.ts';
import type { ProcessEnd } from './anvil-process.ts';
import { startDevChain } from './dev-chain.ts';
import type { DevChain, DevChainOptions } from './dev-chain.ts';
import type { Deployment } from './deploy/deploy-contracts.ts';
import { deployToDevChain } from './deploy/deploy-to-dev-chain.ts';

/** What the actor takes. */
export type DevChainMessage =
  | { readonly type: 'where'; readonly replyTo: ActorRef<DevChainReply> }
  | { readonly type: 'ended'; readonly pid: number; readonly end: ProcessEnd };

/** Where the chain is, and the contracts on it. */
export interface DevChainReply {
  readonly url: string;
  readonly chainId: number;
  readonly pid: number;
  readonly addresses: Deployment['addresses'];
}

interface Running {
  readonly chain: DevChain;
  readonly deployment: Deployment;
}

/** Settings of the actor; its log takes the warnings. */
export interface DevChainChildOptions extends Omit<DevChainOptions, 'clock' | 'warn'> {
  /** Whether the folder goes with the actor (default false). */
  readonly isTemporary?: boolean;
}

/**
 * The dev chain as a child of a supervisor.
 *
 * It answers once the chain listens and the contracts stand on it. A process that ends is started again by
 * the supervisor with its usual intensity and backoff, on the same port, so that an address once given stays
 * right.
 */
export function devChainChild(options: DevChainChildOptions): ChildSpec {
  let port = options.port ?? 0;
  let newest: Promise<Running> | undefined;
  return actorChild<Running, DevChainMessage>({
    id: 'dev-chain',
    behavior: (state, message) => {
      const { url, chainId, pid } = state.chain;
      if (message.type === 'where') {
        message.replyTo.tell({ url, chainId, pid, addresses: state.deployment.addresses });
        return state;
      }
      // The end of an earlier process says nothing about the one that runs.
      if (message.pid !== pid) return state;
      throw new WitanError('unavailable', 'the process of the dev chain ended', { ...message.end });
    },
    options: {
      behaviorName: 'dev-chain',
      stopGraceMs: 12_000,
      initialStateFunc: (ctx) => {
        newest = openChain({ ...options, port }, ctx).then((running) => {
          port = running.chain.port;
          return running;
        });
        return newest;
      },
      afterStop: async () => {
        // Not the actor's state: a stop may come while the chain is still starting, and it must end too.
        const running = await newest?.catch(() => undefined);
        await running?.chain.stop();
        if (options.isTemporary) await rm(options.folder, { recursive: true, force: true });
      },
    },
  });
}

async function openChain(
  options: DevChainChildOptions,
  ctx: ActorContext<DevChainMessage>,
): Promise<Running> {
  const warn = ctx.log.warn.bind(ctx.log);
  const { self } = ctx;
  const chain = await startDevChain({ ...options, clock: ctx.system.clock, warn });
  void chain.ended.then((end) => self.tell({ type: 'ended', pid: chain.pid, end }));
  try {
    return { chain, deployment: await deployToDevChain(chain.url, options.folder) };
  } catch (error) {
    // The next start of the actor brings a process of its own.
    await chain.stop();
    throw error;
  }
}
