/** Kinds of disturbance of a soak, by the names that `--only` takes. */

/** Faults as an operator would give them: actors stopped, restarted and paused. */
export const FAULTS = [
  'stop-seat',
  'stop-session',
  'restart-seat',
  'stop-decision',
  'pause-seat',
  'restart-check',
] as const;
/** What callers do: send more than there is room for, give up, say a key twice, send what is no request. */
export const MISUSES = ['bursts', 'cancelled', 'repeated', 'malformed'] as const;

/** One fault. */
export type Fault = (typeof FAULTS)[number];
/** One misuse. */
export type Misuse = (typeof MISUSES)[number];

/** Which disturbances a soak has. */
export interface Disturbances {
  readonly faults: readonly Fault[];
  readonly misuses: readonly Misuse[];
}

/**
 * Disturbances of `--only`: names with commas between them, `none` for plain decisions, all when it is not
 * given; undefined when a name is unknown.
 */
export function parseDisturbances(only: string | undefined): Disturbances | undefined {
  if (only === undefined) return { faults: FAULTS, misuses: MISUSES };
  const names = only === 'none' ? [] : only.split(',');
  const known: readonly string[] = [...FAULTS, ...MISUSES];
  if (names.some((name) => !known.includes(name))) return undefined;
  return {
    faults: FAULTS.filter((fault) => names.includes(fault)),
    misuses: MISUSES.filter((misuse) => names.includes(misuse)),
  };
}
