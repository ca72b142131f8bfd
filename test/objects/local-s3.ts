/**
 * A small server that speaks what we use of the S3 protocol, over a store in memory.
 *
 * It stands for what s3rver lacks (conditional puts, versions, locks) and for services that fail. It shows
 * that our client sends what the protocol says; what a service of Amazon's does with it, only one can show.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toWitanError } from '../../contracts/errors.ts';
import type { ObjectInfo } from '../../runtime/kernel/ports/object.ts';
import { MemoryObjectStore } from '../../runtime/store/memory/memory-object-store.ts';
import type { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';

/** One request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** How the server misbehaves: `500` answers so, `hang` never answers, `truncate` breaks bodies off. */
export type S3Fault = 'none' | '500' | 'hang' | 'truncate' | 'ignore-locks';

/** A running server. */
export interface LocalS3 {
  readonly endpoint: string;
  readonly requests: SeenRequest[];
  readonly store: MemoryObjectStore;
  fault: S3Fault;
  close(): Promise<void>;
}

/** Starts a server on a free port of loopback; every bucket exists. */
export async function startLocalS3(clock: SimClock): Promise<LocalS3> {
  const store = new MemoryObjectStore(clock);
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers, body });
      if (local.fault === 'hang') return;
      if (local.fault === '500') return fail(response, { status: 500, code: 'InternalError' });
      await answer({ method, url: new URL(url, 'http://s3'), headers, body }, { response, local }).catch(
        (error) => failed(response, error),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const local: LocalS3 = {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    store,
    fault: 'none',
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return local;
}

interface Asked extends Omit<SeenRequest, 'url'> {
  readonly url: URL;
}

interface Answering {
  readonly response: ServerResponse;
  readonly local: LocalS3;
}

async function answer(asked: Asked, answering: Answering): Promise<void> {
  const { url, method } = asked;
  const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/');
  const query = url.searchParams;
  if (key === '') return query.has('versions') ? listVersions(query, answering) : list(query, answering);
  if (query.has('retention')) return retain(key, asked, answering);
  if (query.has('legal-hold')) return hold(key, asked, answering);
  if (method === 'PUT') return put(key, asked, answering);
  if (method === 'DELETE') {
    await answering.local.store.delete(key, choice(query));
    answering.response.writeHead(204).end();
    return;
  }
  return read(key, asked, answering);
}

function choice(query: URLSearchParams): { versionId?: string } {
  const versionId = query.get('versionId');
  return versionId === null ? {} : { versionId };
}

const metadata = new WeakMap<MemoryObjectStore, Map<string, string>>();

async function put(key: string, { headers, body }: Asked, { response, local }: Answering): Promise<void> {
  const until = headers['x-amz-object-lock-retain-until-date'] as string | undefined;
  const isIgnored = local.fault === 'ignore-locks';
  const info = await local.store.put(key, body, {
    overwrite: headers['if-none-match'] !== '*',
    storageClass: headers['x-amz-storage-class'] as ObjectInfo['storageClass'],
    ...(until !== undefined && !isIgnored && { retainUntilWallMs: Date.parse(until) }),
    legalHold: !isIgnored && headers['x-amz-object-lock-legal-hold'] === 'ON',
  });
  const digests = metadata.get(local.store) ?? new Map<string, string>();
  metadata.set(local.store, digests.set(info.versionId, String(headers['x-amz-meta-witan-sha256'])));
  response.writeHead(200, { 'x-amz-version-id': info.versionId, etag: '"x"' }).end();
}

async function read(key: string, { method, url }: Asked, { response, local }: Answering): Promise<void> {
  const of = choice(url.searchParams);
  const info = await local.store.head(key, of);
  if (!info) return fail(response, { status: 404, code: 'NoSuchKey' });
  const { versionId, storageClass, retainUntilWallMs, legalHold, sizeBytes, storedAtWallMs } = info;
  const isLocked = retainUntilWallMs !== null;
  response.writeHead(200, {
    'content-length': sizeBytes,
    'last-modified': new Date(storedAtWallMs).toUTCString(),
    'x-amz-version-id': versionId,
    'x-amz-meta-witan-sha256': metadata.get(local.store)!.get(versionId)!,
    ...(storageClass !== 'STANDARD' && { 'x-amz-storage-class': storageClass }),
    ...(isLocked && { 'x-amz-object-lock-mode': 'COMPLIANCE' }),
    ...(isLocked && { 'x-amz-object-lock-retain-until-date': new Date(retainUntilWallMs).toISOString() }),
    ...(legalHold && { 'x-amz-object-lock-legal-hold': 'ON' }),
  });
  if (method === 'HEAD') return void response.end();
  const data = await local.store.get(key, { ...of, isChecked: false });
  if (local.fault !== 'truncate') return void response.end(data);
  response.write(data.subarray(0, Math.floor(data.length / 2)));
  setImmediate(() => response.destroy());
}

async function retain(key: string, { url, body }: Asked, { response, local }: Answering): Promise<void> {
  const until = /<RetainUntilDate>(.*)<\/RetainUntilDate>/.exec(body.toString())?.[1] ?? '';
  await local.store.retain(key, Date.parse(until), choice(url.searchParams));
  response.writeHead(200).end();
}

async function hold(key: string, { url, body }: Asked, { response, local }: Answering): Promise<void> {
  await local.store.hold(key, body.toString().includes('<Status>ON</Status>'), choice(url.searchParams));
  response.writeHead(200).end();
}

async function list(query: URLSearchParams, { response, local }: Answering): Promise<void> {
  const rows: string[] = [];
  for await (const { key, sizeBytes, storedAtWallMs } of local.store.list(query.get('prefix') ?? '')) {
    const at = new Date(storedAtWallMs).toISOString();
    rows.push(
      `<Contents><Key>${key}</Key><Size>${sizeBytes}</Size><LastModified>${at}</LastModified></Contents>`,
    );
  }
  // Pages of two, so that paging is exercised by every test that lists.
  const from = Number(query.get('continuation-token') ?? 0);
  const next = from + 2;
  const more = next < rows.length;
  const token = more ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  xml(
    response,
    'ListBucketResult',
    `<IsTruncated>${more}</IsTruncated>${token}${rows.slice(from, next).join('')}`,
  );
}

async function listVersions(query: URLSearchParams, { response, local }: Answering): Promise<void> {
  const key = query.get('prefix') ?? '';
  const rows = (await local.store.versions(key)).map((one) => {
    const name = one.isMarker ? 'DeleteMarker' : 'Version';
    const size = one.isMarker ? '' : `<Size>${one.sizeBytes}</Size>`;
    const at = new Date(one.storedAtWallMs).toISOString();
    return (
      `<${name}><Key>${key}</Key><VersionId>${one.versionId}</VersionId><IsLatest>${one.isNewest}</IsLatest>` +
      `<LastModified>${at}</LastModified>${size}</${name}>`
    );
  });
  xml(response, 'ListVersionsResult', `<Name>b</Name><IsTruncated>false</IsTruncated>${rows.join('')}`);
}

function xml(response: ServerResponse, name: string, inner: string): void {
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><${name}>${inner}</${name}>`);
}

const STATUS: Readonly<Record<string, { status: number; code: string }>> = {
  not_found: { status: 404, code: 'NoSuchKey' },
  already_exists: { status: 412, code: 'PreconditionFailed' },
  permission_denied: { status: 403, code: 'AccessDenied' },
};

function failed(response: ServerResponse, error: unknown): void {
  fail(response, STATUS[toWitanError(error).code] ?? { status: 400, code: 'InvalidRequest' });
}

function fail(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
    );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
