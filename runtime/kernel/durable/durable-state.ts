/** Placeholder shape replaced below. */
import type { Cell } from '../cell/cell.ts';

export interface DurableState {
  recover(cell: Cell): Promise<unknown>;
  persist(cell: Cell, event: unknown): Promise<void>;
  pending(): Promise<unknown> | undefined;
  dropPending(): void;
  isLost(error: unknown): boolean;
  needsRecovery(): boolean;
}
