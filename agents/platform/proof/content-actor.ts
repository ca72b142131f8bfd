/** `/platform/proof/content` and `/platform/proof/chain`: one writes content down, the other carries it on chain. */
import { toWitanError } from '../../../contracts/errors.ts';
import type { ActorContext } from '../../../runtime/kernel/index.ts';
import { actorChild } from '../../../supervisors/child-spec.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { ChainWorker } from './chain/chain-worker.ts';
import type { ContentMessage, ContentReply, ProofChainMessage, ProofChainReply } from './messages.ts';
import type { RegistryKeeper } from './registry/registry-keeper.ts';

/** The keeper as an actor: one change after the other, so that the first registration of a hash wins. */
export function contentChild(keeper: RegistryKeeper): ChildSpec {
  return actorChild<RegistryKeeper, ContentMessage>({
    id: 'content',
    behavior: async (state, message) => {
      message.replyTo.tell(await answerOf(state, message));
      return state;
    },
    options: {
      behaviorName: 'content-registry',
      initialStateFunc: async () => {
        await keeper.recover();
        return keeper;
      },
      // Reserved for nobody: a caller past the limit hears so at once.
      mailbox: { capacity: 1_024, overflow: 'reject' },
      stopGraceMs: 5_000,
    },
  });
}

/** What the actor of the chain keeps. */
interface ChainState {
  retryMs: number;
  failure: string | null;
}

/** Times of the actor of the chain. */
export interface ChainChildOptions {
  readonly worker: ChainWorker;
  /** Milliseconds between two looks at the chain while something waits for it. */
  readonly pollMs: number;
  readonly jobCount: () => number;
}

const LAST_RETRY_MS = 30_000;

/** The worker as an actor. A chain that does not answer is asked ever more seldom, up to each 30 s. */
export function proofChainChild({ worker, pollMs, jobCount }: ChainChildOptions): ChildSpec {
  return actorChild<ChainState, ProofChainMessage>({
    id: 'chain',
    behavior: async (state, message, ctx) => {
      if (message.type === 'state') {
        message.replyTo.tell({ jobCount: jobCount(), failure: state.failure } satisfies ProofChainReply);
        return state;
      }
      // One that woke it while it waits out a failure does not make the chain answer sooner.
      if (message.type === 'wake' && state.failure !== null) return state;
      return turned(state, worker, ctx, pollMs);
    },
    options: {
      behaviorName: 'content-chain',
      initialStateFunc: (ctx) => {
        ctx.setTimer('turn', 0, { type: 'turn' });
        return { retryMs: pollMs, failure: null };
      },
      stateName: ({ failure }) => (failure === null ? `${jobCount()} jobs` : `waits: ${failure}`),
      mailbox: { capacity: 256, overflow: 'drop-oldest' },
      slowHandlerMs: 30_000,
      stopGraceMs: 5_000,
    },
  });
}

async function turned(
  state: ChainState,
  worker: ChainWorker,
  ctx: ActorContext<ProofChainMessage>,
  pollMs: number,
): Promise<ChainState> {
  try {
    await worker.turn();
    if (worker.hasWork) ctx.setTimer('turn', pollMs, { type: 'turn' });
    return { retryMs: pollMs, failure: null };
  } catch (error) {
    const { code, message } = toWitanError(error);
    const failure = `${code}: ${message}`;
    if (failure !== state.failure) ctx.log.warn('the content registry waits for its chain', { failure });
    ctx.setTimer('turn', state.retryMs, { type: 'turn' });
    return { retryMs: Math.min(LAST_RETRY_MS, state.retryMs * 2), failure };
  }
}

async function answerOf(keeper: RegistryKeeper, message: ContentMessage): Promise<ContentReply> {
  try {
    switch (message.type) {
      case 'register':
        return { type: 'registered', receipt: await keeper.register(message.registration) };
      case 'certify':
        return { type: 'certificate', view: await keeper.certify(message.change, message.lifeDays) };
      case 'revoke': {
        const { change, certificateId, reason } = message;
        return { type: 'certificate', view: await keeper.revoke(change, certificateId, reason) };
      }
      case 'marked':
        return { type: 'mark-recorded', place: await keeper.marked(message.mark) };
    }
  } catch (error) {
    return { type: 'failed', error: toWitanError(error) };
  }
}
