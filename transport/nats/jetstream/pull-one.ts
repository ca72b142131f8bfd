/** One message of a pull consumer, or none within a time. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { LinkMessage } from '../link/nats-link.ts';
import { nanos } from './jetstream-api.ts';
import type { JetStreamApi } from './jetstream-api.ts';

/** One pull. */
export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  /** 0: only what is there now. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Holds the way to fail this pull while it waits. */
  readonly waiters: Set<(error: WitanError) => void>;
}

const encoder = new TextEncoder();
// How long past its own wait the server may take to say that there was nothing.
const GRACE_MS = 2_000;
const NO_RESPONDERS = 503;
// 404: nothing there; 408: the wait is over.
const NOTHING = [404, 408];

/**
 * Pulls; a message that arrives after it was given up goes back at once.
 * @throws unavailable (connection lost, consumer gone), the error that a waiter was given
 */
export async function pullOne(
  api: JetStreamApi,
  clock: Clock,
  { stream, consumer, waitMs, signal, waiters }: PullOptions,
): Promise<LinkMessage | undefined> {
  const { link } = api;
  return new Promise<LinkMessage | undefined>((resolve, reject) => {
    let isOver = false;
    const end = (finish: () => void, isGivenUp: boolean): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      stopEvents();
      waiters.delete(fail);
      signal?.removeEventListener('abort', onAbort);
      // What the server had already sent still comes while the subscription drains, and is given back.
      if (isGivenUp) subscription.drain().catch(() => undefined);
      else subscription.unsubscribe();
      finish();
    };
    const fail = (error: WitanError): void => end(() => reject(error), true);
    const onAbort = (): void => end(() => resolve(undefined), true);
    const take = (message: LinkMessage): void => {
      if (isOver) return giveBack(api, message);
      if (message.status === 0) return end(() => resolve(message), false);
      if (NOTHING.includes(message.status)) return end(() => resolve(undefined), false);
      if (message.status === NO_RESPONDERS || message.status === 409) {
        fail(new WitanError('unavailable', `the work queue does not answer (${message.status})`));
      }
    };
    const inbox = link.newInbox();
    const subscription = link.subscribe(inbox, take);
    const stopEvents = link.onEvent((event) => {
      if (event !== 'connected') fail(new WitanError('unavailable', 'the connection to NATS was lost'));
    });
    const timer = clock.setTimer(waitMs + GRACE_MS, () =>
      fail(new WitanError('unavailable', 'the work queue does not answer')),
    );
    waiters.add(fail);
    signal?.addEventListener('abort', onAbort, { once: true });
    const terms = waitMs > 0 ? { batch: 1, expires: nanos(waitMs) } : { batch: 1, no_wait: true };
    try {
      const body = encoder.encode(JSON.stringify(terms));
      link.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, body, { replyTo: inbox });
    } catch (error) {
      end(() => reject(error), false);
    }
  });
}

function giveBack(api: JetStreamApi, { status, replyTo }: LinkMessage): void {
  if (status !== 0 || replyTo === undefined || !api.link.isConnected) return;
  api.link.publish(replyTo, encoder.encode('-NAK'));
}
