/** The few DER frames that node:crypto reads raw keys in. */

/** One DER element: tag, length, content. */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const SEQUENCE = 0x30;
const OID = 0x06;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;

/** SubjectPublicKeyInfo of a raw public key. @source RFC 5280 §4.1, RFC 9881, RFC 9935 */
export function spkiOf(
  oid: Uint8Array,
  publicKey: Uint8Array,
  parameters: Uint8Array = Buffer.alloc(0),
): Buffer {
  const algorithm = derElement(SEQUENCE, derElement(OID, oid), parameters);
  return derElement(SEQUENCE, algorithm, derElement(BIT_STRING, Buffer.of(0), publicKey));
}

/** PrivateKeyInfo around what an algorithm calls its private key. @source RFC 5958 §2 */
export function pkcs8Of(oid: Uint8Array, privateKey: Uint8Array): Buffer {
  const version = Buffer.from([0x02, 0x01, 0x00]);
  const algorithm = derElement(SEQUENCE, derElement(OID, oid));
  return derElement(SEQUENCE, version, algorithm, derElement(OCTET_STRING, privateKey));
}
