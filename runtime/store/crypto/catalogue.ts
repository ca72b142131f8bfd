/** Every algorithm that a provider can offer: its standard and the lengths of its values. */
import type {
  AlgorithmInfo,
  BackendName,
  CryptoAlgorithm,
  SlhDsaAlgorithm,
  Standing,
} from '../../kernel/ports/crypto/algorithms.ts';

type Sizes = readonly [seedBytes: number, publicKeyBytes: number, outputBytes: number];

const CLASSICAL_SIGNATURES = {
  ed25519: ['RFC 8032', [32, 32, 64]],
  'ecdsa-p256': ['FIPS 186-5, low S', [32, 33, 64]],
  'ecdsa-secp256k1': ['SEC 2, low S', [32, 33, 64]],
  'bls12-381': ['draft-irtf-cfrg-bls-signature-05, proof of possession', [32, 48, 96]],
} as const satisfies Record<string, readonly [string, Sizes]>;

const LATTICE_SIGNATURES = {
  'ml-dsa-44': ['FIPS 204', [32, 1_312, 2_420]],
  'ml-dsa-65': ['FIPS 204', [32, 1_952, 3_309]],
  'ml-dsa-87': ['FIPS 204', [32, 2_592, 4_627]],
  'falcon-512': ['Falcon, NIST round 3 (not FN-DSA)', [48, 897, 752]],
  'falcon-1024': ['Falcon, NIST round 3 (not FN-DSA)', [48, 1_793, 1_462]],
} as const satisfies Record<string, readonly [string, Sizes]>;

/** Signature lengths of FIPS 205 table 2, by strength and variant. */
const SLH_SIGNATURE_BYTES = {
  '128s': 7_856,
  '128f': 17_088,
  '192s': 16_224,
  '192f': 35_664,
  '256s': 29_792,
  '256f': 49_856,
} as const;

const KEMS = {
  'ml-kem-512': ['FIPS 203', [64, 800, 768]],
  'ml-kem-768': ['FIPS 203', [64, 1_184, 1_088]],
  'ml-kem-1024': ['FIPS 203', [64, 1_568, 1_568]],
  'x-wing': ['draft-connolly-cfrg-xwing-kem', [32, 1_216, 1_120]],
} as const satisfies Record<string, readonly [string, Sizes]>;

/** All sets of SLH-DSA. */
export const SLH_DSA_ALGORITHMS: readonly SlhDsaAlgorithm[] = (['sha2', 'shake'] as const).flatMap((hash) =>
  (Object.keys(SLH_SIGNATURE_BYTES) as (keyof typeof SLH_SIGNATURE_BYTES)[]).map(
    (set) => `slh-dsa-${hash}-${set}` as SlhDsaAlgorithm,
  ),
);

const INFOS: ReadonlyMap<CryptoAlgorithm, AlgorithmInfo> = new Map(
  [
    ...Object.entries(CLASSICAL_SIGNATURES).map(([name, entry]) => infoOf(name, 'signature', false, entry)),
    ...Object.entries(LATTICE_SIGNATURES).map(([name, entry]) => infoOf(name, 'signature', true, entry)),
    ...SLH_DSA_ALGORITHMS.map((name) => infoOf(name, 'signature', true, ['FIPS 205', slhSizes(name)])),
    ...Object.entries(KEMS).map(([name, entry]) => infoOf(name, 'kem', true, entry)),
    infoOf('aes-256-gcm', 'aead', false, ['NIST SP 800-38D', [32, 0, 16]]),
  ].map((info) => [info.algorithm, info]),
);

/** Every algorithm, classical ones first. */
export function algorithmInfos(): readonly AlgorithmInfo[] {
  return [...INFOS.values()];
}

/** Info of one algorithm. */
export function algorithmInfo(algorithm: CryptoAlgorithm): AlgorithmInfo {
  return INFOS.get(algorithm)!;
}

/**
 * Whether an independent party reviewed this implementation. Post-quantum ones were not, whoever wrote them.
 * @source READMEs of noble-curves 2.4 (Trail of Bits 2026, Cure53 2024), noble-post-quantum 0.7 (no audit)
 *   and blst (NCC Group 2021; its binding for Node was not part of it)
 */
export function standingOf(algorithm: CryptoAlgorithm, backend: BackendName): Standing {
  if (algorithm.startsWith('falcon')) return 'experimental';
  const isClassical = !algorithmInfo(algorithm).isPostQuantum;
  return isClassical && backend !== 'noble-post-quantum' && backend !== 'liboqs' ? 'audited' : 'unaudited';
}

function infoOf(
  name: string,
  kind: AlgorithmInfo['kind'],
  isPostQuantum: boolean,
  [standard, [seedBytes, publicKeyBytes, outputBytes]]: readonly [string, Sizes],
): AlgorithmInfo {
  const algorithm = name as CryptoAlgorithm;
  return { algorithm, kind, standard, isPostQuantum, seedBytes, publicKeyBytes, outputBytes };
}

function slhSizes(algorithm: SlhDsaAlgorithm): Sizes {
  const set = algorithm.slice(-4) as keyof typeof SLH_SIGNATURE_BYTES;
  const strengthBytes = Number(set.slice(0, 3)) / 8;
  return [3 * strengthBytes, 2 * strengthBytes, SLH_SIGNATURE_BYTES[set]];
}
