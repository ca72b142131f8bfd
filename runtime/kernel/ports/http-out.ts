/** Port: outbound HTTP, the only way out of the process. */

/** One outbound request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Bytes of the answer that are read; more is `too_large` (default 1 MiB). */
  readonly maxBytes?: number;
}

/** Its answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Sends one request and reads its answer whole.
 * @throws deadline_exceeded, cancelled, unavailable, too_large, permission_denied (host not allowed)
 */
export interface HttpOutPort {
  send(request: HttpRequest): Promise<HttpAnswer>;
}
