/** HTTPS of the door: certificates read from files, exchanged while it runs, and the port that redirects. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { WitanError } from '../../contracts/errors.ts';
import { guardHost } from './caller/guard.ts';

/** Files of a TLS server, PEM each. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of client certificates; absent: none is asked for. */
  readonly clientCaFile?: string | undefined;
}

/** The part of a TLS server that takes new certificates; open connections keep the old ones. */
export interface TlsServer {
  setSecureContext(options: SecureContextOptions): void;
}

/** How often the files are looked at, ms. */
export const TLS_CHECK_MS = 5_000;

/**
 * Options of the server. A client certificate is asked for where authorities are given and never demanded:
 * who has none may have a key. @throws config_invalid
 */
export function tlsOptions(files: TlsFiles): TlsOptions {
  return {
    ...readFiles(files),
    minVersion: 'TLSv1.2',
    requestCert: files.clientCaFile !== undefined,
    rejectUnauthorized: false,
  };
}

/**
 * Reads the files again whenever one changes and hands them to the server; a set that does not fit together
 * is reported and the old one stays. Returns an end.
 */
export function reloadOnChange(
  files: TlsFiles,
  server: TlsServer,
  { checkMs = TLS_CHECK_MS, onFault }: { checkMs?: number | undefined; onFault(error: unknown): void },
): () => void {
  const names = [
    files.certFile,
    files.keyFile,
    ...(files.clientCaFile === undefined ? [] : [files.clientCaFile]),
  ];
  const reload = (): void => {
    try {
      const options = readFiles(files);
      createSecureContext(options);
      server.setSecureContext({ ...options, minVersion: 'TLSv1.2' });
    } catch (error) {
      onFault(error);
    }
  };
  for (const name of names) watchFile(name, { interval: checkMs, persistent: false }, reload);
  return () => {
    for (const name of names) unwatchFile(name, reload);
  };
}

function readFiles({ certFile, keyFile, clientCaFile }: TlsFiles): SecureContextOptions {
  try {
    const options = {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ...(clientCaFile !== undefined && { ca: readFileSync(clientCaFile) }),
    };
    createSecureContext(options);
    return options;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new WitanError(
      'config_invalid',
      `the TLS files cannot be used: ${detail}`,
      { path: 'http.tlsCertFile', expected: 'a certificate and its key in PEM' },
      error,
    );
  }
}

/** Server that sends everyone to the same address over HTTPS and does nothing else (GWY-12). */
export function redirectServer(httpsPort: () => number, allowedHosts: readonly string[]): Server {
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, (request, response) => {
    try {
      const name = guardHost(request.headers.host, allowedHosts);
      const port = httpsPort();
      const location = `https://${name}${port === 443 ? '' : `:${port}`}${request.url ?? '/'}`;
      response.writeHead(308, { location, 'content-length': '0', connection: 'close' }).end();
    } catch {
      // A name that is not ours is not sent anywhere.
      response.writeHead(403, { 'content-length': '0', connection: 'close' }).end();
    }
  });
  server.keepAliveTimeout = 1_000;
  return server;
}
