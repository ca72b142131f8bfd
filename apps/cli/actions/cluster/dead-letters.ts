/** `witan cluster dead-letters list | show | replay | drop`. */
import { DeadLetterName } from '../../../../contracts/messages/door/cluster.ts';
import type { DeadLetterView } from '../../../../contracts/messages/door/cluster.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import type { Terminal } from '../../terminal.ts';

/** `witan cluster dead-letters list`. */
export async function list(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const view = await nodeClient(call).deadLetters();
  terminal.json(view);
  for (const { queue, waiting, dead } of view.queues) {
    terminal.line(`${queue}: ${waiting} wait, ${dead} given up`);
  }
  for (const item of view.items) showLine(terminal, item);
  return 0;
}

/** `witan cluster dead-letters show`. */
export async function show(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const { message, ...letter } = await nodeClient(call).deadLetter(nameOf(call));
  terminal.json({ ...letter, message });
  showLine(terminal, letter);
  terminal.line(JSON.stringify(message, undefined, 2));
  return 0;
}

/** `witan cluster dead-letters replay`. */
export async function replay(call: CommandRun): Promise<number> {
  return change(call, 'replay', 'is sent again');
}

/** `witan cluster dead-letters drop`. */
export async function drop(call: CommandRun): Promise<number> {
  return change(call, 'drop', 'is removed');
}

async function change(call: CommandRun, how: 'replay' | 'drop', said: string): Promise<number> {
  const done = await nodeClient(call).changeDeadLetter(nameOf(call), how);
  call.terminal.json(done);
  call.terminal.line(`${done.id} of ${done.queue} ${said}`);
  return 0;
}

/** @throws invalid_argument */
function nameOf({ args }: CommandRun): DeadLetterName {
  const parsed = DeadLetterName.safeParse({ queue: args[0], id: args[1] });
  if (parsed.success) return parsed.data;
  throw new WitanError('invalid_argument', `there is no durable queue ${args[0]}`, {
    path: 'queue',
    expected: DeadLetterName.shape.queue.options.join(', '),
  });
}

function showLine(terminal: Terminal, letter: DeadLetterView): void {
  const { queue, id, reason, deliveryCount, to, from, sentAt } = letter;
  terminal.line(`${terminal.paint('warn', id)}  ${queue}  ${deliveryCount} deliveries  ${sentAt ?? ''}`);
  terminal.line(`  ${from ?? 'unknown'} to ${to ?? 'unknown'}: ${reason}`);
}
