/** Port: who calls. The tenant comes from here and never from a body. */

/** An authenticated caller. */
export interface Principal {
  /** Stable id (`key:…`, `user:…`, `node:…`, `local`). */
  readonly id: string;
  readonly tenant: string;
  /**
   * Operations it may call (`decision:submit`, `decision:read`, `operator:read`, `operator:act`,
   * `review:resolve`).
   */
  readonly scopes: readonly string[];
}

/** What a door knows of a caller before it is authenticated. */
export interface Credentials {
  /** Door that received the call. */
  readonly door: 'http' | 'grpc' | 'nats' | 'embedded' | 'cli';
  /** Peer address as the socket has it; never from a header. */
  readonly remoteAddress?: string;
  readonly bearerToken?: string;
  readonly apiKey?: string;
  /** SHA-256 of the client certificate, hex. */
  readonly certificateDigest?: string;
}

/**
 * Turns credentials into a principal; closed by default.
 *
 * Without a configured identity only loopback and the embedding host are served. @throws unauthenticated
 */
export interface IdentityPort {
  authenticate(credentials: Credentials): Promise<Principal>;
}
