/** Protobuf form of one message: how it is read and written. */

/** Reads and writes one message. */
export interface WireForm {
  /** Full name of the protobuf message (`witan.v1.Verdict`). */
  readonly typeName: string;
  /** @throws bad_encoding, unknown_field, invalid_argument */
  decode(bytes: Uint8Array): unknown;
  encode(value: unknown): Uint8Array;
}
