/** What the child and whoever goes on after it share. */
import type { BenchOptions } from '../../anchor/anchor-kit.ts';

/** Entries of the whole log; the child anchors them in three batches. */
export const CHAOS_ENTRY_COUNT = 30;

/** Rules under which a fee counts as stuck after some turns and a lost nonce is believed soon. */
export const CHAOS_ANCHOR_RULES: NonNullable<BenchOptions['rules']> = {
  step: { stuckMs: 4_000, disbeliefCount: 2 },
};
