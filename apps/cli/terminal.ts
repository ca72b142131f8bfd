/** What the command line prints, and how: text for people or one JSON object a line. */
import { styleText } from 'node:util';
import { ERROR_CODES, toWitanError } from '../../contracts/errors.ts';

/** Streams and form of one run of the command line. */
export interface Terminal {
  readonly isJson: boolean;
  /** True when standard output is a terminal that may be redrawn. */
  readonly isLive: boolean;
  /** Aborts on the first interrupt. */
  readonly signal: AbortSignal;
  /** A line for people; silent with `--json`. */
  line(text?: string): void;
  /** One object as one line of JSON; silent without `--json`. */
  json(value: unknown): void;
  /** A line on standard error, in both forms. */
  note(text: string): void;
  /** Replaces the unfinished last line on standard error; only where that is a terminal. */
  progress(text: string): void;
  paint(style: Style, text: string): string;
}

/** Styles by what they mean. */
export type Style = 'strong' | 'soft' | 'good' | 'bad' | 'warn' | 'mark';

const FORMATS = {
  strong: 'bold',
  soft: 'dim',
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  mark: 'cyan',
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

/** Terminal of this process. Colour only where standard output is a terminal and `NO_COLOR` is not set. */
export function processTerminal(options: { isJson: boolean; signal: AbortSignal }): Terminal {
  const { stdout, stderr } = process;
  const isLive = stdout.isTTY === true && !options.isJson;
  const hasColour = isLive && process.env['NO_COLOR'] === undefined;
  let progressLength = 0;
  // Whoever reads the output may stop reading (`| head`): then there is nobody left to tell.
  stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  const clear = (): void => {
    if (progressLength > 0) stderr.write(`\r${' '.repeat(progressLength)}\r`);
    progressLength = 0;
  };
  return {
    ...options,
    isLive,
    line: (text = '') => {
      if (options.isJson) return;
      clear();
      stdout.write(`${text}\n`);
    },
    json: (value) => {
      if (options.isJson) stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (!stderr.isTTY) return;
      clear();
      const shown = text.slice(0, (stderr.columns ?? 80) - 1);
      stderr.write(shown);
      progressLength = shown.length;
    },
    paint: (style, text) => (hasColour ? styleText(FORMATS[style], text) : text),
  };
}

/** Prints what happened and what to do; returns the exit code (architecture §8). */
export function reportError(terminal: Terminal, thrown: unknown): number {
  const error = toWitanError(thrown);
  const { path, expected } = error.details;
  terminal.json({ error: error.toJSON() });
  if (!terminal.isJson) {
    const place =
      path !== undefined && path !== '' && !error.message.includes(String(path)) ? ` (at ${path})` : '';
    terminal.note(`witan: ${error.message}${place}`);
    if (expected !== undefined && !error.message.includes(expected)) terminal.note(`  expected: ${expected}`);
    if (error.code === 'internal' && error.cause instanceof Error) terminal.note(error.cause.stack ?? '');
    if (error.retryable) terminal.note('  the same command may succeed later');
  }
  return ERROR_CODES[error.code].exitCode;
}
