/** One caller of a door that has one request open at a time. */

/** Wires under load; `grpc-stream` opens a stream for each health check, and sends decisions over one. */
export type WireName = 'http' | 'grpc' | 'grpc-stream' | 'nats';

/** What is called, and with which credentials. */
export interface LaneTarget {
  readonly wire: WireName;
  readonly port: number;
  /** Path or subject. */
  readonly path: string;
  /** Names in lower case; the wire gives them its own names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A call as it goes out. */
export interface LaneCall {
  /** Absent: a request without a body. */
  readonly body?: Uint8Array | undefined;
  /** Instead of the target's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** See the file's head. */
export interface Lane {
  /** Gives `ok`, or the status or code of what came instead. Rejects when the connection is gone. */
  call(call: LaneCall): Promise<string>;
  close(): void;
}
