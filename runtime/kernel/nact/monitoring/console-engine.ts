/** Logging engine that writes to a console. */
import { spawnStateless } from '../functions.ts';
import { ActorPath } from '../paths.ts';
import type { ActorReference, Ref } from '../references.ts';
import { LogLevel, logLevelToString } from './monitoring.ts';
import type { LogMsg } from './monitoring.ts';

type Channel = (line: string) => void;

/** Settings of {@link logToConsole}. */
export interface ConsoleLoggerProperties {
  /** What is written to; default the process's console. */
  consoleProxy?: Partial<Record<'log' | 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical', Channel>>;
  formatter?: (message: LogMsg) => string;
  /** Name of the logging actor (default `console-logger`). */
  name?: string;
}

const ORDER = ['trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;

/** Makes the engine; a level without a channel of its own uses the next lower one. */
export function logToConsole(
  properties: ConsoleLoggerProperties = {},
): (system: Ref<never>) => ActorReference<LogMsg> {
  const proxy: ConsoleLoggerProperties['consoleProxy'] & {} = properties.consoleProxy ?? globalThis.console;
  const channels: (Channel | undefined)[] = [undefined];
  let channel = proxy.log;
  for (const name of ORDER) {
    channel = proxy[name] ?? channel;
    channels.push(channel);
  }
  const format = properties.formatter ?? formatLine;
  const write = (message: LogMsg): void => channels[levelOf(message)]?.(format(message));
  return (system) => spawnStateless<LogMsg>(system, write, properties.name ?? 'console-logger');
}

function levelOf(message: LogMsg): LogLevel {
  if (message.type === 'trace') return message.level;
  return message.type === 'exception' ? LogLevel.ERROR : LogLevel.INFO;
}

function formatLine(message: LogMsg): string {
  const { path } = message.actor as { path: { parts: string[]; system: string } };
  const where = new ActorPath(path.parts, path.system).toString();
  const head = (kind: string | undefined): string => `[${kind} @ ${String(message.createdAt)}] ${where} - `;
  switch (message.type) {
    case 'trace':
      return `${head(logLevelToString(message.level))}${message.message}`;
    case 'metric':
      return `${head('METRIC ')}${message.name}: ${JSON.stringify(message.values, undefined, 4)}`;
    case 'event':
      return `${head('EVENT')}${message.name}: ${JSON.stringify(message.properties, undefined, 4)}`;
    case 'exception':
      return `${head('EXCEPTION')}${String(message.exception)}`;
  }
}
