/** `witan models list`, `show`, `verify`. */
import type {
  ModelCard,
  ModelListView,
  ModelVersionView,
  ModelView,
} from '../../../../contracts/messages/models/card.ts';
import { listModels, readModelCard, verifyModels } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import type { Terminal } from '../../terminal.ts';
import { printCard } from './print-card.ts';
import { modelsPlace } from './models-place.ts';

/** `witan models list`. */
export async function list(call: CommandRun): Promise<number> {
  const { terminal, options } = call;
  const items =
    options['url'] === undefined
      ? await listModels(modelsPlace(options))
      : ((await nodeClient(call).get('/api/v1/models')) as ModelListView).items;
  for (const model of items) {
    terminal.json(model);
    printModel(model, terminal);
  }
  if (items.length === 0) terminal.line('no models');
  return 0;
}

/** `witan models show`. */
export async function show(call: CommandRun): Promise<number> {
  const { terminal, options, args } = call;
  const name = args[0]!;
  const card =
    options['url'] === undefined
      ? await readModelCard(modelsPlace(options), name)
      : ((await nodeClient(call).get(`/api/v1/models/card?name=${encodeURIComponent(name)}`)) as ModelCard);
  terminal.json(card);
  printCard(card, terminal);
  return 0;
}

/** `witan models verify`. */
export async function verify({ terminal, options, args }: CommandRun): Promise<number> {
  let wholeCount = 0;
  let refusedCount = 0;
  for await (const check of verifyModels(modelsPlace(options), args[0])) {
    terminal.json(check);
    if (check.isWhole) wholeCount += 1;
    else refusedCount += 1;
    const word = check.isWhole ? terminal.paint('good', 'whole  ') : terminal.paint('bad', 'REFUSED');
    terminal.line(`${word} ${check.isWhole ? check.ref : `${check.model}: ${check.message}`}`);
  }
  terminal.line(`${wholeCount} whole, ${refusedCount} refused`);
  return refusedCount === 0 ? 0 : 7;
}

const STYLES = { ready: 'good', degraded: 'warn', down: 'bad' } as const;

function printModel(model: ModelView, terminal: Terminal): void {
  const { line, paint } = terminal;
  const { id, health, inUse, chosenBy, reason, aliases, canary, rolledBack, title } = model;
  const version = inUse === null ? 'nothing serves' : `${inUse} (${chosenBy})`;
  line(`${paint('strong', id.padEnd(28))} ${version.padEnd(20)} ${paint(STYLES[health], health)}`);
  if (title !== null) line(`  ${title}`);
  if (aliases.length > 0)
    line(paint('soft', `  answers for ${aliases.join(', ')}: other models, not shipped`));
  if (reason !== null) line(`  ${paint('bad', reason)}`);
  for (const one of model.versions) line(`  ${versionLine(one)}`);
  if (canary) {
    const { version: tried, shareBp, textCount, flipCount, failedCount } = canary;
    const seen = `${textCount} texts compared, ${flipCount} fall otherwise, ${failedCount} requests refused`;
    line(`  canary ${tried} answers ${shareBp / 100} %: ${seen}`);
  }
  if (rolledBack) {
    const { from, to, why, by, at } = rolledBack;
    line(paint('warn', `  went back from ${from ?? 'a refused version'} to ${to} at ${at} by ${by}: ${why}`));
  }
}

function versionLine({ version, ref, origin, state, fault, serving }: ModelVersionView): string {
  const what = fault ? `refused: ${fault.message}` : state === 'loaded' ? 'in memory' : 'manifest holds';
  const pool = serving ? `, ${serving.readyCount} of ${serving.workerCount} workers, ${serving.device}` : '';
  return `${version.padEnd(10)} ${origin.padEnd(9)} ${ref ?? '-'}  ${what}${pool}`;
}
