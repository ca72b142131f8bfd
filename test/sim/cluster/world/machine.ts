/** What outlives the processes of one node: its disk, its keys, its clocks. */
import type { SeededRandom } from '../../../../runtime/kernel/index.ts';
import { MemoryDisk } from '../../../../runtime/store/segment/memory-disk.ts';
import type { NodeClock } from '../../../cluster/leases/node-clock.ts';

/** Most that a sync takes, ms. */
const SYNC_MAX_MS = 6;

/** A machine of the cluster. */
export class Machine {
  readonly name: string;
  readonly roles: readonly string[];
  /** Of its monotonic clock: 1.05 gains 50 ms each second. */
  readonly rate: number;
  wallOffsetMs = 0;
  disk = new MemoryDisk({ keepsOperations: false });

  constructor(made: { readonly name: string; readonly roles: readonly string[]; readonly rate: number }) {
    this.name = made.name;
    this.roles = made.roles;
    this.rate = made.rate;
  }

  /** The disk for one process: slow in its syncs, still while the process is. */
  mount(clock: NodeClock, random: SeededRandom): MemoryDisk {
    const { disk } = this;
    disk.fault = ({ kind }) => {
      if (kind === 'datasync') {
        const syncMs = random.next() * SYNC_MAX_MS;
        return new Promise((resolve) => void clock.setTimer(syncMs, () => resolve(undefined)));
      }
      if (!clock.isDead && !clock.isPaused) return undefined;
      return new Promise((resolve) => clock.whenAwake(() => resolve(undefined)));
    };
    return disk;
  }

  /** The power goes: of what was not synced, sectors stay or go by chance. */
  cutPower(random: SeededRandom): void {
    this.disk = this.disk.crash(() => random.next() < 0.5);
  }

  /** Another disk is put in. */
  replaceDisk(): void {
    this.disk = new MemoryDisk({ keepsOperations: false });
  }

  /** Identity of the copy on the disk; undefined: there is none. */
  copyId(): string | undefined {
    try {
      const text = Buffer.from(this.disk.bytes('/log/copy.json')).toString();
      return (JSON.parse(text) as { copy: string }).copy;
    } catch {
      return undefined;
    }
  }
}
