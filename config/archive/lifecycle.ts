/** The lifecycle document of a bucket that holds archives: what S3's own machinery does with them. */
import { EXPIRE_AFTER_DAYS, S3_TIERS } from './tiers.ts';
import type { Tier, TierClass } from './tiers.ts';

/** One rule, in the form of `PutBucketLifecycleConfiguration`. */
export interface LifecycleRule {
  readonly ID: string;
  readonly Status: 'Enabled';
  readonly Filter: { readonly Prefix: string };
  readonly Transitions?: readonly { readonly Days: number; readonly StorageClass: TierClass }[];
  readonly Expiration?: { readonly Days: number };
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
}

const TRANSITIONS: readonly { readonly id: string; readonly tier: Tier['name'] }[] = [
  { id: 'TransitionToWarmTier', tier: 'warm' },
  { id: 'TransitionToColdTier', tier: 'cold' },
  { id: 'TransitionToArchive', tier: 'archive' },
];

/**
 * Rules TransitionToWarmTier, TransitionToColdTier, TransitionToArchive and ExpireAfter7Years (AUD-20), with
 * days that S3 takes.
 *
 * Expiry hides objects behind a marker; S3 destroys a version only after its lock, which lasts 7 calendar
 * years, and never under a legal hold.
 * @param prefix of the archive's keys; ends with a slash unless it is empty
 */
export function lifecycleDocument(
  prefix: string,
  tiers: readonly Tier[] = S3_TIERS,
): { readonly Rules: readonly LifecycleRule[] } {
  const Filter = { Prefix: prefix };
  const moves = TRANSITIONS.map(({ id, tier }): LifecycleRule => {
    const { fromDay, storageClass } = tiers.find((one) => one.name === tier)!;
    const Transitions = [{ Days: fromDay, StorageClass: storageClass }];
    return { ID: id, Status: 'Enabled', Filter, Transitions };
  });
  const expiry: LifecycleRule = {
    ID: 'ExpireAfter7Years',
    Status: 'Enabled',
    Filter,
    Expiration: { Days: EXPIRE_AFTER_DAYS },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  };
  return { Rules: [...moves, expiry] };
}

/** Same day of the year, so many years later; 29 February becomes 1 March. */
export function retainUntil(fromWallMs: number, years: number): number {
  const date = new Date(fromWallMs);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date.getTime();
}
