/** Points: what a node was at one time, signed by it. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';

const count = z.int().min(0);
const Hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What is signed. */
export const PointBody = z.strictObject({
  format: z.literal('witan-backup/1'),
  kind: z.enum(['increment', 'manual']),
  /** Why it was made; empty for increments. */
  label: z.string().max(500),
  logId: z.string().max(200),
  createdAt: z.string().max(40),
  /** Entries of the log that the backup held when the point was made. */
  logSize: count,
  logChainHash: Hash.nullable(),
  files: z
    .array(
      z.strictObject({
        path: z.string().max(4_096),
        mode: z.int().min(0).max(0o777),
        /** Of its content. */
        digest: Hash,
        sizeBytes: count,
        /** Name of the object that holds it, encrypted. */
        object: z.string().max(1_024),
      }),
    )
    .max(1_000_000),
  encryption: z.strictObject({ cipher: z.literal('aes-256-gcm'), keyId: z.string().max(100) }),
  signedBy: z.string().max(100),
});
/** See {@link PointBody}. */
export type PointBody = z.infer<typeof PointBody>;

const Point = z.strictObject({ body: PointBody, signature: z.string().max(100) });
/** A point with its signature, not verified. */
export type Point = z.infer<typeof Point>;

const NAME = /^(\d{8}T\d{9}Z)-(increment|manual)\.json$/;

/** Point of an object's bytes. @throws verification_failed naming the object */
export function parsePoint(bytes: Uint8Array, key: string): Point {
  try {
    return Point.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    const details = { key, expected: 'a point of the form witan-backup/1' };
    throw new WitanError('verification_failed', `the backup point ${key} is damaged`, details, cause);
  }
}

/** Name of a point below its folder. */
export function pointName(atWallMs: number, kind: PointBody['kind']): string {
  return `${new Date(atWallMs).toISOString().replace(/[-:.]/g, '')}-${kind}.json`;
}

/** Time and kind that a name tells; undefined for other objects. */
export function pointOfName(
  key: string,
): { readonly atWallMs: number; readonly kind: PointBody['kind'] } | undefined {
  const found = NAME.exec(key.slice(key.lastIndexOf('/') + 1));
  if (!found) return undefined;
  const [, at = '', kind] = found;
  const iso = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z');
  return { atWallMs: Date.parse(iso), kind: kind as PointBody['kind'] };
}
