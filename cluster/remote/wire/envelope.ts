/** Envelopes as arrays: what a message says about itself beside its content (RUN-05). */
import { WitanError } from '../../../contracts/errors.ts';
import type { Budget, MessageOptions } from '../../../runtime/kernel/index.ts';

/**
 * Message id, schema version, correlation, causation, remaining ms, priority, traceparent, tenant,
 * generation.
 *
 * `type` is read off the message, recipient and sender stand in the frame. Null: not said.
 */
export type WireEnvelope = readonly (string | number | null)[];

/** Array of options; null when they say nothing beside the sender. */
export function writeEnvelope(options: MessageOptions): WireEnvelope | null {
  const fields = [
    options.messageId ?? null,
    options.schemaVersion ?? null,
    options.correlationId ?? null,
    options.causationId ?? null,
    options.budget?.remainingMs() ?? null,
    options.priority ?? null,
    options.traceparent ?? null,
    options.tenant ?? null,
    options.generation ?? null,
  ];
  return fields.every((field) => field === null) ? null : fields;
}

/** Options of an array, sender and budget left to the caller. @throws bad_encoding */
export function readEnvelope(fields: WireEnvelope): {
  readonly options: Omit<MessageOptions, 'sender' | 'budget'>;
  readonly remainingMs: number | undefined;
} {
  return {
    options: {
      messageId: text(fields[0]),
      schemaVersion: number(fields[1]),
      correlationId: text(fields[2]),
      causationId: text(fields[3]),
      priority: number(fields[5]),
      traceparent: text(fields[6]),
      tenant: text(fields[7]),
      generation: number(fields[8]),
    },
    remainingMs: number(fields[4]),
  };
}

/** Whether a budget has run out. */
export function isSpent(budget: Budget | undefined): boolean {
  return budget !== undefined && budget.remainingMs() <= 0;
}

function text(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  throw new WitanError('bad_encoding', 'A field of an envelope is no text');
}

function number(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw new WitanError('bad_encoding', 'A field of an envelope is no number');
}
