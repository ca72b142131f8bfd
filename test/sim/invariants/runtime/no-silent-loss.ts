/** No message is lost silently: what was not handled is counted somewhere. */
import type { NodeLife } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** The sums of network, mailboxes and dead letters come out even for every node that was not cut off. */
export const noSilentLoss: RunInvariant = {
  name: 'no-silent-loss',
  check: ({ history }) =>
    history.lives
      .filter(({ end }) => end === 'stopped')
      .flatMap((life) => [...network(life), ...letters(life)]),
};

function network({ incarnation, messages }: NodeLife): string[] {
  const { sent, copied, delivered, dropped, lostWithNode, toSeats, takenBySeats, deadAtSeats } = messages;
  const wrong: string[] = [];
  if (sent + copied !== delivered + dropped + lostWithNode) {
    wrong.push(
      `node ${incarnation}: ${sent} sent, ${copied} copied, ${delivered} delivered, ${dropped} dropped`,
    );
  }
  if (toSeats !== takenBySeats + deadAtSeats) {
    wrong.push(
      `node ${incarnation}: seats got ${toSeats}, took ${takenBySeats}, ${deadAtSeats} are dead letters`,
    );
  }
  return wrong;
}

function letters({ incarnation, deadLetters, reportedDeadLetterCount }: NodeLife): string[] {
  const total = Object.values(deadLetters).reduce((sum, count) => sum + count, 0);
  if (total === reportedDeadLetterCount) return [];
  return [`node ${incarnation}: ${total} dead letters, ${reportedDeadLetterCount} were reported`];
}
