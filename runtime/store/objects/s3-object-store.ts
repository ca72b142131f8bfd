/**
 * Object store in S3 or what speaks its protocol. Tested against s3rver and a server of our own; a bucket of
 * Amazon's has not been tried.
 *
 * Locks and holds need a bucket with versioning and Object Lock. A service that ignores their headers is
 * found
 * out: each put with a lock reads it back, and is `not_supported` where it did not take.
 */
import { S3Client } from '@aws-sdk/client-s3';
import * as s3 from '@aws-sdk/client-s3';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type {
  GetOptions,
  ListedObject,
  ObjectInfo,
  ObjectPort,
  ObjectVersion,
  PutOptions,
  VersionChoice,
} from '../../kernel/ports/object.ts';
import { PortLife } from '../port-life.ts';
import { assertObjectKey } from './object-key.ts';
import { assertDestroyable, assertLongerLock, damagedObject, noObject, objectDigest } from './protection.ts';
import { fromS3 } from './s3-errors.ts';
import { infoOfHead, keepsLock, putInput } from './s3-requests.ts';

/** Settings of {@link S3ObjectStore}. */
export interface S3ObjectStoreOptions {
  readonly bucket: string;
  /** Before every key; ends with a slash unless it is empty. */
  readonly prefix?: string;
  readonly region?: string;
  /** Absent: Amazon's. */
  readonly endpoint?: string;
  /** Absent: found as the AWS SDK finds them (environment, profile, role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly clock: Clock;
  /** Longest time of one request, with its repetitions (default 60,000). */
  readonly timeoutMs?: number;
  /** Attempts of one request (default 3). */
  readonly maxAttempts?: number;
}

