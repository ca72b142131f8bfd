/** The anchor under faults: kill -9 at each of its steps on a dev chain, reorganisations of every depth. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ANCHOR_STEPS } from '../../../agents/platform/audit/anchor/anchor-steps.ts';
import type { AnchorStepName } from '../../../agents/platform/audit/anchor/anchor-steps.ts';
import { deployToDevChain } from '../../../runtime/host/chain/deploy/deploy-to-dev-chain.ts';
import { bench, TestLog } from '../../anchor/anchor-kit.ts';
import { anvilBench } from '../../anchor/anvil-bench.ts';
import type { AnvilPlace } from '../../anchor/anvil-bench.ts';
import { CHAIN_MISSING, startTestChain, temporaryFolder } from '../../chain/dev-node.ts';
import type { ChaosRow, ChaosSection } from '../section.ts';
import { CHAOS_ANCHOR_RULES, CHAOS_ENTRY_COUNT } from './chaos-anchor.ts';
import { SOURCE_FLAGS } from '../../source-flags.ts';

const CHILD = join(import.meta.dirname, 'anchor-child.ts');
/** Of a short run: every so many of the points. */
const SHORT_STEP = 6;
const DEEPEST = 12;

interface AnchoredRoot {
  readonly size: number;
  readonly root: string;
}

/** See the head of the file. */
export const anchorSection: ChaosSection = async function* ({ isShort }) {
  for (let depth = 1; depth <= DEEPEST; depth += isShort ? DEEPEST - 1 : 1) yield await reorganised(depth);
  if (CHAIN_MISSING) return;
  const node = await startTestChain();
  try {
    const { addresses } = await deployToDevChain(node.chain.url, node.folder);
    const place = { url: node.chain.url, contract: addresses.AuditAnchor, provider: node.provider };
    for (const [at, point] of ANCHOR_STEPS.entries()) {
      if (isShort && at % SHORT_STEP !== 0) continue;
      for (const nth of isShort ? [1] : [1, 2]) yield await killedAt(place, { point, nth });
    }
  } finally {
    await node.end();
  }
};

async function reorganised(depth: number): Promise<ChaosRow> {
  const kit = bench();
  for (let batch = 0; batch < DEEPEST + 1; batch += 1) {
    kit.log.add(10);
    await kit.turns(2);
  }
  const sent = kit.chain.included.map(({ hash }) => hash);
  kit.chain.reorganise(depth);
  await kit.turns(5);
  const again = kit.chain.included.map(({ hash }) => hash);
  const row = judged(`reorganisation of depth ${depth}`, kit.chain.anchored, kit.log);
  const isSame = again.join() === sent.join();
  return isSame ? row : { ...row, held: false, detail: 'other transactions than before' };
}

interface Kill {
  readonly point: AnchorStepName;
  readonly nth: number;
}

/** The child is ended at a step; a lane of this process goes on with its files. */
async function killedAt(place: AnvilPlace, { point, nth }: Kill): Promise<ChaosRow> {
  const origin = `witan/chaos-${point.replaceAll(':', '-')}-${nth}`;
  const folder = temporaryFolder();
  const { signal, code } = await ended([place.url, place.contract, folder, origin, point, `${nth}`]);
  await place.provider.send('evm_setAutomine', [true]);
  await place.provider.send('anvil_mine', ['0x1']);
  const log = new TestLog(origin);
  log.add(CHAOS_ENTRY_COUNT);
  const kit = await anvilBench(place, { folder, logs: [log], rules: CHAOS_ANCHOR_RULES });
  await kit.turns(12, 3_000);
  const row = judged(`kill -9, ${point}, time ${nth}`, await kit.anchored(), log);
  await place.provider.send('anvil_mine', ['0x6']);
  await kit.turns(2);
  await kit.end();
  // Some steps are passed once only in the child's life: its end is its own then.
  const wasKilled = signal === 'SIGKILL' || (nth > 1 && code === 0);
  return wasKilled ? row : { ...row, held: false, detail: `the child ended with ${code ?? signal}` };
}

function judged(fault: string, steps: readonly AnchoredRoot[], log: TestLog): ChaosRow {
  const twice = steps.length - new Set(steps.map(({ root }) => root)).size;
  const wrong = steps.filter(({ root, size }) => root !== log.rootOf(size)).length;
  const lost = log.size() - (steps.at(-1)?.size ?? 0);
  const held = twice === 0 && wrong === 0 && lost === 0;
  const detail = held ? '' : `${wrong} wrong roots, ${lost} entries not anchored, ${twice} roots twice`;
  return { section: 'anchor', fault, times: 1, held, looked: steps.length, lost, twice, detail };
}

function ended(args: readonly string[]): Promise<{ code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, [...SOURCE_FLAGS, CHILD, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
}
