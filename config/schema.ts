/**
 * Every setting of a node: unit in its name, range, default and meaning (RUN-21).
 *
 * The schema is the single source: the loader validates with it, `describeSettings` prints the reference from
 * it. Each leaf is reached by a dotted path (`http.port`) and by an environment variable (`WITAN_HTTP_PORT`).
 */
import { z } from 'zod';
import { BasisPoints } from '../contracts/messages/ids.ts';
import { SEAT_WEIGHTS_BP, VETO_SEATS } from './roster.ts';
import { admission } from './sections/admission.ts';
import { archive, backup } from './sections/archive.ts';
import { audit } from './sections/audit.ts';
import { anchor, chain } from './sections/chain.ts';
import { cluster } from './sections/cluster/cluster.ts';
import { scaling } from './sections/cluster/scaling.ts';
import { content } from './sections/content.ts';
import { crypto } from './sections/crypto.ts';
import { grpc, nats } from './sections/doors.ts';
import { http } from './sections/http.ts';
import { identity } from './sections/identity.ts';
import { consensus } from './sections/inference/consensus.ts';
import { inference } from './sections/inference/inference.ts';
import { log, witness } from './sections/log.ts';
import { models } from './sections/inference/models.ts';
import { privacy } from './sections/privacy.ts';
import { screen } from './sections/screen.ts';
import { signIn } from './sections/sign-in.ts';
import { telemetry } from './sections/telemetry.ts';

const port = z.int().min(0).max(65_535);
const durationMs = z.int().min(1).max(86_400_000);
const seatName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a seat name in kebab-case');

const node = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/)
    .default('node-1')
    .describe('Name of this node, unique in the cluster.'),
  roles: z
    .array(z.enum(['gateway', 'control', 'platform', 'worker', 'ledger', 'anchor', 'sandbox']))
    .min(1)
    .default(['gateway', 'control', 'platform', 'worker', 'ledger'])
    .describe('Branches of actors that this node starts (RUN-19).'),
  dataDir: z
    .string()
    .min(1)
    .max(4_096)
    .default('.witan')
    .describe('Folder of everything that this node writes.'),
});

const ports = z.strictObject({
  sandbox: port.default(8_001).describe('Port of the sandbox controller (SBX-01).'),
  evolution: port.default(8_002).describe('Port of evolution oversight (EVO-01).'),
  audit: port.default(8_003).describe('Port of the audit engine (AUD-01).'),
  policy: port.default(8_004).describe('Port of the policy engine (POL-01).'),
});

const council = z.strictObject({
  weightsBp: z
    .record(seatName, z.int().min(0).max(10_000))
    .default({ ...SEAT_WEIGHTS_BP })
    .describe('Decision weight of each seat in basis points, in roster order (COU-02…13).'),
  vetoSeats: z
    .array(seatName)
    .max(64)
    .default([...VETO_SEATS])
    .describe('Seats whose mandate veto turns an approval into held.'),
  thresholdBp: BasisPoints.default(7_000).describe(
    'Share of the total weight that approves, compared with >= (COU-17).',
  ),
  quorumBp: BasisPoints.default(8_500).describe('Share of the total weight that must take part (COU-22).'),
  tallyForm: z
    .enum(['raw', 'weight-normalised', 'confidence-normalised'])
    .default('weight-normalised')
    .describe('Form of the sum that is compared with the threshold; all three are recorded (COU-16).'),
  maxRounds: z.int().min(1).max(2).default(2).describe('Rounds of a deliberation.'),
  providerShareMaxBp: BasisPoints.default(5_000).describe(
    'Largest share of approving weight that may rest on one remote provider.',
  ),
  aggregateBallots: z
    .boolean()
    .default(false)
    .describe('One BLS signature of all counted seats over their ballots, on the record of each decision.'),
  aggregateWaitMs: durationMs
    .default(250)
    .describe('Longest time that a decision waits for it; after that the record says that it has none.'),
  remoteFamilies: z
    .array(z.string().max(120))
    .default(['provider/'])
    .describe('Prefixes of evaluator families whose model runs at another organisation.'),
});

const evaluation = z.strictObject({
  threadCount: z
    .int()
    .min(0)
    .max(16)
    .default(1)
    .describe('Threads that the evaluators of rules and records work on; 0: the own loop of the node.'),
  hangMs: durationMs
    .default(1_000)
    .describe('Processor time of one input in the evaluators after which its thread is ended.'),
  waitingMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_024)
    .describe('Inputs that may wait for a thread; one more is refused, and its decision held.'),
});

