/** How far a registration is on its chain, from the outbox while it is under way, then from the record. */
import type { ContentChainState } from '../../../../contracts/messages/content/registration.ts';
import type { ContentJob } from '../chain/content-job.ts';
import { eventsOf } from './content-log.ts';
import type { LoggedEvent } from './content-log.ts';

/** State of the registration whose events these are. */
export function chainStateOf(events: readonly LoggedEvent[], job: ContentJob | undefined): ContentChainState {
  const ended = eventsOf(events, 'content-chain').find(({ payload }) => payload.kind === 'register')?.payload;
  if (ended) {
    const { state, chainId, contract, tokenId, lineage, transactions, detail } = ended;
    return {
      state: state as ContentChainState['state'],
      chainId,
      contract,
      ...(tokenId !== null && { tokenId }),
      ...(lineage !== null && { lineage }),
      transactions: transactions as NonNullable<ContentChainState['transactions']>,
      detail,
    };
  }
  if (!job) {
    return { state: 'off', detail: 'registered in the log of this node alone: no chain is configured' };
  }
  const transactions = job.transactions.flatMap(({ step, variants, includedHash, state }) =>
    state === 'lost' ? [] : [{ step, hash: includedHash ?? variants.at(-1)!.hash, state }],
  );
  const isCommitted = transactions.some(({ step, state }) => step === 'commit' && state === 'confirmed');
  return { state: isCommitted ? 'committed' : 'queued', transactions, detail: job.detail };
}
