/** `witan watch`: follows one decision, or all of them, live. */
import { DeliberationView, OUTCOME_EXIT_CODES } from '../deliberation-view.ts';
import type { CommandRun } from '../command.ts';
import type { Followed } from '../node-handle.ts';
import { nodeClient } from '../running-node.ts';

/** `witan watch`: follow one decision, or all of them, live. */
export async function watch(call: CommandRun): Promise<number> {
  const { terminal, args } = call;
  const [decisionId] = args;
  const view = new DeliberationView(terminal);
  for await (const followed of nodeClient(call).follow(decisionId)) {
    const outcome = show(followed, view, call);
    if (decisionId !== undefined && outcome !== undefined) return OUTCOME_EXIT_CODES[outcome];
  }
  terminal.note('the decision is over');
  return 0;
}

function show(
  followed: Followed,
  view: DeliberationView,
  { terminal }: CommandRun,
): 'approved' | 'rejected' | 'held' | undefined {
  switch (followed.kind) {
    case 'event':
      terminal.json(followed.event);
      view.show(followed.event);
      return followed.event.type === 'final' ? followed.event.verdict.body.outcome : undefined;
    case 'snapshot':
      terminal.json({ type: 'snapshot', view: followed.view });
      if (followed.view.verdict) view.verdict(followed.view.verdict);
      return followed.view.verdict?.body.outcome;
    case 'gap':
      terminal.json({ type: 'gap', resumeAfter: followed.resumeAfter });
      terminal.line('  some events were missed');
      return undefined;
    case 'reconnecting':
      terminal.note(`connection lost; trying again (${followed.attempt})`);
      return undefined;
  }
}
