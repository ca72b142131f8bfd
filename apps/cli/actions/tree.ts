/** `witan tree`: the live actors of a node. */
import type { CommandRun } from '../command.ts';
import type { ActorLine } from '../node-client.ts';
import { nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

/** `witan tree`: draw the live actors of a node. */
export async function tree(call: CommandRun): Promise<number> {
  const actors = await nodeClient(call).tree();
  for (const actor of actors) call.terminal.json(actor);
  for (const text of drawTree(actors, call.terminal.paint)) call.terminal.line(text);
  return 0;
}

/** Lines of the drawing; parents before children, as the node lists them. */
export function drawTree(actors: readonly ActorLine[], paint: Terminal['paint']): string[] {
  const children = new Map<string, ActorLine[]>();
  const known = new Set(actors.map((actor) => actor.path));
  const roots: ActorLine[] = [];
  for (const actor of actors) {
    const above = parentOf(actor.path);
    if (actor.path === '/' || !known.has(above)) roots.push(actor);
    else children.set(above, [...(children.get(above) ?? []), actor]);
  }
  const lines: string[] = [];
  const draw = (actor: ActorLine, lead: string, place: 'root' | 'middle' | 'last'): void => {
    const branch = place === 'root' ? '' : place === 'last' ? '└─ ' : '├─ ';
    const name = place === 'root' ? actor.path : actor.path.slice(actor.path.lastIndexOf('/') + 1);
    lines.push(`${`${lead}${branch}${name}`.padEnd(32)} ${describe(actor, paint)}`);
    const below = children.get(actor.path) ?? [];
    const nextLead = place === 'root' ? lead : `${lead}${place === 'last' ? '   ' : '│  '}`;
    below.forEach((child, index) => draw(child, nextLead, index === below.length - 1 ? 'last' : 'middle'));
  };
  for (const root of roots) draw(root, '', 'root');
  return lines;
}

function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

function describe(actor: ActorLine, paint: Terminal['paint']): string {
  const { behavior, lifecycle, stateName, mailboxDepth, processedCount, restartCount, lastError } = actor;
  const isWell = lifecycle === 'idle' || lifecycle === 'busy';
  const state =
    paint(isWell ? 'good' : 'warn', lifecycle) + (stateName === undefined ? '' : ` (${stateName})`);
  const restarts = restartCount > 0 ? paint('warn', `, ${restartCount} restarts`) : '';
  const error =
    lastError === undefined ? '' : paint('bad', `, last error: ${lastError.message.slice(0, 80)}`);
  const figures = `${behavior}, waiting ${mailboxDepth}, done ${processedCount}`;
  return `${state} ${paint('soft', figures)}${restarts}${error}`;
}