const deadlines = z.strictObject({
  decisionMs: z
    .int()
    .min(50)
    .max(600_000)
    .default(5_000)
    .describe('Whole time of a decision from acceptance to answer.'),
  policyMs: durationMs
    .default(1_000)
    .describe('Longest time of the policy step, waiting for a turn included.'),
  checksMs: durationMs.default(1_000).describe('Longest time of the checks, waiting for a turn included.'),
  consensusMs: durationMs.default(1_500).describe('Longest time of multi-model consensus.'),
  appendReserveMs: durationMs
    .default(300)
    .describe('Time kept free for the durable append of the final entry.'),
  askMs: durationMs.default(2_000).describe('Default time of a question between actors.'),
});

const attempts = z.strictObject({
  windowMs: z
    .int()
    .min(0)
    .max(2_592_000_000)
    .default(86_400_000)
    .describe('Time in which same or near-same input is linked.'),
  nearBitCount: z
    .int()
    .min(0)
    .max(7)
    .default(4)
    .describe('Differing bits of the 64-bit fingerprint that still count as near.'),
  rememberedMaxCount: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Inputs remembered per node; the oldest go first.'),
  raiseRiskCount: z
    .int()
    .min(1)
    .max(1_000)
    .default(1)
    .describe('Earlier attempts without approval from which on risk is at least high (no verdict shopping).'),
});

const verdict = z.strictObject({
  validForMs: z
    .int()
    .min(1_000)
    .max(31_536_000_000)
    .default(86_400_000)
    .describe('Time after which a verdict may not be relied on.'),
});

const actors = z.strictObject({
  mailboxCapacity: z
    .int()
    .min(1)
    .max(16_777_216)
    .default(1_024)
    .describe('Messages that may wait in one mailbox.'),
  restartMaxCount: z
    .int()
    .min(0)
    .max(10_000)
    .default(5)
    .describe('Restarts within the window before a supervisor gives up.'),
  restartWindowMs: durationMs.default(60_000).describe('Window of the restart intensity.'),
  backoffMinMs: durationMs.default(100).describe('First back-off before a restart; doubles each time.'),
  backoffMaxMs: durationMs.default(10_000).describe('Longest back-off before a restart.'),
  slowHandlerMs: durationMs.default(1_000).describe('Handling time above which an actor is reported.'),
  deadLetterMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Dead letters kept for operators.'),
  taskMaxCount: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Concurrent tasks of a worker pool (RUN-17).'),
});

const record = z.strictObject({
  retentionYears: z
    .int()
    .min(1)
    .max(100)
    .default(7)
    .describe('Years that the record is kept; then keys of its personal data are destroyed (AUD-15).'),
  segmentBytes: z
    .int()
    .min(65_536)
    .max(4_294_967_296)
    .default(67_108_864)
    .describe('Size of one preallocated segment file.'),
  groupMaxCount: z
    .int()
    .min(1)
    .max(65_536)
    .default(4_096)
    .describe('Entries that one durable write may hold.'),
  queueMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(16_384)
    .describe('Entries that may wait for the durable write.'),
  keyRotationDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe('Days after which a signing key is rotated.'),
});

const store = z.strictObject({
  databaseUrl: z
    .string()
    .max(2_000)
    .default('')
    .meta({ description: 'PostgreSQL; empty: the embedded database.', secret: true }),
  redisUrl: z
    .string()
    .max(2_000)
    .default('')
    .meta({ description: 'Redis; empty: memory of this process.', secret: true }),
  natsUrl: z
    .string()
    .max(2_000)
    .default('')
    .meta({ description: 'NATS; empty: one node, no cluster.', secret: true }),
});

const review = z.strictObject({
  sweepEveryMs: durationMs
    .default(1_000)
    .describe('How often open entries past their deadline are looked for.'),
});

const policy = z.strictObject({
  constitution: z
    .string()
    .min(1)
    .max(200)
    .default('witan-default')
    .describe('Name of the constitution that the rules are made from.'),
  oldRevisionMaxCount: z
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('Replaced rule sets kept for sessions that froze them.'),
});

const features = z.strictObject({
  consensus: z
    .boolean()
    .default(true)
    .describe('Multi-model consensus for high risk, where a consensus port exists.'),
  secondRound: z.boolean().default(true).describe('Round 2 of deliberations.'),
  vetoes: z.boolean().default(true).describe('Mandate vetoes.'),
  attemptLinking: z.boolean().default(true).describe('Linking of same and near-same input.'),
  busEvents: z.boolean().default(true).describe('Publishing of platform events on the bus.'),
  livePages: z.boolean().default(true).describe('Static pages at the HTTP door.'),
});

