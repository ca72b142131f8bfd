import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../../../test/harness.ts';
import { ScriptedLog } from '../../../test/unit/witness/scripted-log.ts';
import { SystemClock, SystemRandom } from '../../kernel/system-clock.ts';
import { runHammer, type HammerReport } from './hammer.ts';
import { folderTarget, type HammerTarget } from './hammer-target.ts';

const test = suite('hammer', { limitMs: 60_000 });
const clock = new SystemClock();
const SETTINGS = { clock, random: new SystemRandom(), producerCount: 8, readerCount: 2, entryLength: 60 };

const hammered = (target: HammerTarget): Promise<HammerReport> =>
  runHammer({ ...SETTINGS, target, seconds: 0.5 });

/** A log in memory that may lie: about its checkpoints, its tiles, or its receipts. */
function liar(lie: 'none' | 'checkpoint' | 'tile' | 'receipt'): HammerTarget {
  const log = new ScriptedLog();
  const other = new ScriptedLog();
  let looks = 0;
  return {
    async append() {
      log.grow(1);
      other.grow(1, 'other');
      const index = log.tree.size - 1;
      await new Promise<void>((resolve) => void clock.setTimer(1, resolve));
      const leaf = log.tree.leaf(index);
      if (lie === 'receipt' && index % 7 === 3) leaf[0]! ^= 1;
      return { index, leafHash: leaf };
    },
    checkpoint: async () => ((looks += 1) % 5 === 4 && lie === 'checkpoint' ? other : log).note(),
    async tile(level, index, width) {
      const tile = log.tree.tile(level, index, width);
      if (lie === 'tile' && looks > 10) tile[5]! ^= 1;
      return tile;
    },
    close: async () => undefined,
  };
}

test('a log on a disk of this machine: everything that was acknowledged is proven, nothing is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-hammer-test-'));
  try {
    const target = await folderTarget(folder, clock);
    const report = await hammered(target);
    await target.close();
    assert.equal(report.violations, []);
    assert.ok(report.appended > 10 && report.proven > 10 && report.consistent > 0, JSON.stringify(report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('each lie of a log is a violation', async () => {
  assert.equal((await hammered(liar('none'))).violations, []);
  for (const lie of ['checkpoint', 'tile', 'receipt'] as const) {
    const { violations } = await hammered(liar(lie));
    assert.ok(violations.length > 0, lie);
  }
});
