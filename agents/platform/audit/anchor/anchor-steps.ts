/** Points of the anchor's work at which a test may end the process, in the order in which they are passed. */

/** Every point by name. */
export const ANCHOR_STEPS = [
  'anchor:before-queue',
  'anchor:queued',
  'anchor:before-sign',
  'anchor:signed',
  'anchor:before-broadcast',
  'anchor:broadcast',
  'anchor:sent',
  'anchor:before-mined',
  'anchor:mined',
  'anchor:unmined',
  'anchor:replaced',
  'anchor:dropped',
  'anchor:safe',
  'anchor:before-receipt',
  'anchor:receipt',
  'anchor:final',
  'anchor:before-compact',
  'anchor:compacted',
] as const;

/** One of {@link ANCHOR_STEPS}. */
export type AnchorStepName = (typeof ANCHOR_STEPS)[number];

/** Called when a point is passed; the work waits for it. */
export type AnchorStepHook = (name: AnchorStepName) => void | Promise<void>;
