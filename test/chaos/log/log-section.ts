/** The log under faults: kills at each operation on its files, torn writes, damage, full disk, clock. */
import type { ChaosRow, ChaosSection } from '../section.ts';
import { clockBackwards, damagedFiles, flippedBits, fullDisk, tornWrites } from './damage.ts';
import type { DamageOutcome } from './damage.ts';
import { LOG_FAULT_POINTS } from './fault-points.ts';
import { killAt } from './kill-at.ts';
import type { KillOutcome } from './kill-at.ts';

// Of the points of a short run: one of each kind, over all places.
const SHORT_STEP = 7;

/** See the head of the file. */
export const logSection: ChaosSection = async function* ({ isShort }) {
  for (const [at, point] of LOG_FAULT_POINTS.entries()) {
    if (!isShort || at % SHORT_STEP === 0) yield killRow(await killAt(point));
  }
  const count = isShort ? 50 : 1_000;
  yield damageRow(await tornWrites(count));
  yield damageRow(await flippedBits(count));
  yield damageRow(await damagedFiles());
  yield damageRow(await fullDisk());
  yield damageRow(await clockBackwards());
};

function killRow({ name, wasKilled, acknowledged, lost, reordered, disowned, fault }: KillOutcome): ChaosRow {
  const held = wasKilled && lost + reordered + disowned === 0 && fault === null;
  const detail = held ? '' : (fault ?? `killed ${wasKilled}, ${reordered} moved, ${disowned} heads disowned`);
  const counts = { times: 1, looked: acknowledged, lost: lost + reordered, twice: 0 };
  return { section: 'log', fault: `kill -9, ${name}`, held, ...counts, detail };
}

function damageRow({ name, tried, held, lost, missed }: DamageOutcome): ChaosRow {
  const counts = { times: tried, looked: held, lost, twice: 0 };
  const isHeld = held === tried && lost === 0;
  return { section: 'log', fault: name, held: isHeld, ...counts, detail: missed ?? '' };
}
