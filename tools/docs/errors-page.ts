/** `docs/reference/errors.md`: every error code, off the one table. */
import { ERROR_CODES } from '../../contracts/errors.ts';
import { code, pageHead, table } from './markdown.ts';

const LEAD = `Every door gives the same codes. Over HTTP the body is \`{ "error": { "code", "message",
"retryable", "details" } }\`; \`details.path\` says where, \`details.expected\` what was expected,
\`details.decisionId\` which decision is concerned. In code they are a \`WitanError\`; the command line
ends with the exit code. A retryable error can go away without a change of the call. Match on the code,
never on the message: messages may change.`;

const EXITS = [
  ['0', 'done; a decision was approved'],
  ['1', 'failed'],
  ['2', 'wrong use, or data that the command needs is missing'],
  ['3', 'not found'],
  ['4', 'not authenticated or not permitted'],
  ['5', 'rejected by the council'],
  ['6', 'held, no quorum or undecided'],
  ['7', 'verification failed'],
  ['8', 'unavailable or overloaded'],
  ['124', 'timed out'],
  ['130', 'interrupted'],
];

/** Text of the page. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([name, info]) => [
    code(name),
    info.title,
    String(info.httpStatus),
    String(info.exitCode),
    info.retryable ? 'yes' : 'no',
  ]);
  const head = pageHead('Errors', '`contracts/errors.ts`', LEAD);
  const codes = table(['code', 'meaning', 'HTTP', 'exit', 'retryable'], rows);
  const exits = table(['exit', 'meaning'], EXITS);
  return `${head}\n## Codes\n\n${codes}\n## Exit codes of the command line\n\n${exits}`;
}
