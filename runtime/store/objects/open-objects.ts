/** Opens an object store by its address: a folder, or `s3://bucket/prefix`. */
import { resolve } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { FileObjectStore } from './file-object-store.ts';

/** What is opened. */
export interface OpenObjectsOptions {
  /** A folder, or `s3://bucket/prefix?region=…&endpoint=https://…`. */
  readonly address: string;
  readonly clock: Clock;
  readonly timeoutMs?: number | undefined;
}

/**
 * Opens the store; nothing is asked of it yet. Credentials for S3 come as the AWS SDK finds them, never from
 * an address.
 * @throws config_invalid
 */
export async function openObjects({ address, clock, timeoutMs }: OpenObjectsOptions): Promise<ObjectPort> {
  if (!address.startsWith('s3://')) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) throw badAddress(address);
    return new FileObjectStore({ folder: resolve(address), clock });
  }
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw badAddress(address);
  }
  if (url.hostname === '' || url.username !== '' || url.password !== '') throw badAddress(address);
  const path = decodeURIComponent(url.pathname).replace(/^\/+/, '').replace(/\/+$/, '');
  const region = url.searchParams.get('region');
  const endpoint = url.searchParams.get('endpoint');
  // The SDK takes a while to load: only who uses S3 waits for it.
  const { S3ObjectStore } = await import('./s3-object-store.ts');
  return new S3ObjectStore({
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    clock,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(region !== null && { region }),
    ...(endpoint !== null && { endpoint }),
  });
}

function badAddress(address: string): WitanError {
  // An address may carry what somebody took for a place of secrets.
  const shown = address.replace(/\/\/[^/@]*@/, '//…@').slice(0, 200);
  const expected = 'a folder, or s3://bucket/prefix?region=…&endpoint=…, without credentials';
  return new WitanError('config_invalid', `not an object store: ${shown}`, { path: 'address', expected });
}
