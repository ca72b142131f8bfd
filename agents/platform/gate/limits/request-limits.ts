/** Limits of requests: of an address before anything else is looked at, of a caller once it is known. */
import { isLoopback, networkOf } from '../../../../config/network.ts';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { OperationName } from '../../../../contracts/operations.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { RateStatus } from '../../../../runtime/kernel/ports/admission/gate.ts';
import type { Credentials } from '../../../../runtime/kernel/ports/identity.ts';
import type { Identity } from '../credentials/identity.ts';
import { WindowCounter } from './window-counter.ts';
import type { WindowRule } from './window-counter.ts';

/** Takes one request from the window of a key; a promise only where another process has to be asked. */
export interface Limiter {
  /** Undefined: the window is used up. */
  take(key: string, rule: WindowRule): RateStatus | undefined | Promise<RateStatus | undefined>;
  resetMs(key: string): number;
}

const NETWORKS_REMEMBERED = 10_000;

/** Limits as the settings have them, counted by this node's own clock. */
export class RequestLimits {
  readonly #settings: Settings['admission'];
  readonly #addresses: WindowCounter;
  readonly #callers: Limiter;
  readonly #clock: Clock;
  /** Networks of IPv6 addresses, so that each is parsed once. */
  readonly #networks = new Map<string, string>();
  readonly #ipRule: WindowRule;
  readonly #keyRule: WindowRule;

  constructor(settings: Settings['admission'], clock: Clock, callers?: Limiter) {
    this.#settings = settings;
    this.#clock = clock;
    this.#addresses = new WindowCounter(settings.limitedAddressMaxCount);
    this.#ipRule = { limit: settings.ipRequestMaxCount, windowMs: settings.ipWindowMs };
    this.#keyRule = { limit: settings.keyRequestMaxCount, windowMs: settings.keyWindowMs };
    this.#callers = callers ?? localLimiter(clock, settings.limitedAddressMaxCount);
  }

  /**
   * Takes one request of an address. An IPv6 customer has a whole /64, which counts as one address. Callers
   * without an address (NATS, an embedding program) are counted once they are known.
   * @throws rate_limited
   */
  takeAddress(credentials: Credentials): void {
    const key = this.addressKey(credentials);
    if (key !== undefined) this.#takeLocal(key, 'too many requests from this address');
  }

  /** What a caller's address is counted by; undefined: it has none, or is not limited. */
  addressKey({ door, remoteAddress }: Credentials): string | undefined {
    if (remoteAddress === undefined || door === 'embedded') return undefined;
    if (!this.#settings.limitLoopback && isLoopback(remoteAddress)) return undefined;
    return this.#networkOf(remoteAddress);
  }

  /** Takes one failed attempt of a caller without an address, all of a door together. @throws rate_limited */
  takeFailure({ door, remoteAddress }: Credentials): void {
    if (remoteAddress !== undefined || door === 'embedded') return;
    this.#takeLocal(`door ${door}`, 'too many failed attempts at this door');
  }

  /**
   * Takes one request of a known caller; gives the limit nearest to its end.
   * @throws rate_limited
   */
  takeCaller({ principal, limitKey }: Identity, operation: OperationName): RateStatus | Promise<RateStatus> {
    const whole = this.#take(limitKey, this.#keyRule);
    const limit = this.#settings.operationMaxCounts[operation];
    if (limit === undefined) return whole;
    const rule = { limit, windowMs: this.#settings.keyWindowMs };
    const part = (): RateStatus | Promise<RateStatus> =>
      this.#take(`rate_limit:${principal.id}:${operation}`, rule);
    if (whole instanceof Promise) return whole.then(async (status) => nearer(status, await part()));
    const status = part();
    return status instanceof Promise ? status.then((given) => nearer(whole, given)) : nearer(whole, status);
  }

  #networkOf(remoteAddress: string): string {
    if (!remoteAddress.includes(':')) return remoteAddress;
    const known = this.#networks.get(remoteAddress);
    if (known !== undefined) return known;
    const network = networkOf(remoteAddress, { v4: 32, v6: 64 });
    if (this.#networks.size >= NETWORKS_REMEMBERED) this.#networks.clear();
    this.#networks.set(remoteAddress, network);
    return network;
  }

  #take(key: string, rule: WindowRule): RateStatus | Promise<RateStatus> {
    const status = this.#callers.take(key, rule);
    if (status instanceof Promise) return status.then((given) => this.#checked(given, key, rule));
    return this.#checked(status, key, rule);
  }

  #checked(status: RateStatus | undefined, key: string, rule: WindowRule): RateStatus {
    if (status) return status;
    throw limited('too many requests with this credential', rule, this.#callers.resetMs(key));
  }

  #takeLocal(key: string, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#addresses.take(key, this.#ipRule, nowMs)) return;
    throw limited(message, this.#ipRule, this.#addresses.resetMs(key, nowMs));
  }
}

/** Windows in the memory of this node. */
export function localLimiter(clock: Clock, maxCount: number): Limiter {
  const counter = new WindowCounter(maxCount);
  return {
    take: (key, rule) => counter.take(key, rule, clock.monotonicMs()),
    resetMs: (key) => counter.resetMs(key, clock.monotonicMs()),
  };
}

function limited(message: string, { limit, windowMs }: WindowRule, resetMs: number): WitanError {
  const retryAfterMs = Math.max(1, Math.ceil(resetMs));
  return new WitanError('rate_limited', message, { retryAfterMs, limit, windowMs });
}

function nearer(left: RateStatus, right: RateStatus): RateStatus {
  return right.remaining < left.remaining ? right : left;
}
