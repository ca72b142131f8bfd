/**
 * `bench crypto`: operations a second of every algorithm on every library that has it here, turn by turn in
 * one run; and what sealing a person's data and aggregating the seats' signatures costs.
 */
import { randomBytes } from 'node:crypto';
import { SystemClock } from '../runtime/kernel/index.ts';
import type { AlgorithmInfo, CryptoAlgorithm } from '../runtime/kernel/ports/crypto/algorithms.ts';
import type { KemScheme, SignatureScheme } from '../runtime/kernel/ports/crypto/crypto-provider.ts';
import type { CryptoBackend } from '../runtime/store/crypto/backend.ts';
import { algorithmInfo, algorithmInfos } from '../runtime/store/crypto/catalogue.ts';
import { blsScheme } from '../runtime/store/crypto/backends/noble-bls.ts';
import { defaultBackends, openCrypto } from '../runtime/store/crypto/open-crypto.ts';
import { MemorySubjectKeyStore } from '../runtime/store/crypto/subjects/memory-subject-key-store.ts';
import { openSubjectVault } from '../runtime/store/crypto/subjects/subject-vault.ts';
import { MemoryKms } from '../runtime/store/keys/kms/memory-kms.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

/** One operation of one library, repeated. */
interface Subject {
  readonly algorithm: string;
  readonly operation: string;
  readonly library: string;
  readonly run: () => unknown;
}

const MESSAGE = randomBytes(256);
const PLAIN = { 'seal 64 B': 64, 'seal 1 KiB': 1_024 } as const;
const SEATS = 12;

