/** Logging of nact actors. */
import type { ActorSystem, Plugin } from '../system.ts';
import type { Ref } from '../references.ts';
import { LoggingFacade } from './monitoring.ts';

export {
  LogEvent,
  LogException,
  LoggingFacade,
  LogLevel,
  LogMetric,
  logNothing,
  LogTrace,
} from './monitoring.ts';
export type { LogMsg } from './monitoring.ts';
export { logToConsole } from './console-engine.ts';
export type { ConsoleLoggerProperties } from './console-engine.ts';

/** Makes the actor that a system's actors log to. */
export type LoggingEngine = (system: ActorSystem['reference']) => Ref<never> | undefined | void;

/** Plugin that gives every actor a `ctx.log`. @throws Error when the engine makes no actor */
export function configureLogging(engine: LoggingEngine): Plugin {
  return (system) => {
    const loggingActor = engine(system.reference);
    if (!loggingActor) throw new Error('Logging engine is not defined');
    system.createLogger = (reference) => new LoggingFacade(loggingActor as Ref<never>, reference);
  };
}
