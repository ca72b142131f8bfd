/** Names of the steps at which archiving and backing up can be cut off; each is taken before its effect. */

/** Steps of {@link ArchiveWriter}, in their order. */
export const ARCHIVE_STEPS = [
  'archive:read',
  'archive:pack-put',
  'archive:pack-confirm',
  'archive:manifest-put',
  'archive:manifest-confirm',
  'archive:tail-remove',
  'archive:tail-pack-remove',
] as const;

/** Steps of a backup point, in their order. */
export const BACKUP_STEPS = [
  'backup:subjects-put',
  'backup:subjects-purge',
  'backup:blob-put',
  'backup:point-put',
  'backup:point-confirm',
  'backup:point-remove',
] as const;

/** One of the steps. */
export type ArchiveStep = (typeof ARCHIVE_STEPS)[number] | (typeof BACKUP_STEPS)[number];

/** Told before each step; throws, or ends the process, in tests of faults. */
export type StepHook = (name: ArchiveStep) => void | Promise<void>;
