/** All parts, by the name under which one is run. */
import { anchorSection } from './anchor/anchor-section.ts';
import { archiveSection } from './archive/archive-section.ts';
import { backupSection } from './backup/backup-section.ts';
import { logSection } from './log/log-section.ts';
import type { ChaosSection } from './section.ts';

/** In their order. */
export const CHAOS_SECTIONS: Readonly<Record<string, ChaosSection>> = {
  log: logSection,
  archive: archiveSection,
  backup: backupSection,
  anchor: anchorSection,
};