/** {@link ObjectPort} on an S3 service. */
export class S3ObjectStore implements ObjectPort {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #life = new PortLife('object store');
  /** Puts of one key in this process go one after the other: not every service knows `If-None-Match`. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: S3ObjectStoreOptions) {
    const { bucket, prefix = '', region = 'us-east-1', endpoint, credentials, maxAttempts = 3 } = options;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#client = new S3Client({
      region,
      maxAttempts,
      // Checksums are ours, by SHA-256; the SDK's own would come as a trailer that not every service reads.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
    });
  }

  /** See ObjectPort. */
  async put(key: string, data: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    this.#life.assertOpen();
    assertObjectKey(key);
    const copy = data.slice();
    const turn = (this.#turns.get(key) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#put(key, copy, options));
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  async #put(key: string, data: Uint8Array, options: PutOptions): Promise<ObjectInfo> {
    if (!options.overwrite && (await this.head(key)))
      throw new WitanError('already_exists', `${key} exists`, { key });
    if (options.retainUntilWallMs !== undefined) {
      const none = { key, versionId: '', retainUntilWallMs: null, legalHold: false };
      assertLongerLock(none, options.retainUntilWallMs);
    }
    const input = putInput({ bucket: this.#bucket, key: this.#prefix + key }, data, options);
    const { VersionId } = await this.#send('store it', (signal) =>
      this.#client.send(new s3.PutObjectCommand(input), { abortSignal: signal }),
    );
    const info = await this.head(key, VersionId === undefined ? {} : { versionId: VersionId });
    if (!info) throw new WitanError('unavailable', `${key} is not there after it was put`, { key });
    if (keepsLock(info, options)) return info;
    await this.delete(key, VersionId === undefined ? {} : { versionId: VersionId });
    const details = { key, expected: 'a bucket with versioning and Object Lock' };
    throw new WitanError('not_supported', 'the object store keeps no locks', details);
  }

  /** See ObjectPort. */
  async get(key: string, { isChecked = true, versionId }: GetOptions = {}): Promise<Uint8Array> {
    this.#life.assertOpen();
    const { bytes, metadata } = await this.#send('give it', async (signal) => {
      const command = new s3.GetObjectCommand(this.#place(key, versionId));
      const { Body, Metadata } = await this.#client.send(command, { abortSignal: signal });
      // The body is read under the same time limit: a service may stop in the middle of it.
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), metadata: Metadata };
    });
    const { digest } = infoOfHead(key, { Metadata: metadata });
    if (isChecked && objectDigest(bytes) !== digest)
      throw damagedObject(key, { versionId, bytes: bytes.length });
    return bytes;
  }

  /** See ObjectPort. */
  async head(key: string, { versionId }: VersionChoice = {}): Promise<ObjectInfo | undefined> {
    this.#life.assertOpen();
    try {
      const command = new s3.HeadObjectCommand(this.#place(key, versionId));
      return infoOfHead(
        key,
        await this.#send('say', (signal) => this.#client.send(command, { abortSignal: signal })),
      );
    } catch (error) {
      if (toWitanError(error).code === 'not_found') return undefined;
      throw error;
    }
  }

  /** See ObjectPort. */
  async *list(prefix: string): AsyncIterable<ListedObject> {
    this.#life.assertOpen();
    let token: string | undefined;
    do {
      const command = new s3.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix,
        ContinuationToken: token,
      });
      const page = await this.#send('list', (signal) => this.#client.send(command, { abortSignal: signal }));
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const key = Key.slice(this.#prefix.length);
        yield { key, sizeBytes: Size, storedAtWallMs: LastModified?.getTime() ?? 0 };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** See ObjectPort. */
  async versions(key: string): Promise<ObjectVersion[]> {
    this.#life.assertOpen();
    assertObjectKey(key);
    const found: ObjectVersion[] = [];
    let marks: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let isDone = false; !isDone;) {
      const input = { Bucket: this.#bucket, Prefix: this.#prefix + key, ...marks };
      const page = await this.#send('list versions', (signal) =>
        this.#client.send(new s3.ListObjectVersionsCommand(input), { abortSignal: signal }),
      );
      if (page.Versions === undefined && page.DeleteMarkers === undefined && page.Name === undefined)
        throw new WitanError('not_supported', 'the object store keeps no versions', { key });
      const own = (one: { Key?: string | undefined }): boolean => one.Key === this.#prefix + key;
      for (const one of (page.Versions ?? []).filter(own)) found.push(versionOf(key, one, false));
      for (const one of (page.DeleteMarkers ?? []).filter(own)) found.push(versionOf(key, one, true));
      marks = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      isDone = !page.IsTruncated;
    }
    return found.sort(
      (left, right) =>
        Number(right.isNewest) - Number(left.isNewest) || right.storedAtWallMs - left.storedAtWallMs,
    );
  }

  /** See ObjectPort. The service itself refuses what is locked; what it would say is asked for first. */
  async delete(key: string, { versionId }: VersionChoice = {}): Promise<void> {
    this.#life.assertOpen();
    assertObjectKey(key);
    if (versionId !== undefined) {
      const info = await this.head(key, { versionId }).catch((error: WitanError) => {
        // A marker answers 405 to a HEAD: it protects nothing.
        if (error.code === 'not_supported') return undefined;
        throw error;
      });
      if (info) assertDestroyable(info, this.#clock.wallMs());
    }
    const command = new s3.DeleteObjectCommand(this.#place(key, versionId));
    await this.#send('delete it', (signal) => this.#client.send(command, { abortSignal: signal })).catch(
      (error: WitanError) => {
        if (error.code !== 'not_found') throw error;
      },
    );
  }

  /** See ObjectPort. */
  async retain(key: string, untilWallMs: number, { versionId }: VersionChoice = {}): Promise<void> {
    const info = await this.#named(key, versionId);
    assertLongerLock(info, untilWallMs);
    const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate: new Date(untilWallMs) };
    const command = new s3.PutObjectRetentionCommand({ ...this.#place(key, versionId), Retention });
    await this.#send('lock it', (signal) => this.#client.send(command, { abortSignal: signal }));
    const after = await this.#named(key, versionId);
    if (!keepsLock(after, { retainUntilWallMs: untilWallMs })) throw noLocks(key);
  }

  /** See ObjectPort. */
  async hold(key: string, isHeld: boolean, { versionId }: VersionChoice = {}): Promise<void> {
    await this.#named(key, versionId);
    const LegalHold = { Status: isHeld ? ('ON' as const) : ('OFF' as const) };
    const command = new s3.PutObjectLegalHoldCommand({ ...this.#place(key, versionId), LegalHold });
    await this.#send('hold it', (signal) => this.#client.send(command, { abortSignal: signal }));
    const after = await this.#named(key, versionId);
    if (after.legalHold !== isHeld) throw noLocks(key);
  }

  /** See ObjectPort. */
  async close(): Promise<void> {
    if (this.#life.close()) this.#client.destroy();
  }

  async #named(key: string, versionId: string | undefined): Promise<ObjectInfo> {
    const info = await this.head(key, versionId === undefined ? {} : { versionId });
    if (!info) throw noObject(key, versionId);
    return info;
  }

  #place(key: string, versionId: string | undefined): { Bucket: string; Key: string; VersionId?: string } {
    assertObjectKey(key);
    const place = { Bucket: this.#bucket, Key: this.#prefix + key };
    return versionId === undefined || versionId === 'null' ? place : { ...place, VersionId: versionId };
  }

  async #send<T>(doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const timer = this.#clock.setTimer(this.#timeoutMs, () => abort.abort());
    try {
      return await Promise.race([work(abort.signal), expiry(abort.signal, this.#timeoutMs)]);
    } catch (error) {
      throw fromS3(error, doing);
    } finally {
      timer.cancel();
    }
  }
}

function expiry(signal: AbortSignal, timeoutMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const expired = (): void =>
      reject(new WitanError('unavailable', `the object store did not answer within ${timeoutMs} ms`));
    signal.addEventListener('abort', expired, { once: true });
  });
}

function versionOf(
  key: string,
  one: s3.ObjectVersion | s3.DeleteMarkerEntry,
  isMarker: boolean,
): ObjectVersion {
  const { VersionId: versionId = 'null', LastModified, IsLatest: isNewest = false } = one;
  const sizeBytes = 'Size' in one ? (one.Size ?? 0) : 0;
  return { key, versionId, sizeBytes, storedAtWallMs: LastModified?.getTime() ?? 0, isMarker, isNewest };
}

function noLocks(key: string): WitanError {
  const details = { key, expected: 'a bucket with versioning and Object Lock' };
  return new WitanError('not_supported', 'the object store keeps no locks', details);
}
