/** The log of these runs: small segments, so that one run goes through several. */

/** Settings that the child and whoever looks at its log share. */
export const CHAOS_LOG = {
  seed: 'chaos',
  producers: 4,
  turns: 64,
  textLength: 900,
  options: { logId: 'witan/chaos', segmentBytes: 65_536, scanWholeBelow: 1 },
} as const;
