/** `witan score`: rows of JSON from standard input through one detector. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ERROR_CODES, toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { Origin } from '../../../../contracts/messages/decision.ts';
import { DETECTOR_IDS, loadDetector } from '../../../../index.ts';
import type { DetectorId, LoadedDetector } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import type { Terminal } from '../../terminal.ts';
import { parseScoreRow } from './score-row.ts';

/** One row may take this long. */
const ROW_LIMIT_MS = 60_000;

/** Judges each line of standard input; 0 when every row was judged, else the code of the last that was not. */
export async function score({ terminal, options }: CommandRun): Promise<number> {
  const id = options['detector'] as DetectorId;
  if (!DETECTOR_IDS.includes(id)) throw usage('--detector', DETECTOR_IDS.join(', '));
  const origin = Origin.safeParse(options['origin'] ?? defaultOrigin(id));
  if (!origin.success) throw usage('--origin', Origin.options.join(', '));
  const detector = await loadDetector(id);
  return judgeLines(detector, origin.data, process.stdin, terminal);
}

/** What a detector is about: documents, answers, or what a user says. */
function defaultOrigin(id: DetectorId): Origin {
  if (id === 'indirect-injection') return 'retrieved';
  return id === 'grounding' ? 'assistant' : 'user';
}

async function judgeLines(
  detector: LoadedDetector,
  origin: Origin,
  input: NodeJS.ReadableStream,
  terminal: Terminal,
): Promise<number> {
  let exitCode = 0;
  let lineNumber = 0;
  let index = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (terminal.signal.aborted) return 130;
    lineNumber += 1;
    if (line.trim() === '') continue;
    try {
      const row = parseScoreRow(line, lineNumber, origin);
      const started = process.hrtime.bigint();
      const answer = await detector.judge(row.input, ROW_LIMIT_MS);
      const ms = Number(process.hrtime.bigint() - started) / 1e6;
      await print({
        i: index,
        label: row.label,
        score: Number(answer.score.toFixed(6)),
        decision: answer.isHarm ? 'harm' : 'pass',
        confidence: Number(answer.confidence.toFixed(4)),
        spans: answer.spans,
        ms: Number(ms.toFixed(3)),
      });
    } catch (thrown) {
      const error = toWitanError(thrown);
      exitCode = ERROR_CODES[error.code].exitCode;
      terminal.note(`witan: line ${lineNumber}: ${error.message}`);
      await print({ i: index, line: lineNumber, error: error.toJSON() });
    }
    index += 1;
  }
  return exitCode;
}

/** Waits for a slow reader instead of keeping all lines in memory. */
async function print(value: unknown): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, 'drain');
}

function usage(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `${path} expects ${expected}`, { path, expected });
}
