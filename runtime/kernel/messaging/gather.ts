/** One question to many actors: one promise for all answers instead of one each. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../../contracts/errors.ts';
import type { Core } from '../cell/core.ts';
import { LocalRef } from '../cell/local-ref.ts';
import type { ActorRef, AnyRef } from '../ref.ts';
import { ReplyRef } from './reply-ref.ts';
import { begin, coreOf, deliver } from './send.ts';
import type { QueryOptions } from './send.ts';

/** What became of one of the questions. */
export type Gathered<R> =
  | { readonly status: 'answered'; readonly value: R }
  | { readonly status: 'failed'; readonly error: WitanError };

/**
 * Asks every actor of `refs` and resolves, never rejects, when each has answered or failed; results by index.
 *
 * Each question is an ask of its own, with the codes of {@link query}: one actor's crash or silence costs the
 * others nothing, and all end by `timeoutMs`. Cheaper than as many queries, because there is one promise.
 */
export function queryAll<M, R>(
  refs: readonly ActorRef<M>[],
  makeMessage: (replyTo: ActorRef<R>, index: number) => M,
  options: QueryOptions,
): Promise<Gathered<R>[]> {
  return new Promise((resolve) => {
    const gather = new Gather<R>(refs.length, resolve);
    if (refs.length === 0) resolve(gather.results);
    for (let index = 0; index < refs.length; index += 1) {
      const ref = refs[index]!;
      const core = ref instanceof LocalRef ? ref.cell.core : coreOf(ref, options);
      if (core === undefined) {
        const error = new WitanError('invalid_argument', 'The query names no system', { path: 'via' });
        gather.put(index, { status: 'failed', error });
      } else {
        askOne({ core, gather, index }, { ref, makeMessage, options });
      }
    }
  });
}

interface Slot<R> {
  readonly core: Core;
  readonly gather: Gather<R>;
  readonly index: number;
}

interface Question<M, R> {
  readonly ref: ActorRef<M>;
  readonly makeMessage: (replyTo: ActorRef<R>, index: number) => M;
  readonly options: QueryOptions;
}

function askOne<M, R>({ core, gather, index }: Slot<R>, { ref, makeMessage, options }: Question<M, R>): void {
  const ask = new GatherRef(core, gather as Gather<unknown>, index);
  try {
    const message = makeMessage(ask as ActorRef<R>, index);
    if (begin(ask, ref as AnyRef, options)) deliver(ask, ref, { message, options });
  } catch (error) {
    ask.fail('internal', error instanceof Error ? error.message : String(error));
  }
}

class Gather<R> {
  readonly results: Gathered<R>[];
  private open: number;
  private readonly resolve: (results: Gathered<R>[]) => void;

  constructor(count: number, resolve: (results: Gathered<R>[]) => void) {
    this.results = new Array<Gathered<R>>(count);
    this.open = count;
    this.resolve = resolve;
  }

  put(index: number, result: Gathered<R>): void {
    this.results[index] = result;
    this.open -= 1;
    if (this.open === 0) this.resolve(this.results);
  }
}

// Marks an open ask; results go to the gather.
const OPEN = (): void => {};

class GatherRef extends ReplyRef {
  private readonly gather: Gather<unknown>;
  private readonly index: number;

  constructor(core: Core, gather: Gather<unknown>, index: number) {
    super(core);
    this.resolve = OPEN;
    this.gather = gather;
    this.index = index;
  }

  override tell(message: unknown, sender?: AnyRef): void {
    if (this.resolve === undefined) {
      this.core.deadLetter(this, { message, origin: sender, reason: 'late-reply' });
      return;
    }
    this.leave();
    this.gather.put(this.index, { status: 'answered', value: message });
  }

  override fail(code: ErrorCode, message: string, details?: ErrorDetails): void {
    if (this.resolve === undefined) return;
    this.leave();
    this.gather.put(this.index, { status: 'failed', error: new WitanError(code, message, details) });
  }
}
