/** Feature flags: switched at run time without a restart (RUN-20). */
import { WitanError } from '../contracts/errors.ts';
import type { Settings } from './schema.ts';

/** The flags of a node; the names are those of the settings under `features`. */
export type FeatureFlagValues = Settings['features'];

/** Name of one flag. */
export type FeatureFlag = keyof FeatureFlagValues;

/** A change of one flag. */
export interface FeatureFlagChange {
  readonly flag: FeatureFlag;
  readonly on: boolean;
  /** Who switched it, for the audit. */
  readonly by: string;
}

/** Live switches of one node. */
export interface FeatureFlags {
  isOn(flag: FeatureFlag): boolean;
  /**
   * Frozen copy for one session: what a running session reads, so that a change reaches new sessions only.
   * The same object is returned until a flag changes.
   */
  snapshot(): Readonly<FeatureFlagValues>;
  /**
   * Switches a flag and tells subscribers; setting the value it has is no change. @throws invalid_argument
   */
  set(flag: string, on: boolean, by: string): void;
  /** Calls `listener` after each change, in order of subscription. Returns an unsubscribe. */
  subscribe(listener: (change: FeatureFlagChange) => void): () => void;
}

/**
 * Flags that start as configured. A listener that throws does not keep others from being told.
 * @param onListenerError Told of what a listener threw; default: dropped.
 */
export function createFeatureFlags(
  initial: FeatureFlagValues,
  onListenerError: (error: unknown) => void = () => {},
): FeatureFlags {
  let current: Readonly<FeatureFlagValues> = Object.freeze({ ...initial });
  const listeners = new Set<(change: FeatureFlagChange) => void>();
  const isFlag = (name: string): name is FeatureFlag => Object.hasOwn(current, name);
  return {
    isOn: (flag) => current[flag],
    snapshot: () => current,
    set(flag, on, by) {
      if (!isFlag(flag)) {
        const expected = `one of ${Object.keys(current).join(', ')}`;
        throw new WitanError('invalid_argument', `there is no flag "${flag}"`, { path: 'flag', expected });
      }
      if (current[flag] === on) return;
      current = Object.freeze({ ...current, [flag]: on });
      for (const listener of listeners) {
        try {
          listener({ flag, on, by });
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
