/** A call that was let in, with what is needed to look at it again while it stays open. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { GateCall, GatePass, RateStatus } from '../../../runtime/kernel/ports/admission/gate.ts';
import type { Principal } from '../../../runtime/kernel/ports/identity.ts';
import type { Identity } from './credentials/identity.ts';

/** Whom a pass tells of its life. */
export interface PassHost {
  watch(pass: OpenPass, listener: (why: WitanError) => void): void;
  released(pass: OpenPass): void;
}

/** What a pass is made of. */
export interface PassParts {
  readonly call: GateCall;
  /** As it was when the call was let in. */
  readonly identity: Identity;
  readonly principal: Principal;
  readonly rate: RateStatus | null;
  /** Gives a stream's place back; absent: the call holds none. */
  readonly leave?: (() => void) | undefined;
}

/** See {@link GatePass}. */
export class OpenPass implements GatePass {
  readonly call: GateCall;
  readonly identity: Identity;
  readonly principal: Principal;
  readonly rate: RateStatus | null;
  readonly #leave: (() => void) | undefined;
  #host: PassHost | undefined;

  constructor({ call, identity, principal, rate, leave }: PassParts, host: PassHost) {
    this.call = call;
    this.identity = identity;
    this.principal = principal;
    this.rate = rate;
    this.#leave = leave;
    this.#host = host;
  }

  onEnd(listener: (why: WitanError) => void): void {
    this.#host?.watch(this, listener);
  }

  release(): void {
    const host = this.#host;
    this.#host = undefined;
    if (!host) return;
    this.#leave?.();
    host.released(this);
  }
}