/** Schema of every setting; parsing `{}` gives the defaults. */
export const SettingsSchema = z
  .strictObject({
    node: node.prefault({}),
    http: http.prefault({}),
    grpc: grpc.prefault({}),
    chain: chain.prefault({}),
    content: content.prefault({}),
    anchor: anchor.prefault({}),
    nats: nats.prefault({}),
    cluster: cluster.prefault({}),
    scaling: scaling.prefault({}),
    ports: ports.prefault({}),
    identity: identity.prefault({}),
    signIn: signIn.prefault({}),
    council: council.prefault({}),
    evaluation: evaluation.prefault({}),
    inference: inference.prefault({}),
    models: models.prefault({}),
    consensus: consensus.prefault({}),
    deadlines: deadlines.prefault({}),
    admission: admission.prefault({}),
    privacy: privacy.prefault({}),
    screen: screen.prefault({}),
    attempts: attempts.prefault({}),
    verdict: verdict.prefault({}),
    policy: policy.prefault({}),
    actors: actors.prefault({}),
    record: record.prefault({}),
    archive: archive.prefault({}),
    audit: audit.prefault({}),
    backup: backup.prefault({}),
    crypto: crypto.prefault({}),
    log: log.prefault({}),
    witness: witness.prefault({}),
    store: store.prefault({}),
    review: review.prefault({}),
    telemetry: telemetry.prefault({}),
    features: features.prefault({}),
  })
  .check((context) => {
    for (const fault of contradictions(context.value)) {
      context.issues.push({ code: 'custom', input: context.value, ...fault });
    }
  });

/** Every setting of one node, validated; times in ms, shares in basis points, as the names say. */
export type Settings = z.output<typeof SettingsSchema>;

/** What may be written in a file or in code: some or all of {@link Settings}. */
export type SettingsInput = z.input<typeof SettingsSchema>;

/** Settings that are each in range but cannot hold together. */
function contradictions(settings: {
  http: { tlsCertFile: string; tlsKeyFile: string; tlsClientCaFile: string; redirectPort: number };
  council: { weightsBp: Record<string, number>; vetoSeats: string[] };
  deadlines: { decisionMs: number; policyMs: number; checksMs: number; appendReserveMs: number };
  actors: { backoffMinMs: number; backoffMaxMs: number };
  cluster: { beatMs: number; leaseMs: number; hungMs: number };
  crypto: { postQuantum: boolean; coSign: boolean; keyPassphrase: string; keyPassphraseFile: string };
  store: { natsUrl: string };
  privacy: { sealInput: string };
}): { path: string[]; message: string }[] {
  const faults: { path: string[]; message: string }[] = [];
  const { http, council, deadlines, actors, cluster: times, crypto } = settings;
  if (crypto.coSign && !crypto.postQuantum)
    faults.push({ path: ['crypto', 'coSign'], message: 'crypto.postQuantum together with it' });
  if (crypto.keyPassphrase !== '' && crypto.keyPassphraseFile !== '')
    faults.push({ path: ['crypto', 'keyPassphraseFile'], message: 'one of keyPassphrase and this file' });
  if ((http.tlsCertFile === '') !== (http.tlsKeyFile === ''))
    faults.push({ path: ['http', 'tlsKeyFile'], message: 'a key together with http.tlsCertFile' });
  if (http.tlsCertFile === '' && (http.tlsClientCaFile !== '' || http.redirectPort !== 0))
    faults.push({ path: ['http', 'tlsCertFile'], message: 'a certificate: other settings need HTTPS' });
  const totalBp = Object.values(council.weightsBp).reduce((sum, weight) => sum + weight, 0);
  if (totalBp === 0) faults.push({ path: ['council', 'weightsBp'], message: 'a total weight above 0' });
  for (const seat of council.vetoSeats) {
    if (seat in council.weightsBp) continue;
    faults.push({
      path: ['council', 'vetoSeats'],
      message: `seats of council.weightsBp, and ${seat} is none`,
    });
  }
  const needMs = deadlines.policyMs + deadlines.checksMs + deadlines.appendReserveMs;
  if (needMs >= deadlines.decisionMs) {
    const message = `more than policyMs + checksMs + appendReserveMs (${needMs})`;
    faults.push({ path: ['deadlines', 'decisionMs'], message });
  }
  if (times.leaseMs < 3 * times.beatMs) {
    faults.push({ path: ['cluster', 'leaseMs'], message: 'at least three times cluster.beatMs' });
  }
  if (times.hungMs < times.leaseMs) {
    faults.push({ path: ['cluster', 'hungMs'], message: 'at least cluster.leaseMs' });
  }
  if (settings.store.natsUrl !== '' && settings.privacy.sealInput !== 'never') {
    // What one node sealed no other could open, and it would be gone with one node's disk.
    const message = 'never in a cluster (store.natsUrl): its nodes do not share the keys of sealed records';
    faults.push({ path: ['privacy', 'sealInput'], message });
  }
  if (actors.backoffMaxMs < actors.backoffMinMs) {
    faults.push({ path: ['actors', 'backoffMaxMs'], message: 'at least actors.backoffMinMs' });
  }
  return faults;
}
