/** TLS of the door: certificates that can be changed while it serves. */
import { ServerCredentials } from '@grpc/grpc-js';
import { createSecureContext } from 'node:tls';
import { WitanError } from '../../contracts/errors.ts';

/** What the door proves itself with, and whose clients it trusts; PEM texts. */
export interface GrpcTls {
  /** Certificate chain of the door. */
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates are taken; absent: none are asked for. */
  readonly clientCa?: string | undefined;
  /** Whether a connection without such a certificate is refused. Default: yes, where `clientCa` is given. */
  readonly requireClientCert?: boolean | undefined;
}

/**
 * Credentials whose certificates are replaced without closing the socket: connections that stand keep what
 * they have, new ones get the new. Whether clients need a certificate is fixed when the door opens.
 */
export class ReloadableCredentials extends ServerCredentials {
  constructor(tls: GrpcTls) {
    const asks = tls.clientCa !== undefined;
    const context = contextOf(tls);
    super(
      {
        requestCert: asks,
        // Where none is required, one that does not verify counts as none.
        rejectUnauthorized: asks && tls.requireClientCert !== false,
        minVersion: 'TLSv1.2',
      },
      context,
    );
  }

  /** Takes new certificates into use. @throws config_invalid; the old ones stay then */
  reload(tls: GrpcTls): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

function contextOf({ cert, key, clientCa }: GrpcTls): { cert: string; key: string; ca?: string } {
  const context = { cert, key, ...(clientCa !== undefined && { ca: clientCa }) };
  try {
    createSecureContext(context);
  } catch (error) {
    throw new WitanError(
      'config_invalid',
      'the certificate and key of the gRPC door do not work',
      {
        path: 'grpc.tlsCertFile',
        expected: 'a PEM certificate chain and its key',
      },
      error,
    );
  }
  return context;
}
