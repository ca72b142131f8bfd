/** The provider: backends in order of preference, each scheme given out only after its self-test. */
import { WitanError } from '../../../contracts/errors.ts';
import type {
  AeadAlgorithm,
  BackendName,
  CryptoAlgorithm,
  KemAlgorithm,
  SignatureAlgorithm,
} from '../../kernel/ports/crypto/algorithms.ts';
import type {
  AeadScheme,
  AggregateScheme,
  CryptoProvider,
  KemScheme,
  SchemeReport,
  SignatureScheme,
} from '../../kernel/ports/crypto/crypto-provider.ts';
import type { CryptoBackend } from './backend.ts';
import { algorithmInfo, algorithmInfos, standingOf } from './catalogue.ts';
import { blstBackend } from './backends/blst.ts';
import { liboqsBackend } from './backends/liboqs.ts';
import { nobleCurvesBackend } from './backends/noble-curves.ts';
import { noblePostQuantumBackend } from './backends/noble-post-quantum.ts';
import { nodeBackend } from './backends/node-backend.ts';
import { testAead, testKem, testSignature } from './self-test.ts';
import { xWingOver } from './backends/x-wing.ts';

type Scheme = SignatureScheme | KemScheme | AeadScheme;

/** Settings of {@link openCrypto}. */
export interface CryptoOptions {
  /** Whether post-quantum algorithms, none of them audited, are given out. */
  readonly postQuantum: boolean;
  /** Backends, the preferred one first; default {@link defaultBackends}. */
  readonly backends?: readonly CryptoBackend[];
}

/**
 * Node's own OpenSSL before compiled C before JavaScript: the order of the measurements in docs/adr/0014.
 */
export function defaultBackends(): readonly CryptoBackend[] {
  return [nodeBackend(), liboqsBackend(), blstBackend(), nobleCurvesBackend(), noblePostQuantumBackend()];
}

/** Opens a provider; nothing is loaded or tested before an algorithm is asked for. */
export function openCrypto({ postQuantum, backends = defaultBackends() }: CryptoOptions): CryptoProvider {
  return new BackendProvider(backends, postQuantum);
}

class BackendProvider implements CryptoProvider {
  readonly #backends: readonly CryptoBackend[];
  readonly #postQuantum: boolean;
  readonly #opened = new Map<CryptoAlgorithm, Promise<Scheme>>();
  readonly #tried = new Map<string, Promise<Attempt>>();

  constructor(backends: readonly CryptoBackend[], postQuantum: boolean) {
    this.#backends = backends;
    this.#postQuantum = postQuantum;
  }

