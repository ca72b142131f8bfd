/** What a conformance suite gets of one implementation: a fresh port, a way to let time pass, and the end. */
import { assert } from '../harness.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';

/** One fresh port. */
export interface PortFixture<P> {
  readonly port: P;
  /** Lets at least `ms` pass for the port: virtual time, or real time where a server keeps its own. */
  pass(ms: number): Promise<void>;
  /** Frees everything, also after `port.close()`. */
  end(): Promise<void>;
}

/** Makes a fixture with nothing in it. */
export type MakePort<P, F extends PortFixture<P> = PortFixture<P>> = () => Promise<F>;

/** Runs `body` on a fresh port and ends it, whatever happens. */
export async function withPort<P, F extends PortFixture<P>>(
  makePort: MakePort<P, F>,
  body: (port: P, fixture: F) => Promise<void>,
): Promise<void> {
  const fixture = await makePort();
  try {
    await body(fixture.port, fixture);
  } finally {
    await fixture.end();
  }
}

/** Asserts that `work` fails with a {@link WitanError} of `code`; gives the error. */
export async function assertFails(work: () => unknown, code: ErrorCode): Promise<WitanError> {
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof WitanError, `expected ${code}, got ${String(error)}`);
  assert.is((error as WitanError).code, code);
  return error as WitanError;
}

/** Everything an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Bytes of a text, and back. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Text of bytes. */
export const text = (data: Uint8Array | undefined): string | undefined =>
  data && new TextDecoder().decode(data);
