/** Runs one scenario from its first message to the verified log. */
import { verifyProof } from '../../contracts/ledger/verify-proof.ts';
import { verifySignatures } from '../../contracts/ledger/verify-signatures.ts';
import { FinalPayload } from '../../contracts/messages/final.ts';
import { OpenedPayload } from '../../contracts/messages/session.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { LogSigner } from '../../runtime/store/ledger/log-signer.ts';
import { verifyLog } from '../../runtime/store/segment/verify-log.ts';
import type { Scenario } from './scenario/scenario.ts';
import { startFaults } from './faults/fault-runner.ts';
import { loggedDecisions } from './world/history.ts';
import type { History } from './world/history.ts';
import { LOG_FOLDER, LOG_ID } from './world/open-stores.ts';
import { World } from './world/world.ts';
import type { RunOptions } from './world/world.ts';
import { Workload } from './world/workload.ts';

/** What a run left behind. */
export interface RunResult {
  readonly history: History;
  /** 64 hex digits: equal for equal runs. */
  readonly traceHash: string;
  /** Lines of the trace, when they were to be kept. */
  readonly trace: readonly string[];
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly scenario: Scenario;
  /** Messages and deliveries that were run. */
  readonly stepCount: number;
}

/** Longest time after the faults in which everything must come to rest, ms of simulated time. */
const REST_MAX_MS = 120_000;
/** Time in which sweepers settle, backed-off parts return and late windows close, ms. */
const SETTLE_MS = 9_000;

/** Runs a scenario. The same scenario and options give the same trace, here and in any other process. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<RunResult> {
  const world = new World(scenario, options);
  const workload = new Workload(world);
  void world.boot();
  workload.start();
  startFaults(world);
  await rest(world, 'workload', () => passed(world, scenario.faultsEndMs));
  world.conditions.end();
  await rest(world, 'callers', async () => {
    await repaired(world);
    while (workload.openCount > 0 || !world.node) await passed(world, 100);
    await passed(world, SETTLE_MS);
    await noteOpen(world);
    await workload.probe();
    await passed(world, SETTLE_MS);
  });
  if (world.history.stuck.length === 0) await finish(world);
  return {
    history: world.history,
    traceHash: world.trace.digest(),
    trace: world.trace.lines,
    faults: world.faults.counts,
    scenario,
    stepCount: world.sim.stepCount,
  };
}

/** Notes what is open, read from the log itself. */
async function noteOpen({ node, history }: World): Promise<void> {
  const open = new Set<string>();
  for await (const { kind, decisionId } of node!.ledger.read(0)) {
    if (kind === 'opened') open.add(decisionId!);
    else if (kind === 'final') open.delete(decisionId!);
  }
  history.openAtRest.push(...open);
}

/** A log whose sync has failed is opened again, as its operator would have it. */
async function repaired(world: World): Promise<void> {
  while (!world.node) await passed(world, 100);
  if (world.conditions.isLogBroken) await world.restart(500);
}

async function rest(world: World, what: string, work: () => Promise<void>): Promise<void> {
  const limit = new Promise<void>((_, reject) =>
    world.sim.clock.setTimer(REST_MAX_MS, () => reject(new Error('not in time'))),
  );
  try {
    await world.sim.until(Promise.race([work(), limit]));
  } catch (error) {
    world.history.stuck.push(`${what}: ${String(error)}`);
  }
}

function passed(world: World, ms: number): Promise<void> {
  return new Promise((done) => world.sim.clock.setTimer(ms, done));
}

/** Reads and verifies the log, stops the node, verifies the files without it. */
async function finish(world: World): Promise<void> {
  const { history, keys, plant } = world;
  const pinned = [new LogSigner(LOG_ID, keys).logKey()];
  const node = world.node!;
  await rest(world, 'end', async () => {
    for await (const entry of node.ledger.read(0)) history.log.push(entry);
    for (const decision of loggedDecisions(history)) {
      for (const entry of [decision.opened, ...decision.finals]) {
        const { ok, mismatch } = verifyProof(await node.ledger.proof(entry.index), pinned, CRYPTO);
        if (!ok) history.verification.push(`proof of ${entry.index}: ${JSON.stringify(mismatch)}`);
      }
      verifyDecision(world, decision);
    }
    history.lives.push(await node.stop(2_000));
    plant?.spoil?.(world.disk, LOG_FOLDER);
    const log = await verifyLog(LOG_FOLDER, pinned, world.disk);
    if (!log.ok) history.verification.push(`log: ${JSON.stringify(log.mismatch)}`);
    if (log.size !== history.log.length) history.verification.push(`log: ${log.size} records on the disk`);
  });
  world.trace.note('end', history.log.length, history.log.at(-1)?.chainHash);
}

const CRYPTO = { sha256, verifyEd25519 };

function verifyDecision(world: World, decision: ReturnType<typeof loggedDecisions>[number]): void {
  const keys = world.keys.list().map((key) => ({
    keyId: key.keyId,
    purpose: key.purpose,
    publicKey: Buffer.from(key.publicKey).toString('hex'),
    state: key.state,
  }));
  for (const entry of decision.finals) {
    const opened = OpenedPayload.parse(decision.opened.payload);
    const final = FinalPayload.parse(entry.payload);
    const { ok, mismatch } = verifySignatures({ opened, final, keys }, CRYPTO);
    if (!ok) world.history.verification.push(`${decision.decisionId}: ${JSON.stringify(mismatch)}`);
  }
}
