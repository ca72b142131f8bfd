/** Tiers of long-term storage: what the catalogue of requirements asks for, and what S3 takes. */

/** Class of storage, as S3 names it. */
export type TierClass = 'STANDARD' | 'STANDARD_IA' | 'GLACIER_IR' | 'DEEP_ARCHIVE';

/** One tier. */
export interface Tier {
  readonly name: 'hot' | 'warm' | 'cold' | 'archive';
  readonly storageClass: TierClass;
  /** Age in days from which an object is in the tier. */
  readonly fromDay: number;
  /** Price of one GB for a month, in millionths of a dollar. */
  readonly microDollarsPerGbMonth: number;
}

/** Years that the record is kept (AUD-15). */
export const RETENTION_YEARS = 7;
/** Day of age at which the catalogue lets objects go (AUD-20). */
export const EXPIRE_AFTER_DAYS = 2_555;

/** The catalogue's tiers with its days and prices (AUD-16…19). */
export const CATALOGUE_TIERS: readonly Tier[] = [
  { name: 'hot', storageClass: 'STANDARD', fromDay: 0, microDollarsPerGbMonth: 23_000 },
  { name: 'warm', storageClass: 'STANDARD_IA', fromDay: 7, microDollarsPerGbMonth: 12_500 },
  { name: 'cold', storageClass: 'GLACIER_IR', fromDay: 90, microDollarsPerGbMonth: 4_000 },
  { name: 'archive', storageClass: 'DEEP_ARCHIVE', fromDay: 365, microDollarsPerGbMonth: 990 },
];

/** What S3 demands of a class. */
export interface ClassRule {
  /** Days that an object must be stored before a lifecycle rule may move it here. */
  readonly minAgeDays: number;
  /** Days that are charged for at least, once it is here. */
  readonly minStayDays: number;
  /** Bytes that each object is charged for at least. */
  readonly minBilledBytes: number;
}

/**
 * Rules of S3 for each class.
 * @source Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle" and "Storage classes"
 */
export const S3_RULES: Readonly<Record<TierClass, ClassRule>> = {
  STANDARD: { minAgeDays: 0, minStayDays: 0, minBilledBytes: 0 },
  STANDARD_IA: { minAgeDays: 30, minStayDays: 30, minBilledBytes: 131_072 },
  GLACIER_IR: { minAgeDays: 0, minStayDays: 90, minBilledBytes: 131_072 },
  DEEP_ARCHIVE: { minAgeDays: 0, minStayDays: 180, minBilledBytes: 0 },
};

/** The catalogue's tiers with each day moved back to the first one that S3 takes: 30 instead of 7. */
export const S3_TIERS: readonly Tier[] = nearestValid(CATALOGUE_TIERS);

/** Something that a lifecycle asks for and S3 refuses or charges for. */
export interface TierFault {
  readonly tier: Tier['name'];
  readonly reason: string;
}

/** What S3 would refuse or charge for in these tiers; empty: nothing. */
export function tierFaults(tiers: readonly Tier[], expireAfterDays: number): TierFault[] {
  return tiers.flatMap(({ name, storageClass, fromDay }, at) => {
    const { minAgeDays, minStayDays } = S3_RULES[storageClass];
    const untilDay = tiers[at + 1]?.fromDay ?? expireAfterDays;
    const faults: TierFault[] = [];
    if (fromDay > 0 && fromDay < minAgeDays) {
      const reason = `${storageClass} takes objects from day ${minAgeDays} on, not from day ${fromDay}`;
      faults.push({ tier: name, reason });
    }
    if (untilDay - fromDay < minStayDays) {
      const stay = `objects stay ${untilDay - fromDay}`;
      const reason = `${storageClass} charges for ${minStayDays} days, and ${stay}`;
      faults.push({ tier: name, reason });
    }
    return faults;
  });
}

/** Tier of an object of this age in whole days. */
export function tierAt(ageDays: number, tiers: readonly Tier[] = S3_TIERS): Tier {
  return tiers.findLast(({ fromDay }) => ageDays >= fromDay) ?? tiers[0]!;
}

/** Moves each tier back, and never forward, until S3 takes it. */
export function nearestValid(tiers: readonly Tier[]): readonly Tier[] {
  const moved: Tier[] = [];
  for (const tier of tiers) {
    const before = moved.at(-1);
    const stayed = before ? before.fromDay + S3_RULES[before.storageClass].minStayDays : 0;
    const minAgeDays = tier.fromDay === 0 ? 0 : S3_RULES[tier.storageClass].minAgeDays;
    moved.push({ ...tier, fromDay: Math.max(tier.fromDay, minAgeDays, stayed) });
  }
  return moved;
}
