/** Whose data a command is about: a person or a decision, one of the two. */
import { WitanError } from '../../../../contracts/errors.ts';

/** Choice of the options `--subject` and `--decision`. @throws invalid_argument for none or both */
export function chosenBy(options: Record<string, unknown>): { subject?: string; decisionId?: string } {
  const { subject, decision } = options as Record<string, string | undefined>;
  if ((subject === undefined) === (decision === undefined)) {
    const details = { path: '--subject', expected: 'one of --subject and --decision' };
    throw new WitanError('invalid_argument', 'say whose data: a person or a decision', details);
  }
  return subject === undefined ? { decisionId: decision! } : { subject };
}