/** Runs the algorithms that `names` lists, or all. @throws RangeError for an unknown one */
export async function benchCrypto({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const known = [...algorithmInfos().map((info) => info.algorithm as string), 'subject', 'aggregate'];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  const wanted = (name: string): boolean =>
    names.length > 0 ? names.includes(name) : !quick || !isLong(name);
  const rows: Row[] = [];
  for (const name of known.filter(wanted)) {
    progress(`${name} …`);
    rows.push(...(await measured(await subjectsOf(name), quick)));
  }
  progress('');
  if (json) for (const row of rows) printJson(row);
  else report(rows, markdown);
}

/** A single operation takes up to seconds. */
function isLong(name: string): boolean {
  return name.startsWith('slh-dsa') && !/^slh-dsa-sha2-128f$/.test(name);
}

async function subjectsOf(name: string): Promise<Subject[]> {
  if (name === 'subject') return subjectKeys();
  if (name === 'aggregate') return aggregates();
  const info = algorithmInfo(name as CryptoAlgorithm);
  const all = await Promise.all(defaultBackends().map((backend) => operationsOf(info, backend)));
  return all.flat();
}

async function operationsOf(info: AlgorithmInfo, backend: CryptoBackend): Promise<Subject[]> {
  const { algorithm, kind } = info;
  const provider = openCrypto({ postQuantum: true, backends: [backend] });
  const named = (operations: Record<string, () => unknown>, library: string): Subject[] =>
    Object.entries(operations).map(([operation, run]) => ({ algorithm, operation, library, run }));
  // One that this machine does not have is left out.
  if (kind === 'signature') {
    const scheme = await provider.signature(algorithm as 'ed25519').catch(() => undefined);
    return scheme ? named(signatureOperations(scheme, info), backend.name) : [];
  }
  if (kind === 'kem') {
    const scheme = await provider.kem(algorithm as 'ml-kem-768').catch(() => undefined);
    return scheme ? named(kemOperations(scheme, info), backend.name) : [];
  }
  const scheme = await provider.aead('aes-256-gcm').catch(() => undefined);
  if (!scheme) return [];
  const binding = { key: randomBytes(32), nonce: randomBytes(12), associated: new Uint8Array(0) };
  return named({ 'seal 256 B': () => scheme.seal(MESSAGE, binding) }, backend.name);
}

function signatureOperations(scheme: SignatureScheme, info: AlgorithmInfo): Record<string, () => unknown> {
  const seed = randomBytes(info.seedBytes);
  const key = scheme.keyFromSeed(seed);
  const signature = key.sign(MESSAGE);
  return {
    'key from seed': () => scheme.keyFromSeed(seed),
    sign: () => key.sign(MESSAGE),
    verify: () => scheme.verify(key.publicKey, MESSAGE, signature),
  };
}

function kemOperations(scheme: KemScheme, info: AlgorithmInfo): Record<string, () => unknown> {
  const seed = randomBytes(info.seedBytes);
  const key = scheme.keyFromSeed(seed);
  const { ciphertext } = scheme.encapsulate(key.publicKey);
  return {
    'key from seed': () => scheme.keyFromSeed(seed),
    encapsulate: () => scheme.encapsulate(key.publicKey),
    decapsulate: () => key.decapsulate(ciphertext),
  };
}

/** Sealing, opening and committing under a key that is at hand: what the record pays for personal fields. */
async function subjectKeys(): Promise<Subject[]> {
  const clock = new SystemClock();
  const aead = await openCrypto({ postQuantum: false }).aead('aes-256-gcm');
  const vault = await openSubjectVault({
    store: new MemorySubjectKeyStore(),
    kms: new MemoryKms(clock),
    aead,
    clock,
  });
  const scope = { tenant: 'bench', subject: 'somebody', purpose: 'decision' };
  const sealed = await vault.seal(scope, MESSAGE);
  const subjects = Object.entries(PLAIN).map(([operation, length]) => {
    const plain = randomBytes(length);
    return { operation, run: () => vault.seal(scope, plain) };
  });
  return [
    ...subjects,
    { operation: 'open 256 B', run: () => vault.open(sealed) },
    { operation: 'commit 256 B', run: () => vault.commit(scope, MESSAGE) },
  ].map((one) => ({ algorithm: 'subject', library: 'node', ...one }));
}

/** Twelve seats over one message: one aggregate beside twelve signatures of the pinned Ed25519. */
async function aggregates(): Promise<Subject[]> {
  const provider = openCrypto({ postQuantum: false });
  const [bls, ed25519] = [await provider.aggregate(), await provider.signature('ed25519')];
  const seeds = Array.from({ length: SEATS }, () => randomBytes(32));
  const keys = seeds.map((seed) => bls.keyFromSeed(seed));
  const proven = keys.map((key, at) => bls.admit(key.publicKey, bls.provePossession(seeds[at]!))!);
  const signatures = keys.map((key) => key.sign(MESSAGE));
  const aggregate = bls.aggregate(signatures);
  const pinned = seeds.map((seed) => ed25519.keyFromSeed(seed));
  const apart = pinned.map((key) => key.sign(MESSAGE));
  const proof = bls.provePossession(seeds[0]!);
  const verifyApart = (): boolean =>
    pinned.every((key, at) => ed25519.verify(key.publicKey, MESSAGE, apart[at]!));
  const verify = `verify ${SEATS} seats`;
  return [
    {
      operation: verify,
      library: 'noble-curves',
      run: () => bls.verifyAggregate(proven, MESSAGE, aggregate),
    },
    { operation: verify, library: 'node ed25519', run: verifyApart },
    { operation: `aggregate ${SEATS}`, library: 'noble-curves', run: () => bls.aggregate(signatures) },
    {
      operation: 'admit a key',
      library: 'noble-curves',
      // A scheme remembers whom it admitted.
      run: () => blsScheme().admit(keys[0]!.publicKey, proof),
    },
    {
      operation: `sign together ${SEATS}`,
      library: 'noble-curves',
      run: () => bls.signTogether(seeds, MESSAGE),
    },
  ].map((one) => ({ algorithm: 'aggregate', ...one }));
}

async function measured(subjects: readonly Subject[], quick: boolean): Promise<Row[]> {
  const [rounds, roundMs] = quick ? [2, 40] : [5, 200];
  const rates = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  // Turn by turn: what slows the machine for a while slows every library.
  for (let round = 0; round < rounds; round += 1)
    for (const [subject, values] of rates) values.push(await rateOf(subject.run, roundMs));
  return subjects.map((subject) => {
    const { algorithm, operation, library } = subject;
    const value = median(rates.get(subject)!);
    const row: Row = {
      bench: 'crypto',
      case: algorithm,
      subject: library,
      metric: operation,
      value,
      unit: '/s',
    };
    const peer = subjects.findLast((one) => one.operation === operation && one.library !== library);
    if (!peer) return row;
    return { ...row, peer: peer.library, ratio: value / median(rates.get(peer)!) };
  });
}

async function rateOf(run: () => unknown, durationMs: number): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  let elapsedMs = 0;
  do {
    const done = run();
    if (done instanceof Promise) await done;
    count += 1;
    elapsedMs = performance.now() - startMs;
  } while (elapsedMs < durationMs);
  return (count / elapsedMs) * 1_000;
}

function report(rows: readonly Row[], markdown: boolean): void {
  process.stdout.write(`${machineLine()}\n\n`);
  const lines = rows.map(({ case: algorithm, metric, subject, value, ratio, peer }) => [
    algorithm,
    metric,
    subject,
    short(value ?? 0),
    ratio === undefined ? '' : `${short(ratio)}× ${peer}`,
  ]);
  printTable(['algorithm', 'operation', 'library', 'a second', 'beside'], lines, markdown);
}
