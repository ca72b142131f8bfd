/** Bytes of a protobuf message, read as strictly as JSON is. */
import { fromBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { WitanError } from '../../errors.ts';

/**
 * Message of a type from its bytes; a field that the schema does not know is refused.
 * @throws bad_encoding, unknown_field
 */
export function readMessage<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D> {
  let message: MessageShape<D>;
  try {
    message = fromBinary(desc, bytes);
  } catch (error) {
    throw new WitanError('bad_encoding', `the bytes are not a ${desc.typeName}`, { path: '' }, error);
  }
  const unknown = message.$unknown?.[0];
  if (unknown === undefined) return message;
  throw new WitanError('unknown_field', `there is no field number ${unknown.no}`, {
    path: `#${unknown.no}`,
    expected: 'a known field',
  });
}
