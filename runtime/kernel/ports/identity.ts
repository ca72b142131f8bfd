/** Port: who calls. The tenant comes from here and never from a body. */

/** An authenticated caller. */
export interface Principal {
  /** Stable id (`key:…`, `user:…`, `node:…`, `local`). */
  readonly id: string;
  readonly tenant: string;
  /** What it may do: scopes of `contracts/operations.ts`. */
  readonly scopes: readonly string[];
  /** Types of decisions that it may submit in this call; absent: every type. */
  readonly decisionTypes?: DecisionTypeLimit;
}

/** Types of decisions that rules on attributes leave to a caller. */
export interface DecisionTypeLimit {
  /** Null: every type that is not denied. */
  readonly allowed: readonly string[] | null;
  readonly denied: readonly string[];
}

/** Whether a principal may submit a decision of a type. */
export function mayDecide({ decisionTypes }: Principal, type: string): boolean {
  if (!decisionTypes) return true;
  const { allowed, denied } = decisionTypes;
  return !denied.includes(type) && (allowed === null || allowed.includes(type));
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
  /** Secret of a browser's session, from its cookie. */
  readonly sessionToken?: string;
}

/**
 * Turns credentials into a principal; closed by default.
 *
 * Without a configured identity only loopback and the embedding host are served. @throws unauthenticated
 */
export interface IdentityPort {
  authenticate(credentials: Credentials): Promise<Principal>;
}
