/** Answers: a body in the form asked for, or one of our errors in the headers that NATS services use. */
import { ERROR_CODES, toWitanError, WitanError } from '../../../contracts/errors.ts';
import { NATS_HEADERS } from '../../../contracts/nats-headers.ts';
import type { NatsMediaType } from '../../../contracts/nats-headers.ts';
import { jsonOf } from '../../../runtime/kernel/frozen.ts';
import type { GatePass } from '../../../runtime/kernel/ports/admission/gate.ts';
import type { LinkHeaders } from '../link/nats-link.ts';
import type { WireForm } from './endpoints/wire-form.ts';

/** What goes out. */
export interface Answer {
  readonly data: Uint8Array;
  readonly headers: LinkHeaders;
}

/** Answer with `value`; protobuf where it was asked for and the message has that form. */
export function bodyAnswer(value: unknown, accept: NatsMediaType, wire?: WireForm): Answer {
  if (accept === 'application/x-protobuf' && wire) {
    return { data: wire.encode(value), headers: { [NATS_HEADERS.contentType]: accept } };
  }
  const data = Buffer.from(jsonOf(value ?? {}));
  return { data, headers: { [NATS_HEADERS.contentType]: 'application/json' } };
}

/** Answer for anything thrown; a defect says nothing of itself. */
export function errorAnswer(thrown: unknown): Answer & { readonly error: WitanError } {
  const error = toWitanError(thrown);
  const shown =
    error.code === 'internal'
      ? new WitanError('internal', 'a defect of Witan; its log has the cause')
      : error;
  const headers = {
    [NATS_HEADERS.contentType]: 'application/json',
    [NATS_HEADERS.errorStatus]: String(ERROR_CODES[error.code].httpStatus),
    // The message may name what the caller sent: the header holds the code alone, the body has the rest.
    [NATS_HEADERS.error]: error.code,
  };
  return { data: Buffer.from(JSON.stringify({ error: shown.toJSON() })), headers, error };
}

/** Headers that tell a caller how much of its limit is left. */
export function rateHeaders({ rate }: GatePass): LinkHeaders {
  if (!rate) return {};
  return {
    [NATS_HEADERS.rateLimit]: String(rate.limit),
    [NATS_HEADERS.rateRemaining]: String(Math.max(0, rate.remaining)),
    [NATS_HEADERS.rateResetMs]: String(Math.max(0, Math.ceil(rate.resetMs))),
  };
}
