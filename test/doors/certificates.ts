/** Throw-away certificates for tests of TLS, made by the system's openssl. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of one certificate and its key, PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority in `folder`, which signs what {@link signedCertificate} makes. */
export function certificateAuthority(folder: string, name = 'ca'): CertificateFiles {
  const files = filesOf(folder, name);
  openssl([
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    files.keyFile,
    '-out',
    files.certFile,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  ]);
  return files;
}

/** A certificate for loopback, good for servers and clients. */
export function signedCertificate(
  folder: string,
  name: string,
  authority: CertificateFiles,
): CertificateFiles {
  const files = filesOf(folder, name);
  const ca = ['-CA', authority.certFile, '-CAkey', authority.keyFile];
  const names = [
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-addext',
    'basicConstraints=CA:FALSE',
  ];
  openssl([
    'req',
    '-x509',
    ...KEY,
    ...ca,
    '-keyout',
    files.keyFile,
    '-out',
    files.certFile,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    ...names,
  ]);
  return files;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function filesOf(folder: string, name: string): CertificateFiles {
  return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
