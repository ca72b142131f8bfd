/** Three real nodes and three NATS servers: each decides for all, and some rounds of `npm run chaos`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import type { ClusterView } from '../../../contracts/messages/door/cluster.ts';
import { verifyDecisionProof } from '../../../runtime/host/record/verify-offline.ts';
import { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import { witanCommand } from '../../doors/witan-command.ts';
import { assert, suite } from '../../harness.ts';
import { NATS_MISSING } from '../../nats-server.ts';
import type { Caller } from './caller.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { runChaos } from './chaos-run.ts';
import { planFaults } from './faults.ts';
import { reportText } from './report.ts';
import { RequestSource } from './requests.ts';

const test = suite('three nodes', { limitMs: 290_000 });
const ROUNDS = 10;
const SEED = 5;

const declare = NATS_MISSING ? (name: string) => test.skip(name, NATS_MISSING!) : test;

declare(`decide through each, and bear ${ROUNDS} faults under load`, () =>
  inFolder(async (folder) => {
    const lines: string[] = [];
    const result = await runChaos({
      folder,
      command: witanCommand(),
      plan: planFaults({ seed: SEED, rounds: ROUNDS, nodeCount: 3, isShort: true }),
      seed: SEED,
      rate: 3,
      note: (line) => void lines.push(line),
      onWhole: eachForAll,
    });
    const { report, brokenOff } = result;
    const said = `${lines.join('\n')}\n${reportText(result)}`;
    assert.is(brokenOff, undefined, said);
    assert.equal(report.breaches, [], said);
    assert.ok(report.answered > ROUNDS, said);
  }),
);

/** Each node decides, another proves it, and every one sees all shards owned. */
async function eachForAll(cluster: ChaosCluster, caller: Caller): Promise<void> {
  const { nodes } = cluster;
  const requests = new RequestSource(new SeededRandom(SEED), 'plain');
  const decided = await Promise.all(
    nodes.map(async (node, at) => {
      const answer = await caller.submit(node, requests.next(), { waitMs: 30_000 });
      if (answer.type !== 'verdict') throw new Error(`${node.name}: ${JSON.stringify(answer)}`);
      return { decisionId: answer.verdict.decisionId, other: nodes[(at + 1) % nodes.length]! };
    }),
  );
  for (const { decisionId, other } of decided) {
    const proof = await proofAt(other.url, decisionId);
    const { ok, mismatch } = verifyDecisionProof(proof, cluster.pinned());
    assert.ok(ok, JSON.stringify(mismatch));
  }
  for (const { url } of nodes) {
    const status = (await witan(['cluster', 'status', '--json', '--url', url])) as ClusterView;
    assert.equal([status.shards.free, status.members.length, status.log?.inSync.length], [0, 3, 3]);
  }
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-three-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A head covers the verdict within a beat of the writer. */
async function proofAt(url: string, decisionId: string): Promise<DecisionProof> {
  const endMs = performance.now() + 10_000;
  for (;;) {
    const answer = await fetch(`${url}/api/v1/decisions/${decisionId}/proof`);
    const body: unknown = await answer.json();
    if (answer.ok) return body as DecisionProof;
    assert.ok(performance.now() < endMs, JSON.stringify(body));
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Runs the command line and gives the object that it prints. */
function witan(args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...witanCommand(), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`witan ${args.join(' ')} ended with ${code}: ${output}`));
    });
  });
}
