/** Messages between a node and the worker thread of its embedded database. */

/** WebAssembly of the database. */
export interface DatabaseCode {
  readonly pglite: WebAssembly.Module;
  /** Makes the folder of a new one. */
  readonly initdb: WebAssembly.Module;
}

/** To the worker. */
export type ToDatabaseWorker =
  /** First of all: what it runs. */
  | { readonly type: 'code'; readonly code: DatabaseCode }
  /** Bytes of the wire protocol; answered with `answer` and the same number. */
  | { readonly type: 'wire'; readonly request: number; readonly bytes: Uint8Array }
  /** The client is gone: what it left is rolled back and forgotten. */
  | { readonly type: 'client-gone' }
  /** Answered with `closed`; the thread then ends by itself. */
  | { readonly type: 'close' };

/** From the worker. */
export type FromDatabaseWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly request: number; readonly bytes: Uint8Array }
  | { readonly type: 'closed' };

/** What the worker is started with. */
export interface DatabaseWorkerData {
  /** Folder of the data; null: memory of the thread. */
  readonly folder: string | null;
}
