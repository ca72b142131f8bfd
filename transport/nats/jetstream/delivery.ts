/** Where a delivered message stands: read off the subject that it is acknowledged on. */

/** Position of one delivery. */
export interface Delivery {
  /** 1 at the first delivery. */
  readonly deliveryCount: number;
  readonly streamSequence: number;
  readonly consumerSequence: number;
  /** Milliseconds since 1970 at which it was stored. */
  readonly storedWallMs: number;
  /** Messages that come after it now. */
  readonly pendingCount: number;
}

/**
 * Takes the subject of an acknowledgement apart; undefined for any other subject.
 * @source NATS ADR-15: `$JS.ACK.[domain.account.]stream.consumer.delivered.sseq.cseq.time.pending[.random]`
 */
export function parseDelivery(ackSubject: string | undefined): Delivery | undefined {
  const tokens = ackSubject?.split('.');
  if (!tokens || tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const first = tokens.length > 9 ? 6 : 4;
  const at = (offset: number): number => Number(tokens[first + offset]);
  const delivery = {
    deliveryCount: at(0),
    streamSequence: at(1),
    consumerSequence: at(2),
    storedWallMs: at(3) / 1_000_000,
    pendingCount: at(4),
  };
  return Object.values(delivery).every(Number.isFinite) ? delivery : undefined;
}