  async signature(algorithm: SignatureAlgorithm): Promise<SignatureScheme> {
    return (await this.#open(algorithm)) as SignatureScheme;
  }

  async kem(algorithm: KemAlgorithm): Promise<KemScheme> {
    return (await this.#open(algorithm)) as KemScheme;
  }

  async aead(algorithm: AeadAlgorithm): Promise<AeadScheme> {
    return (await this.#open(algorithm)) as AeadScheme;
  }

  async aggregate(): Promise<AggregateScheme> {
    return (await this.#open('bls12-381')) as AggregateScheme;
  }

  algorithms(): ReturnType<typeof algorithmInfos> {
    return algorithmInfos();
  }

  async selfTest(
    algorithms: readonly CryptoAlgorithm[] = algorithmInfos().map((info) => info.algorithm),
  ): Promise<readonly SchemeReport[]> {
    const reports: SchemeReport[] = [];
    for (const algorithm of algorithms) reports.push(...(await this.#reportsOf(algorithm)));
    return reports;
  }

  #open(algorithm: CryptoAlgorithm): Promise<Scheme> {
    const known = this.#opened.get(algorithm);
    if (known) return known;
    const opening = this.#choose(algorithm);
    this.#opened.set(algorithm, opening);
    return opening;
  }

  async #choose(algorithm: CryptoAlgorithm): Promise<Scheme> {
    if (!this.#isOn(algorithm)) {
      const expected = 'crypto.postQuantum switched on';
      throw notOffered(algorithm, 'is post-quantum, unaudited, and switched off', expected);
    }
    const faults: string[] = [];
    for (const backend of this.#backends) {
      const { scheme, report } = await this.#try(algorithm, backend);
      if (scheme && report.state === 'passed') return scheme;
      if (report.state === 'failed') faults.push(`${backend.name}: ${report.detail}`);
    }
    const why = faults.length > 0 ? `failed its self-test (${faults.join('; ')})` : 'is in no library here';
    throw notOffered(algorithm, why, 'a library that has it and passes');
  }

  async #reportsOf(algorithm: CryptoAlgorithm): Promise<SchemeReport[]> {
    const reports: SchemeReport[] = [];
    for (const backend of this.#backends) {
      if (!this.#isOn(algorithm)) {
        if (algorithmInfo(algorithm).isPostQuantum && backend.name === 'noble-post-quantum')
          reports.push(reportOf(algorithm, backend.name, 'off', 'crypto.postQuantum is off'));
        continue;
      }
      const { report } = await this.#try(algorithm, backend);
      const isChosen = report.state === 'passed' && !reports.some((earlier) => earlier.isChosen);
      if (report.state !== 'absent') reports.push({ ...report, isChosen });
    }
    return reports;
  }

  #isOn(algorithm: CryptoAlgorithm): boolean {
    return this.#postQuantum || !algorithmInfo(algorithm).isPostQuantum;
  }

  #try(algorithm: CryptoAlgorithm, backend: CryptoBackend): Promise<Attempt> {
    const name = `${backend.name} ${algorithm}`;
    const known = this.#tried.get(name);
    if (known) return known;
    const attempt = attemptOf(algorithm, backend);
    this.#tried.set(name, attempt);
    return attempt;
  }
}

interface Attempt {
  readonly scheme: Scheme | undefined;
  readonly report: SchemeReport;
}

/** Loads and tests; a library that does not load counts as failed, and the next one is tried. */
async function attemptOf(algorithm: CryptoAlgorithm, backend: CryptoBackend): Promise<Attempt> {
  try {
    const scheme = await schemeIn(algorithm, backend);
    if (!scheme)
      return { scheme, report: reportOf(algorithm, backend.name, 'absent', 'not in this library') };
    const detail = await tested(algorithm, scheme);
    return { scheme, report: reportOf(algorithm, backend.name, 'passed', detail) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { scheme: undefined, report: reportOf(algorithm, backend.name, 'failed', detail) };
  }
}

async function schemeIn(algorithm: CryptoAlgorithm, backend: CryptoBackend): Promise<Scheme | undefined> {
  const { kind } = algorithmInfo(algorithm);
  if (kind === 'aead') return backend.aead(algorithm as AeadAlgorithm);
  if (kind === 'signature') return backend.signature(algorithm as SignatureAlgorithm);
  const own = await backend.kem(algorithm as KemAlgorithm);
  if (own || algorithm !== 'x-wing') return own;
  const mlKem = await backend.kem('ml-kem-768');
  return mlKem && xWingOver(mlKem);
}

function tested(algorithm: CryptoAlgorithm, scheme: Scheme): Promise<string> {
  const { kind } = algorithmInfo(algorithm);
  if (kind === 'aead') return testAead(scheme as AeadScheme);
  return kind === 'kem' ? testKem(scheme as KemScheme) : testSignature(scheme as SignatureScheme);
}

function reportOf(
  algorithm: CryptoAlgorithm,
  backend: BackendName,
  state: SchemeReport['state'],
  detail: string,
): SchemeReport {
  return { algorithm, backend, standing: standingOf(algorithm, backend), state, isChosen: false, detail };
}

function notOffered(algorithm: CryptoAlgorithm, why: string, expected: string): WitanError {
  return new WitanError('not_supported', `${algorithm} ${why}`, { path: 'algorithm', algorithm, expected });
}
