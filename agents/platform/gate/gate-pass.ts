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

/** A call with who makes it, as both were when it was let in. */
export interface AdmittedCall {
  readonly call: GateCall;
  readonly identity: Identity;
  readonly principal: Principal;
}

/** See {@link GatePass}. */
export class OpenPass implements GatePass {
  readonly admitted: AdmittedCall;
  readonly rate: RateStatus | null;
  #host: PassHost | undefined;
  #leave: (() => void) | undefined = undefined;

  constructor(admitted: AdmittedCall, rate: RateStatus | null, host: PassHost) {
    this.admitted = admitted;
    this.rate = rate;
    this.#host = host;
  }

  get principal(): Principal {
    return this.admitted.principal;
  }

  /** Gives a stream's place back when the pass is released. */
  leaveWith(leave: () => void): this {
    this.#leave = leave;
    return this;
  }

  onEnd(listener: (why: WitanError) => void): void {
    this.#host?.watch(this, listener);
  }

  release(): void {
    const host = this.#host;
    if (!host) return;
    this.#host = undefined;
    this.#leave?.();
    host.released(this);
  }
}
