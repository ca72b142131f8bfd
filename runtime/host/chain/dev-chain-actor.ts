/** `/platform/dev-chain`: the dev chain's process as an actor; when the process ends, the actor crashes. */
import { WitanError } from '../../../contracts/errors.ts';
import { actorChild } from '../../../supervisors/child-spec.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { ActorRef } from '../../kernel/index.ts';
import type { ProcessEnd } from './anvil-process.ts';
import { startDevChain } from './dev-chain.ts';
import type { DevChain, DevChainOptions } from './dev-chain.ts';

/** What the actor takes. */
export type DevChainMessage =
  | { readonly type: 'where'; readonly replyTo: ActorRef<DevChainReply> }
  | { readonly type: 'ended'; readonly pid: number; readonly end: ProcessEnd };

/** Where the chain is. */
export interface DevChainReply {
  readonly url: string;
  readonly chainId: number;
  readonly pid: number;
}

/** Settings of the actor; its log takes the warnings. */
export type DevChainChildOptions = Omit<DevChainOptions, 'clock' | 'warn'>;

/**
 * The dev chain as a child of a supervisor.
 *
 * It answers once the chain listens. A process that ends is started again by the supervisor with its usual
 * intensity and backoff, on the same port, so that an address once given stays right.
 */
export function devChainChild(options: DevChainChildOptions): ChildSpec {
  let port = options.port ?? 0;
  return actorChild<DevChain, DevChainMessage>({
    id: 'dev-chain',
    behavior: (chain, message) => {
      if (message.type === 'where') {
        message.replyTo.tell({ url: chain.url, chainId: chain.chainId, pid: chain.pid });
        return chain;
      }
      // The end of an earlier process says nothing about the one that runs.
      if (message.pid !== chain.pid) return chain;
      throw new WitanError('unavailable', 'the process of the dev chain ended', { ...message.end });
    },
    options: {
      behaviorName: 'dev-chain',
      stopGraceMs: 12_000,
      initialStateFunc: async (ctx) => {
        const warn = ctx.log.warn.bind(ctx.log);
        const chain = await startDevChain({ ...options, port, clock: ctx.system.clock, warn });
        port = chain.port;
        void chain.ended.then((end) => ctx.self.tell({ type: 'ended', pid: chain.pid, end }));
        return chain;
      },
      afterStop: (chain) => chain?.stop(),
    },
  });
}
