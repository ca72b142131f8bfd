/** `witan hold`: legal holds, which keep data from erasure and let nobody read it. */
import { HoldList, HoldView } from '../../../../contracts/messages/privacy/erasure.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import { chosenBy } from './chosen-by.ts';

/** `witan hold add`: keep the data of a person or a decision from erasure. */
export async function add(call: CommandRun): Promise<number> {
  const { options, terminal } = call;
  const body = { ...chosenBy(options), reason: options['reason'] };
  const view = HoldView.parse(await nodeClient(call).post('/api/v1/hold', body));
  terminal.json(view);
  terminal.line(`${terminal.paint('good', 'held')} ${view.holdId}`);
  return 0;
}

/** `witan hold list`: list holds, newest first, with those that were released. */
export async function list(call: CommandRun): Promise<number> {
  const { items } = HoldList.parse(await nodeClient(call).get('/api/v1/hold'));
  for (const view of items) {
    call.terminal.json(view);
    const end = view.releasedAt === null ? 'stands' : `released ${view.releasedAt}`;
    call.terminal.line(`${view.holdId}  ${end}  since ${view.placedAt} by ${view.by}: ${view.reason}`);
  }
  if (items.length === 0) call.terminal.line('no holds');
  return 0;
}

/** `witan hold release`: end a hold; erasure has to be asked for again. */
export async function release(call: CommandRun): Promise<number> {
  const { options, args, terminal } = call;
  const path = `/api/v1/hold/${encodeURIComponent(args[0] ?? '')}/release`;
  const body = { reason: options['reason'] as string };
  const view = HoldView.parse(await nodeClient(call).post(path, body));
  terminal.json(view);
  terminal.line(`released ${view.holdId}`);
  return 0;
}
