/** What nact actors log, and the facade that sends it to a logging actor. */
import { dispatch } from '../functions.ts';
import { Nobody } from '../references.ts';
import type { Ref } from '../references.ts';

/** Levels, lowest first. */
export const LogLevel = { OFF: 0, TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, CRITICAL: 6 } as const;
/** See {@link LogLevel}. */
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

const NAMES = Object.keys(LogLevel);

/** Name of a level; undefined when there is none. */
export function logLevelToString(level: number): string | undefined {
  return NAMES[level];
}

/** A line of text. */
export class LogTrace {
  readonly level: LogLevel;
  readonly type = 'trace';
  readonly message: string;
  readonly actor: unknown;
  readonly createdAt: Date;

  constructor(level: LogLevel, message: string, actor: unknown, createdAt = new Date()) {
    this.level = level;
    this.message = message;
    this.actor = actor;
    this.createdAt = createdAt;
  }
}

/** Something that happened, with properties. */
export class LogEvent {
  readonly type = 'event';
  readonly name: string;
  readonly properties: unknown;
  readonly actor: unknown;
  readonly createdAt: Date;

  constructor(name: string, properties: unknown, actor: unknown, createdAt = new Date()) {
    this.name = name;
    this.properties = properties;
    this.actor = actor;
    this.createdAt = createdAt;
  }
}

/** Measured values. */
export class LogMetric {
  readonly type = 'metric';
  readonly name: string;
  readonly values: unknown;
  readonly actor: unknown;
  readonly createdAt: Date;

  constructor(name: string, values: unknown, actor: unknown, createdAt = new Date()) {
    this.name = name;
    this.values = values;
    this.actor = actor;
    this.createdAt = createdAt;
  }
}

/** An error. */
export class LogException {
  readonly type = 'exception';
  readonly exception: unknown;
  readonly actor: unknown;
  readonly createdAt: Date;

  constructor(exception: unknown, actor: unknown, createdAt = new Date()) {
    this.exception = exception;
    this.actor = actor;
    this.createdAt = createdAt;
  }
}

/** Anything that a logging actor gets. */
export type LogMsg = LogTrace | LogEvent | LogMetric | LogException;

/** `ctx.log` of an actor. */
export class LoggingFacade {
  readonly loggingActor: Ref<never>;
  readonly reference: unknown;

  constructor(loggingActor: Ref<never>, reference: unknown) {
    this.loggingActor = loggingActor;
    this.reference = reference;
  }

  trace(message: unknown): void {
    this.#line(LogLevel.TRACE, message);
  }

  debug(message: unknown): void {
    this.#line(LogLevel.DEBUG, message);
  }

  info(message: unknown): void {
    this.#line(LogLevel.INFO, message);
  }

  warn(message: unknown): void {
    this.#line(LogLevel.WARN, message);
  }

  error(message: unknown): void {
    this.#line(LogLevel.ERROR, message);
  }

  critical(message: unknown): void {
    this.#line(LogLevel.CRITICAL, message);
  }

  event(name: string, properties: unknown): void {
    this.#send(new LogEvent(String(name), properties, this.reference));
  }

  exception(exception: unknown): void {
    this.#send(new LogException(exception, this.reference));
  }

  metric(name: string, values: unknown): void {
    this.#send(new LogMetric(String(name), values, this.reference));
  }

  #line(level: LogLevel, message: unknown): void {
    this.#send(new LogTrace(level, String(message), this.reference));
  }

  #send(message: LogMsg): void {
    dispatch(this.loggingActor as Ref<unknown>, message, this.reference as Ref<never>);
  }
}

/** Logging engine that drops everything. */
export function logNothing(): Nobody {
  return new Nobody();
}
