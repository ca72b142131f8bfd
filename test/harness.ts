/**
 * The one way tests are declared: uvu with a time limit per test, no forgotten `.run()`, and skips that say
 * why.
 *
 * A test file calls `suite(name)` and declares tests on the result. `test/run.ts` runs each file in a
 * process of
 * its own, so an import error or an `only` in one file cannot hide the tests of another.
 */
import './defer.ts';
import { suite as uvuSuite } from 'uvu';
import * as assert from 'uvu/assert';

export { assert };

/** Body of one test; `signal` aborts when the time limit is reached. */
export type TestBody = (context: { signal: AbortSignal }) => void | Promise<void>;

/** A declared suite: call it to declare a test. */
export interface Suite {
  (name: string, body: TestBody): void;
  /** Declares a test that does not run here; `reason` is printed and counted. */
  skip(name: string, reason: string): void;
  before(hook: () => void | Promise<void>): void;
  after(hook: () => void | Promise<void>): void;
  beforeEach(hook: () => void | Promise<void>): void;
  afterEach(hook: () => void | Promise<void>): void;
}

/** Settings of a suite: `limitMs` bounds each test and hook (default 30,000 ms): it ends what hangs, speed is measured in bench/. */
export interface SuiteOptions {
  limitMs?: number;
}

interface Declared {
  name: string;
  run: () => void;
  testCount: number;
  skipped: { name: string; reason: string }[];
}

const declared: Declared[] = [];

/** Declares a suite; every declared suite runs, in order of declaration. */
export function suite(name: string, { limitMs = 30_000 }: SuiteOptions = {}): Suite {
  const inner = uvuSuite(name);
  const record: Declared = { name, run: () => inner.run(), testCount: 0, skipped: [] };
  declared.push(record);
  const add = (testName: string, body: TestBody): void => {
    record.testCount += 1;
    inner(testName, () => limited(`${name} › ${testName}`, limitMs, body));
  };
  return Object.assign(add, {
    skip(testName: string, reason: string) {
      record.skipped.push({ name: testName, reason });
    },
    before: (hook: () => void | Promise<void>) =>
      inner.before(() => limited(`${name} › before`, limitMs, hook)),
    after: (hook: () => void | Promise<void>) => inner.after(() => limited(`${name} › after`, limitMs, hook)),
    beforeEach: (hook: () => void | Promise<void>) =>
      inner.before.each(() => limited(`${name} › beforeEach`, limitMs, hook)),
    afterEach: (hook: () => void | Promise<void>) =>
      inner.after.each(() => limited(`${name} › afterEach`, limitMs, hook)),
  });
}

/** All suites declared so far; used by `test/run.ts` alone. */
export function declaredSuites(): readonly Declared[] {
  return declared;
}

async function limited(name: string, limitMs: number, body: TestBody): Promise<void> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`${name}: no end after ${limitMs} ms`);
      abort.abort(error);
      reject(error);
    }, limitMs);
  });
  try {
    await Promise.race([body({ signal: abort.signal }), limit]);
  } catch (thrown) {
    const error = printable(thrown);
    // uvu drops what a `before` or `after` hook throws.
    if (/ › (before|after)$/.test(name))
      process.stdout.write(`${name}: ${String((error as Error).stack ?? error)}\n`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** uvu prints `details` of an error as text and ends the file when it is something else. */
function printable(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return new Error(`thrown: ${String(thrown)}`);
  const { details, code } = thrown as { details?: unknown; code?: unknown };
  if (details === undefined || typeof details === 'string') return thrown;
  const error = new Error(`${String(code)}: ${thrown.message} ${JSON.stringify(details)}`, { cause: thrown });
  error.stack = thrown.stack ?? '';
  return error;
}
