/** `witan models use`, `canary`, `rollback`: asked of the node that runs, or written while none does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ModelChangeView } from '../../../../contracts/messages/models/card.ts';
import { ModelChangeRequest } from '../../../../contracts/messages/models/choices.ts';
import { ModelVersion } from '../../../../contracts/messages/models/manifest.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import { changeModels } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { dataFolder, nodeClient } from '../../running-node.ts';
import { modelsPlace } from './models-place.ts';

/** `witan models use`. */
export async function use(call: CommandRun): Promise<number> {
  const [model = '', given = ''] = call.args;
  const version = given === 'newest' ? null : versionIn(given);
  return change(call, { change: 'use', model, version });
}

/** `witan models canary`. */
export async function canary(call: CommandRun): Promise<number> {
  const { args, options } = call;
  const [model = '', given] = args;
  if ((given === undefined) !== (options['end'] === true))
    throw wrong('a version or --end is needed', 'version', 'a version, or --end');
  const percent = Number(options['share']);
  const shareBp = Math.round(percent * 100);
  if (!(shareBp >= 1 && shareBp <= 10_000))
    throw wrong(`--share ${String(options['share'])} is no share`, '--share', '0.01 to 100');
  return change(call, {
    change: 'canary',
    model,
    version: given === undefined ? null : versionIn(given),
    shareBp,
  });
}

/** `witan models rollback`. */
export async function rollback(call: CommandRun): Promise<number> {
  return change(call, { change: 'rollback', model: call.args[0] ?? '', why: call.options['why'] });
}

async function change(call: CommandRun, asked: object): Promise<number> {
  const { terminal, options } = call;
  const request = parseMessage(ModelChangeRequest, asked);
  const isRunning = options['url'] !== undefined || existsSync(join(dataFolder(options), 'node.json'));
  const changed = isRunning
    ? ((await nodeClient(call).post('/api/v1/models/change', request)) as ModelChangeView)
    : await changeModels(modelsPlace(options), request);
  terminal.json({ ...changed, change: request.change });
  const { id, from, to } = changed;
  const before = from === null ? 'nothing' : from;
  const what = from === to ? `${to} serves as before` : `${to} serves, before it ${before}`;
  terminal.line(`${terminal.paint('good', 'done')} ${id}: ${what}${canaryText(request)}`);
  return 0;
}

function canaryText(request: ModelChangeRequest): string {
  if (request.change !== 'canary') return '';
  if (request.version === null) return ', no canary';
  return `, canary ${request.version} answers ${request.shareBp / 100} %`;
}

function versionIn(text: string): string {
  if (ModelVersion.safeParse(text).success) return text;
  throw wrong(`${text} is no version`, 'version', 'three numbers, as 1.0.0');
}

function wrong(message: string, path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', message, { path, expected });
}
