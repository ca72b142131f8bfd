/** Certificates of the door from files, read again when one changes. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { WitanError } from '../../contracts/errors.ts';
import type { GrpcTls } from './tls.ts';

/** Files in PEM. */
export interface GrpcTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Absent: no client certificate is asked for. */
  readonly clientCaFile?: string | undefined;
  readonly requireClientCert: boolean;
}

/** How often the files are looked at, ms. */
const CHECK_MS = 5_000;

/** Reads the files. @throws config_invalid */
export function readTlsFiles({ certFile, keyFile, clientCaFile, requireClientCert }: GrpcTlsFiles): GrpcTls {
  try {
    return {
      cert: readFileSync(certFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
      ...(clientCaFile !== undefined && { clientCa: readFileSync(clientCaFile, 'utf8') }),
      requireClientCert,
    };
  } catch (error) {
    throw new WitanError(
      'config_invalid',
      'the TLS files of the gRPC door cannot be read',
      { path: 'grpc.tlsCertFile', expected: 'readable files' },
      error,
    );
  }
}

/**
 * Hands the files to `reload` whenever one changes; a set that does not fit together goes to `onFault`, and
 * the old one stays. Returns an end.
 */
export function reloadTlsOnChange(
  files: GrpcTlsFiles,
  reload: (tls: GrpcTls) => void,
  { checkMs = CHECK_MS, onFault }: { readonly checkMs?: number; onFault(error: unknown): void },
): () => void {
  const { certFile, keyFile, clientCaFile } = files;
  const names = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const look = (): void => {
    try {
      reload(readTlsFiles(files));
    } catch (error) {
      onFault(error);
    }
  };
  for (const name of names) watchFile(name, { interval: checkMs, persistent: false }, look);
  return () => {
    for (const name of names) unwatchFile(name, look);
  };
}
