/** `witan watch`: follows one decision, or all of them, live. */
import type { Command } from 'commander';
import { DeliberationView } from '../deliberation-view.ts';
import type { CommandRun, Register } from '../command.ts';
import type { Followed } from '../node-handle.ts';
import { nodeClient } from '../running-node.ts';
import { OUTCOME_EXIT_CODES } from './decide.ts';

/** Adds the command. */
export function addWatch(program: Command, register: Register): void {
  const command = program
    .command('watch')
    .description('follow one decision, or all of them, live')
    .argument('[id]', 'decision to follow; without it every decision is followed until interrupted')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      '\nExamples:\n  witan watch\n  witan watch d0123456789abcdef0123456789abcdef --json',
    );
  register(command, watch);
}

async function watch(call: CommandRun): Promise<number> {
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
