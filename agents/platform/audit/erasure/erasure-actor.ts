/** `/platform/audit/erasure`: takes requests one by one and goes on with erasures until their end. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type {
  ErasureRequest,
  ErasureView,
  HoldRequest,
  HoldView,
} from '../../../../contracts/messages/privacy/erasure.ts';
import { query, spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import { ErasureDesk } from './erasure-desk.ts';
import type { ExpiredKeys } from './erasure-desk.ts';
import { HoldDesk } from './hold-desk.ts';
import type { ErasurePorts } from './ports.ts';

/** What became of a call. */
export type ErasureReply<T> =
  { readonly type: 'done'; readonly value: T } | { readonly type: 'failed'; readonly error: WitanError };

type Call<Type extends string, Fields, T> = Fields & {
  readonly type: Type;
  readonly principal: Principal;
  readonly replyTo: ActorRef<ErasureReply<T>>;
};

/** Everything that the actor takes. */
export type ErasureMessage =
  | Call<'request', { readonly request: ErasureRequest }, ErasureView>
  | Call<'read', { readonly erasureId: string }, ErasureView>
  | Call<'hold', { readonly request: HoldRequest }, HoldView>
  | Call<'release', { readonly holdId: string; readonly reason: string }, HoldView>
  | Call<'list-holds', unknown, readonly HoldView[]>
  | {
      readonly type: 'expire';
      readonly expired: ExpiredKeys;
      readonly replyTo: ActorRef<ErasureReply<ErasureView | undefined>>;
    }
  | {
      readonly type: 'entry-of';
      readonly keyIds: readonly string[];
      readonly replyTo: ActorRef<ErasureReply<number | undefined>>;
    }
  | { readonly type: 'work' };

/** How often decisions that are still open are looked at again, ms. */
const SETTLE_EVERY_MS = 250;
/** Pause after a step that failed, ms. */
const RETRY_MS = 1_000;

interface Desks {
  readonly erasures: ErasureDesk;
  readonly holds: HoldDesk;
}

/** Starts `<parent>/erasure`; what an earlier run left open is gone on with at once. */
export function spawnErasure(parent: Parent, ports: ErasurePorts): ActorRef<ErasureMessage> {
  let desks: Promise<Desks> | undefined;
  const opened = (): Promise<Desks> =>
    (desks ??= openDesks(ports).catch((error: unknown) => {
      desks = undefined;
      throw error;
    }));
  const behavior = async (
    _state: undefined,
    message: ErasureMessage,
    ctx: ActorContext<ErasureMessage>,
  ): Promise<undefined> => {
    if (message.type === 'work') await work(opened, ctx);
    else await answer(message, opened, ctx);
  };
  const actor = spawn<undefined, ErasureMessage>(parent, behavior, 'erasure', {
    initialState: undefined,
    behaviorName: 'erasure',
    // All that counts is in the store and in the log.
    onCrash: () => 'reset',
  });
  actor.tell({ type: 'work' });
  return actor;
}

async function openDesks(ports: ErasurePorts): Promise<Desks> {
  const { erasures, holds } = await ports.store.load();
  return { erasures: new ErasureDesk(ports, erasures), holds: new HoldDesk(ports, holds) };
}

/** One round over what is unfinished; open decisions and failures are looked at again later. */
async function work(opened: () => Promise<Desks>, ctx: ActorContext<ErasureMessage>): Promise<void> {
  let againMs: number | undefined;
  try {
    const { erasures, holds } = await opened();
    await holds.finish();
    for (const erasureId of erasures.unfinished) {
      if (!(await erasures.advance(erasureId))) againMs = SETTLE_EVERY_MS;
    }
  } catch (error) {
    ctx.log.error('an erasure did not get on; trying again', { error: String(error) });
    againMs = RETRY_MS;
  }
  if (againMs !== undefined) ctx.setTimer('work', againMs, { type: 'work' });
}

async function answer(
  message: Exclude<ErasureMessage, { type: 'work' }>,
  opened: () => Promise<Desks>,
  ctx: ActorContext<ErasureMessage>,
): Promise<void> {
  const replyTo = message.replyTo as ActorRef<ErasureReply<unknown>>;
  try {
    const value = await handle(message, await opened());
    replyTo.tell({ type: 'done', value });
    // After the answer: an erasure is accepted when it is stored, and may take as long as its decisions.
    if (message.type === 'request') ctx.self.tell({ type: 'work' });
  } catch (error) {
    replyTo.tell({ type: 'failed', error: toWitanError(error) });
    if (message.type === 'expire') ctx.setTimer('work', RETRY_MS, { type: 'work' });
  }
}

function handle(
  message: Exclude<ErasureMessage, { type: 'work' }>,
  { erasures, holds }: Desks,
): Promise<unknown> | unknown {
  switch (message.type) {
    case 'request':
      return erasures.request(message.request, message.principal);
    case 'read':
      return erasures.read(message.erasureId, message.principal.tenant);
    case 'hold':
      return holds.place(message.request, message.principal);
    case 'release':
      return holds.release(message.holdId, message.reason, message.principal);
    case 'list-holds':
      return holds.list(message.principal.tenant);
    case 'expire':
      return erasures.expire(message.expired);
    case 'entry-of':
      return erasures.entryOf(message.keyIds);
  }
}

/** Calls of the actor as promises. */
export interface ErasureClient {
  /** @throws conflict with `details.holdIds`, not_found, not_supported, unavailable */
  request(request: ErasureRequest, principal: Principal): Promise<ErasureView>;
  /** @throws not_found */
  read(erasureId: string, principal: Principal): Promise<ErasureView>;
  /** @throws not_found, not_supported */
  hold(request: HoldRequest, principal: Principal): Promise<HoldView>;
  /** @throws not_found, conflict */
  release(holdId: string, reason: string, principal: Principal): Promise<HoldView>;
  holds(principal: Principal): Promise<readonly HoldView[]>;
  /**
   * Erases keys that are past their retention; resolves when the certificate stands on the record.
   * @throws storage_failed, unavailable; it goes on by itself
   */
  expire(expired: ExpiredKeys): Promise<ErasureView | undefined>;
  /** Position of the entry that certifies the destruction of one of these keys. */
  entryOf(keyIds: readonly string[]): Promise<number | undefined>;
}

/** Time for one round of retention, which may wrap all keys anew. */
const EXPIRE_MS = 600_000;

/** Makes a client; the actor is found anew each time. */
export function createErasureClient(find: () => ActorRef<ErasureMessage>, askMs = 30_000): ErasureClient {
  const ask = async <T>(
    make: (replyTo: ActorRef<ErasureReply<T>>) => ErasureMessage,
    timeoutMs = askMs,
  ): Promise<T> => {
    const reply = await query(find(), make, { timeoutMs });
    if (reply.type === 'failed') throw reply.error;
    return reply.value;
  };
  return {
    request: (request, principal) => ask((replyTo) => ({ type: 'request', request, principal, replyTo })),
    read: (erasureId, principal) => ask((replyTo) => ({ type: 'read', erasureId, principal, replyTo })),
    hold: (request, principal) => ask((replyTo) => ({ type: 'hold', request, principal, replyTo })),
    release: (holdId, reason, principal) =>
      ask((replyTo) => ({ type: 'release', holdId, reason, principal, replyTo })),
    holds: (principal) => ask((replyTo) => ({ type: 'list-holds', principal, replyTo })),
    expire: (expired) => ask((replyTo) => ({ type: 'expire', expired, replyTo }), EXPIRE_MS),
    entryOf: (keyIds) => ask((replyTo) => ({ type: 'entry-of', keyIds, replyTo })),
  };
}
