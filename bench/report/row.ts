/** One measured figure, as `--json` prints it. */

/** A line of `--json`: what was measured, and beside which peer of the same run. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly subject: string;
  readonly metric: string;
  /** Null where the subject cannot do the case; `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  /** Subject that `ratio` compares with. */
  readonly peer?: string;
  /** Value divided by the peer's. */
  readonly ratio?: number;
  readonly target?: string;
  readonly isReached?: boolean;
  readonly note?: string;
}

/** How a bench was asked to run and to speak. */
export interface BenchOptions {
  readonly json: boolean;
  /** Fewer rounds, at most 45 s in all. */
  readonly quick: boolean;
  readonly markdown: boolean;
  /** Names that follow the bench's own. */
  readonly names: readonly string[];
  /** How many of what the bench is about; read by `agents`. */
  readonly count?: number;
}

/** Prints a row as one line. */
export function printJson(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** Shows what goes on, on standard error; gone once the next one is shown. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
