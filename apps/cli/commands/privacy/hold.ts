/** `witan hold`: legal holds, which keep data from erasure and let nobody read it. */
import type { Command } from 'commander';
import { HoldList, HoldView } from '../../../../contracts/messages/privacy/erasure.ts';
import type { CommandRun, Register } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import { chosenBy } from './chosen-by.ts';

/** Adds the commands. */
export function addHold(program: Command, register: Register): void {
  const hold = program
    .command('hold')
    .description('place, list and release legal holds')
    .addHelpText(
      'after',
      '\nExamples:\n  witan hold add --subject patient-81 --reason "court order 7"' +
        '\n  witan hold list --json\n  witan hold release h0123… --reason "the case is closed"',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    shared(hold.command('add'))
      .description('keep the data of a person or a decision from erasure')
      .option('--subject <name>', 'the person, as `subjects` of decisions names them')
      .option('--decision <id>', 'one decision')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan hold add --subject patient-81 --reason "court order 7"'),
    add,
  );
  register(
    shared(hold.command('list'))
      .description('list holds, newest first, with those that were released')
      .addHelpText('after', '\nExamples:\n  witan hold list\n  witan hold list --json'),
    list,
  );
  register(
    shared(hold.command('release'))
      .description('end a hold; erasure has to be asked for again')
      .argument('<id>', 'id of the hold, as `witan hold list` shows it')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan hold release h0123… --reason "the case is closed"'),
    release,
  );
}

async function add(call: CommandRun): Promise<number> {
  const { options, terminal } = call;
  const body = { ...chosenBy(options), reason: options['reason'] };
  const view = HoldView.parse(await nodeClient(call).post('/api/v1/hold', body));
  terminal.json(view);
  terminal.line(`${terminal.paint('good', 'held')} ${view.holdId}`);
  return 0;
}

async function list(call: CommandRun): Promise<number> {
  const { items } = HoldList.parse(await nodeClient(call).get('/api/v1/hold'));
  for (const view of items) {
    call.terminal.json(view);
    const end = view.releasedAt === null ? 'stands' : `released ${view.releasedAt}`;
    call.terminal.line(`${view.holdId}  ${end}  since ${view.placedAt} by ${view.by}: ${view.reason}`);
  }
  if (items.length === 0) call.terminal.line('no holds');
  return 0;
}

async function release(call: CommandRun): Promise<number> {
  const { options, args, terminal } = call;
  const path = `/api/v1/hold/${encodeURIComponent(args[0] ?? '')}/release`;
  const body = { reason: options['reason'] as string };
  const view = HoldView.parse(await nodeClient(call).post(path, body));
  terminal.json(view);
  terminal.line(`released ${view.holdId}`);
  return 0;
}
