/** What archives cost by tier: an estimate from sizes and ages, at the catalogue's prices. */
import { S3_RULES, S3_TIERS, tierAt } from './tiers.ts';
import type { Tier } from './tiers.ts';

/** A stored object, as far as its price goes. */
export interface PricedObject {
  readonly sizeBytes: number;
  readonly ageDays: number;
}

/** One tier of an estimate. */
export interface TierCost {
  readonly tier: Tier['name'];
  readonly storageClass: Tier['storageClass'];
  readonly objectCount: number;
  readonly sizeBytes: number;
  /** With the least size that the class charges for. */
  readonly billedBytes: number;
  readonly dollarsPerGbMonth: number;
  readonly dollarsPerMonth: number;
}

/** S3 bills GB of 2^30 bytes. */
const GB_BYTES = 1_073_741_824;

/** Costs of one month by tier; requests, retrieval and traffic are not in it. */
export function archiveCost(
  objects: Iterable<PricedObject>,
  tiers: readonly Tier[] = S3_TIERS,
): readonly TierCost[] {
  const sums = new Map(tiers.map((tier) => [tier.name, { objectCount: 0, sizeBytes: 0, billedBytes: 0 }]));
  for (const { sizeBytes, ageDays } of objects) {
    const { name, storageClass } = tierAt(ageDays, tiers);
    const sum = sums.get(name)!;
    sum.objectCount += 1;
    sum.sizeBytes += sizeBytes;
    sum.billedBytes += Math.max(sizeBytes, S3_RULES[storageClass].minBilledBytes);
  }
  return tiers.map(({ name, storageClass, microDollarsPerGbMonth }) => {
    const sum = sums.get(name)!;
    const dollarsPerGbMonth = microDollarsPerGbMonth / 1_000_000;
    const dollarsPerMonth = (sum.billedBytes / GB_BYTES) * dollarsPerGbMonth;
    return { tier: name, storageClass, ...sum, dollarsPerGbMonth, dollarsPerMonth };
  });
}

/**
 * Dollars for one GB over its whole life in these tiers, from the first day to its expiry; months of 30 days.
 */
export function lifeCost(tiers: readonly Tier[], expireAfterDays: number): number {
  return tiers.reduce((sum, { fromDay, microDollarsPerGbMonth }, at) => {
    const days = (tiers[at + 1]?.fromDay ?? expireAfterDays) - fromDay;
    return sum + (days / 30) * (microDollarsPerGbMonth / 1_000_000);
  }, 0);
}
