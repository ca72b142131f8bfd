/** An ask of another node while it is open here: a local reply address whose end goes back as a frame. */
import { WitanError } from '../../contracts/errors.ts';
import type { ErrorCode, ErrorDetails } from '../../contracts/errors.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import type { Core } from '../../runtime/kernel/cell/core.ts';
import { ReplyRef } from '../../runtime/kernel/messaging/reply-ref.ts';

/** Takes what becomes of an ask back to the asker. */
export interface AskEnd {
  answer(ask: IncomingAsk, message: unknown): void;
  failure(ask: IncomingAsk, error: WitanError): void;
}

// Marks an open ask; its end goes to the asker's node.
const OPEN = (): void => {};

/** Reply address that stands for the asker; whatever ends a local ask ends it. */
export class IncomingAsk extends ReplyRef {
  /** Number of the ask at the asker. */
  readonly askId: number;
  /** Aborts the budget of the work, where the ask came with one. */
  readonly endBudget: AbortController | undefined;
  private end: AskEnd | undefined;

  constructor(core: Core, made: { askId: number; end: AskEnd; endBudget: AbortController | undefined }) {
    super(core);
    this.resolve = OPEN;
    this.askId = made.askId;
    this.endBudget = made.endBudget;
    this.end = made.end;
  }

  override tell(message: unknown, sender?: AnyRef): void {
    const end = this.settle();
    if (end === undefined) this.core.deadLetter(this, { message, origin: sender, reason: 'late-reply' });
    else end.answer(this, message);
  }

  override fail(code: ErrorCode, message: string, details?: ErrorDetails): void {
    this.settle()?.failure(this, new WitanError(code, message, details));
  }

  /** Ends it here and says nothing to the asker, who does not wait any more. */
  giveUp(reason: string): void {
    this.end = undefined;
    this.settle();
    this.endBudget?.abort(new WitanError('cancelled', 'The asker gave up', { reason }));
  }

  private settle(): AskEnd | undefined {
    if (this.resolve === undefined) return undefined;
    this.leave();
    return this.end;
  }
}
