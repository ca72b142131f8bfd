/**
 * `bench ballots`: what an aggregate of the seats' ballots costs. Signing, aggregating and verifying for 12
 * and 100 seats beside as many Ed25519 signatures, turn by turn; bytes on the record; and processor time and
 * latency of a decision of a whole node without and with it, in turn.
 */
import { randomBytes } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { createHost } from '../index.ts';
import type { Host } from '../index.ts';
import { blsVerifier } from '../contracts/ledger/aggregate/bls-verifier.ts';
import { blsScheme } from '../runtime/store/crypto/backends/noble-bls.ts';
import { openCrypto } from '../runtime/store/crypto/open-crypto.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

const MESSAGE = randomBytes(1_200);
const CASES = ['12', '100', 'record'] as const;
/** Domain of the suite with signatures in G1 and keys in G2, for the choice between the two. */
const SHORT_DOMAIN = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_';

interface Step {
  readonly subject: string;
  readonly metric: string;
  readonly run: () => unknown;
}

/** Runs the cases that `names` lists, or all. @throws RangeError for an unknown one */
export async function benchBallots({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !CASES.some((one) => one === name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  const rows: Row[] = [];
  for (const name of CASES) {
    if (names.length > 0 && !names.includes(name)) continue;
    progress(`${name} …`);
    rows.push(...(name === 'record' ? await recorded(quick) : await timed(Number(name), quick)));
  }
  progress('');
  if (json) {
    for (const row of rows) printJson(row);
    return;
  }
  process.stdout.write(`${machineLine()}\n\n`);
  const lines = rows.map(({ case: name, subject, metric, value, unit }) => [
    name,
    subject,
    metric,
    `${short(value ?? 0)} ${unit}`,
  ]);
  printTable(['case', 'subject', 'what', 'median'], lines, markdown);
}

/** Milliseconds of each step for so many seats, in turns. */
async function timed(count: number, quick: boolean): Promise<Row[]> {
  const steps = [...(await long(count)), ...(await apart(count)), ...shortSteps(count)];
  const times = new Map<Step, number[]>(steps.map((step) => [step, []]));
  for (let round = 0; round < (quick ? 2 : 7); round += 1) {
    for (const [step, values] of times) {
      const startMs = performance.now();
      step.run();
      values.push(performance.now() - startMs);
    }
  }
  return steps.map((step) => rowOf(`${count} seats`, step, median(times.get(step)!), 'ms'));
}

/** The suite that is used: keys in G1, signatures in G2. */
async function long(count: number): Promise<Step[]> {
  const bls = await openCrypto({ postQuantum: false }).aggregate();
  const seeds = Array.from({ length: count }, () => randomBytes(32));
  const keys = seeds.map((seed) => bls.keyFromSeed(seed));
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const signatures = keys.map((key) => key.sign(MESSAGE));
  const aggregate = bls.aggregate(signatures);
  const proof = bls.provePossession(seeds[0]!);
  const messages = keys.map(() => randomBytes(1_200));
  const distinct = bls.aggregate(keys.map((key, at) => key.sign(messages[at]!)));
  const { longSignatures: scheme } = bls12_381;
  const domain = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
  const items = (): { message: ReturnType<typeof scheme.hash>; publicKey: Uint8Array }[] =>
    publicKeys.map((publicKey, at) => ({ message: scheme.hash(messages[at]!, domain), publicKey }));
  const subject = 'BLS, signature in G2';
  const noble = blsScheme();
  const ofNoble = seeds.map((seed) => noble.keyFromSeed(seed));
  const signing = `${subject}, by ${bls.backend}`;
  return [
    { subject: signing, metric: 'each seat signs', run: () => keys.map((key) => key.sign(MESSAGE)) },
    { subject: signing, metric: 'sign together', run: () => bls.signTogether(seeds, MESSAGE) },
    { subject, metric: 'each seat signs', run: () => ofNoble.map((key) => key.sign(MESSAGE)) },
    { subject, metric: 'sign together', run: () => noble.signTogether(seeds, MESSAGE) },
    { subject, metric: 'aggregate', run: () => noble.aggregate(signatures) },
    {
      subject,
      metric: 'verify, one message',
      run: () => blsVerifier(bls12_381).verifyTogether(publicKeys, MESSAGE, aggregate),
    },
    {
      subject,
      metric: 'verify, a message each',
      run: () => scheme.verifyBatch(distinct, items()),
    },
    { subject, metric: 'prove possession, one key', run: () => bls.provePossession(seeds[0]!) },
    {
      subject,
      metric: 'check possession, one key',
      run: () => blsVerifier(bls12_381).verifyPossession(publicKeys[0]!, proof),
    },
  ];
}

/** The other suite, same library: signatures in G1. */
function shortSteps(count: number): Step[] {
  const { shortSignatures: scheme } = bls12_381;
  const secrets = Array.from({ length: count }, () => bls12_381.utils.randomSecretKey());
  const publicKeys = secrets.map((secret) => scheme.getPublicKey(secret).toBytes());
  const hash = (): ReturnType<typeof scheme.hash> => scheme.hash(MESSAGE, SHORT_DOMAIN);
  const hashed = hash();
  const aggregate = scheme.aggregateSignatures(secrets.map((one) => scheme.sign(hashed, one))).toBytes();
  const subject = 'BLS, signature in G1';
  return [
    // A sum of secrets is a secret like another: the cost is that of one signature.
    { subject, metric: 'sign together', run: () => scheme.sign(hash(), secrets[0]!) },
    {
      subject,
      metric: 'verify, one message',
      run: () => scheme.verify(aggregate, hash(), scheme.aggregatePublicKeys(publicKeys)),
    },
  ];
}

async function apart(count: number): Promise<Step[]> {
  const ed25519 = await openCrypto({ postQuantum: false }).signature('ed25519');
  const keys = Array.from({ length: count }, () => ed25519.keyFromSeed(randomBytes(32)));
  const signatures = keys.map((key) => key.sign(MESSAGE));
  const subject = 'Ed25519, one each';
  return [
    { subject, metric: 'each seat signs', run: () => keys.map((key) => key.sign(MESSAGE)) },
    {
      subject,
      metric: 'verify, one message',
      run: () => keys.every((key, at) => ed25519.verify(key.publicKey, MESSAGE, signatures[at]!)),
    },
  ];
}

/** Two nodes in memory, one with the option, decide in turns; then the bytes that each put on its record. */
async function recorded(quick: boolean): Promise<Row[]> {
  const made = await Promise.all(
    [false, true].map(async (aggregateBallots) => {
      const settings = { council: { aggregateBallots, aggregateWaitMs: 10_000 } };
      const host = await createHost({ dataDir: null, http: false, settings });
      const startMs = performance.now();
      await host.start();
      return { host, startedMs: performance.now() - startMs, cpu: [] as number[], elapsed: [] as number[] };
    }),
  );
  const rounds = quick ? 5 : 30;
  // The first of each warms it up.
  for (let round = -5; round < rounds; round += 1) {
    for (const node of made) {
      const cpu = process.cpuUsage();
      const startMs = performance.now();
      await decide(node.host, round);
      if (round < 0) continue;
      const { user, system } = process.cpuUsage(cpu);
      node.elapsed.push(performance.now() - startMs);
      node.cpu.push((user + system) / 1_000);
    }
  }
  const rows: Row[] = [];
  for (const [at, node] of made.entries()) {
    const subject = at === 0 ? 'without' : 'with';
    const bytes = await bytesOf(node.host);
    const row = (metric: string, value: number, unit: string): void =>
      void rows.push(rowOf('a decision', { subject, metric }, value, unit));
    row('elapsed', median(node.elapsed), 'ms');
    row('processor time, all threads', median(node.cpu), 'ms');
    row('opened entry', bytes.opened, 'B');
    row('final entry', bytes.final, 'B');
    row('aggregate in it', bytes.aggregate, 'B');
    row('12 Ed25519 signatures in it', bytes.signatures, 'B');
    row('keys beside a proof', bytes.keys, 'B');
    await node.host.stop();
  }
  return rows;
}

async function decide(host: Host, round: number): Promise<string> {
  const text = `How long does loaf ${round} bake? ${randomBytes(6).toString('hex')}`;
  const { body } = await host.submit({ type: 'chat', text, council: 'always' });
  return body.decisionId;
}

async function bytesOf(
  host: Host,
): Promise<Record<'opened' | 'final' | 'aggregate' | 'signatures' | 'keys', number>> {
  const { opened, final } = await host.proof((await decide(host, 0)) as Parameters<Host['proof']>[0]);
  const { payload } = JSON.parse(final.canonical) as {
    payload: { aggregate?: object; ballots: readonly { signature: string }[] };
  };
  const field = (name: string, value: unknown): number => `,"${name}":${JSON.stringify(value)}`.length;
  return {
    opened: opened.canonical.length,
    final: final.canonical.length,
    aggregate: payload.aggregate ? field('aggregate', payload.aggregate) : 0,
    signatures: payload.ballots.reduce((sum, { signature }) => sum + field('signature', signature), 0),
    keys: JSON.stringify(final.keys).length,
  };
}

function rowOf(
  name: string,
  { subject, metric }: Pick<Step, 'subject' | 'metric'>,
  value: number,
  unit: string,
): Row {
  return { bench: 'ballots', case: name, subject, metric, value, unit };
}
